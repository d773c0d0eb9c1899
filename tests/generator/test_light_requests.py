"""What a request may load."""

import subprocess
import sys

_PROGRAM = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
from django.test import RequestFactory
from musicgen_site.wsgi import application
heavy = ["tensorflow", "keras", "jax", "torch", "music21", "soundfile", "scipy"]
heavy += ["generator.jobs", "generator.composers"]
print([name for name in heavy if name in sys.modules])
"""


def test_it_loads_no_network_and_no_sound_library_for_a_request():
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
