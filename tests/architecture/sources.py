"""The project's own files, as the tests of its rules see them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE_PACKAGES = ("musicgen_site", "papers", "listening", "generator", "training", "accounts")
PACKAGES = ("musicgen", *SITE_PACKAGES)


def python_files(*folders):
    """Every Python file below `folders`, migrations left out: Django writes those."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def name_of(path):
    """The path as a person would write it."""
    return path.relative_to(ROOT).as_posix()
