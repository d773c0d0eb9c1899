"""The script that runs before anything is installed."""

import hashlib
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bootstrap(tmp_path):
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "deploy" / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.TOOLS = tmp_path / "tools"
    return module


def program(path, prints):
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


def test_it_takes_a_uv_on_path_that_is_new_enough(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "uv", "uv 1.2.3 (linux)")
    assert bootstrap.find_uv() == tmp_path / "uv"


@pytest.mark.parametrize("says", ["uv 0.1.9 (linux)", "no such version installed", ""])
def test_it_passes_over_a_uv_that_is_too_old_or_a_shim_of_nothing(bootstrap, tmp_path, monkeypatch, says):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    fetched = bootstrap.TOOLS / f"uv-{bootstrap.UV_VERSION}" / "uv"
    for path in (tmp_path / "bin" / "uv", fetched):
        path.parent.mkdir(parents=True)
    program(tmp_path / "bin" / "uv", says)
    program(fetched, f"uv {bootstrap.UV_VERSION}")
    assert bootstrap.find_uv() == fetched


def test_it_uses_nothing_whose_hash_is_not_the_pinned_one(bootstrap, tmp_path):
    served = tmp_path / "uv.whl"
    served.write_bytes(b"wheel")
    assert bootstrap._download(served.as_uri(), hashlib.sha256(b"wheel").hexdigest()) == b"wheel"
    with pytest.raises(bootstrap.BootstrapError, match="SHA-256 differs"):
        bootstrap._download(served.as_uri(), hashlib.sha256(b"other").hexdigest())


def test_it_says_what_to_do_without_a_network(bootstrap, tmp_path):
    with pytest.raises(bootstrap.BootstrapError, match="connect this machine to the network"):
        bootstrap._download((tmp_path / "missing").as_uri(), "")


def test_it_names_the_pythons_that_it_needs(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.BootstrapError, match=r"Python 3\.11 to 3\.13 is needed"):
        bootstrap.find_python()
    program(tmp_path / "python3.12", "")
    assert bootstrap.find_python() == tmp_path / "python3.12"


def test_it_supports_the_pythons_that_the_project_declares(bootstrap):
    declared = (ROOT / "pyproject.toml").read_text("utf-8")
    oldest, newest = bootstrap.OLDEST, bootstrap.NEWEST
    assert f'requires-python = ">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"' in declared
