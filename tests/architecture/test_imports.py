"""What may be loaded where, seen in fresh interpreters."""

import os
import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT, SITE_PACKAGES

HEAVY = ("tensorflow", "keras", "jax", "torch")

REPORT = f"import sys; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"

# Loaded inside a compose worker's job alone; what imports it at its top would show up beside it.
WORKERS_ONLY = {"generator.composers"}

LOAD_URLS = """
import django
django.setup()
from django.urls import get_resolver
assert get_resolver().reverse_dict
from musicgen_site.wsgi import application
"""

LOAD_MODULES = """
import importlib, pkgutil, django
django.setup()
for name in {packages!r}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if module.name not in {left_out!r}:
            importlib.import_module(module.name)
"""


def loaded_after(code):
    """The heavy packages that are in `sys.modules` of a fresh interpreter after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "musicgen_site.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_it_serves_requests_without_networks():
    assert loaded_after(LOAD_URLS) == []


def test_it_loads_networks_in_no_module_of_the_site():
    assert loaded_after(LOAD_MODULES.format(packages=SITE_PACKAGES, left_out=WORKERS_ONLY)) == []


@pytest.mark.parametrize("room", ["midi", "representation", "corpus", "statistics", "audio"])
def test_it_starts_the_rooms_of_music_without_networks(room):
    assert loaded_after(LOAD_MODULES.format(packages=(f"musicgen.{room}",), left_out=set())) == []


def test_it_names_networks_and_settings_without_loading_them():
    assert (
        loaded_after("import musicgen.networks, musicgen.learning.settings, musicgen.sampling.settings") == []
    )


def test_it_would_notice_a_network():
    assert "keras" in loaded_after("import sys, types; sys.modules['keras'] = types.ModuleType('keras')")
