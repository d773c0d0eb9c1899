"""Third-party files are what they claim to be, and say under which licence they come."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT

VENDOR = ROOT / "static" / "vendor"


def check(root):
    return subprocess.run(
        [sys.executable, str(root / "deploy" / "vendor.py"), "check"],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(tmp_path):
    """A copy of what the check reads, to be spoilt."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "vendor.py", tmp_path / "deploy")
    shutil.copy(ROOT / "package.json", tmp_path)
    shutil.copytree(VENDOR, tmp_path / "static" / "vendor")
    assert check(tmp_path).returncode == 0
    return tmp_path


def test_it_holds_the_vendored_files_unchanged():
    done = check(ROOT)
    assert done.returncode == 0, done.stderr


def test_it_notices_a_changed_file(copied):
    with (copied / "static/vendor/htmx/htmx.esm.min.js").open("a") as file:
        file.write(" ")
    assert "htmx/htmx.esm.min.js: differs from the manifest" in check(copied).stderr


def test_it_notices_a_missing_and_a_foreign_file(copied):
    (copied / "static/vendor/uplot/uPlot.min.css").rename(copied / "static/vendor/uplot/other.css")
    said = check(copied).stderr
    assert "uplot/uPlot.min.css: is missing" in said
    assert "uplot/other.css: is not in the manifest" in said


def test_it_notices_a_new_pin_that_was_not_copied(copied):
    text = (copied / "package.json").read_text()
    (copied / "package.json").write_text(text.replace('"uplot": "', '"uplot": "9'))
    assert "run `make vendor`" in check(copied).stderr


def test_it_pins_exact_versions_the_same_in_package_and_lock():
    pins = json.loads((ROOT / "package.json").read_text())["dependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    assert {name: lock[f"node_modules/{name}"]["version"] for name in pins} == pins


def test_it_keeps_a_licence_beside_every_vendored_package():
    folders = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        assert len((folder / "LICENSE.txt").read_text("utf-8")) > 500, folder
