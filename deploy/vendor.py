#!/usr/bin/env python3
"""Copy the pinned third-party browser files from node_modules to static/vendor, and prove them unchanged.

`python deploy/vendor.py copy` fills static/vendor from node_modules (`make vendor` runs `npm ci` first) and
writes static/vendor/manifest.json with a SHA-256 for every file. `python deploy/vendor.py check` compares
what is committed with that manifest; where node_modules holds the pinned versions it also compares with a
fresh copy. Needs the standard library only, and knows nothing of Django.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
MANIFEST = "manifest.json"

# folder in static/vendor -> (npm package, files of the package that the pages load, its licence file)
PACKAGES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "htmx": ("htmx.org", ("dist/htmx.esm.min.js",), "LICENSE"),
    # Draws scores; a page loads it when somebody asks for the score.
    "opensheetmusicdisplay": ("opensheetmusicdisplay", ("build/opensheetmusicdisplay.min.js",), "LICENSE"),
    # Plays MIDI in the browser, and the two packages that it is made of; loaded when somebody asks for it.
    "spessasynth": (
        "spessasynth_lib",
        ("dist/index.js", "dist/spessasynth_processor.min.js"),
        "LICENSE",
    ),
    "spessasynth_core": ("spessasynth_core", ("dist/index.js",), "LICENSE"),
    "stb-vorbis": ("stb-vorbis", ("dist/index.js",), "LICENSE"),
    # Sends datasets piece by piece; loaded on the upload pages alone.
    "tus": ("tus-js-client", ("dist/tus.min.js",), "LICENSE"),
    # uPlot publishes its ES module unminified only; it is loaded on the run page alone.
    "uplot": ("uplot", ("dist/uPlot.esm.js", "dist/uPlot.min.css"), "LICENSE"),
}

# A source map that is not there makes whitenoise's manifest storage refuse the file that names it.
SOURCE_MAP_LINE = re.compile(
    rb"^(//[#@]\s*sourceMappingURL=.*|/\*[#@]\s*sourceMappingURL=.*\*/)\n?", re.MULTILINE
)


class VendorError(Exception):
    """The vendored files cannot be made, or are not what the manifest says."""


def copy(node_modules: Path, out: Path) -> None:
    """Write every listed file, its licence and the manifest to `out`; same packages, same bytes.

    Raises:
        VendorError: A package, a listed file or the pinned version is not in `node_modules`.
    """
    pins = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    manifest: dict[str, object] = {}
    for name, (package, files, licence) in sorted(PACKAGES.items()):
        source = node_modules / package
        version = _installed_version(source)
        if version != pins[package]:
            raise VendorError(
                f"node_modules has {package} {version or '(nothing)'}, package.json pins {pins[package]}: "
                "run `npm ci`"
            )
        hashes = {}
        for file, target in [*((file, Path(file).name) for file in files), (licence, "LICENSE.txt")]:
            path = source / file
            if not path.is_file():
                raise VendorError(
                    f"{package} {version} has no file {file}: correct the list in deploy/vendor.py"
                )
            content = SOURCE_MAP_LINE.sub(b"", path.read_bytes())
            (out / name).mkdir(parents=True, exist_ok=True)
            (out / name / target).write_bytes(content)
            hashes[target] = hashlib.sha256(content).hexdigest()
        manifest[name] = {"package": package, "version": version, "sha256": dict(sorted(hashes.items()))}
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def check(vendor: Path, node_modules: Path) -> list[str]:
    """Return what is wrong with `vendor`, one line a file; empty where all is as pinned."""
    try:
        manifest = json.loads((vendor / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        return [f"{vendor / MANIFEST} cannot be read ({error}): run `make vendor`"]
    expected = {
        f"{name}/{file}": digest
        for name, entry in manifest.items()
        for file, digest in entry["sha256"].items()
    }
    found = _hashes(vendor)
    wrong = [f"{name}: is missing" for name in sorted(expected.keys() - found.keys())]
    wrong += [f"{name}: is not in the manifest" for name in sorted(found.keys() - expected.keys())]
    wrong += [
        f"{name}: differs from the manifest"
        for name in sorted(expected)
        if found.get(name, expected[name]) != expected[name]
    ]
    pins = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    vendored = {entry["package"]: entry["version"] for entry in manifest.values()}
    if vendored != pins:
        wrong.append(f"the manifest holds {vendored}, package.json pins {pins}: run `make vendor`")
    if not wrong and all(_installed_version(node_modules / package) == pins[package] for package in pins):
        with tempfile.TemporaryDirectory() as folder:
            copy(node_modules, Path(folder))
            if _hashes(Path(folder)) != found:
                wrong.append(
                    "the committed files differ from a fresh copy of the pinned packages: run `make vendor`"
                )
    return wrong


def _installed_version(package: Path) -> str | None:
    """Return the version npm unpacked at `package`, None where it is not installed."""
    try:
        return str(json.loads((package / "package.json").read_text("utf-8"))["version"])
    except OSError:
        return None


def _hashes(folder: Path) -> dict[str, str]:
    """Return SHA-256 by relative path of every file under `folder` but the manifest itself."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }


def main() -> int:
    """Run `copy` or `check` from the command line; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["copy", "check"])
    if parser.parse_args().action == "copy":
        try:
            copy(NODE_MODULES, VENDOR)
        except VendorError as error:
            sys.stderr.write(f"vendor: {error}\n")
            return 1
    wrong = check(VENDOR, NODE_MODULES)
    for line in wrong:
        sys.stderr.write(f"static/vendor: {line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
