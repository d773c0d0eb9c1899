"""Files that others deploy by name only what there is."""

import configparser
import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.fixture
def services():
    """Those of the compose file, its anchors resolved."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def commands_in(text):
    """Management commands that a line starts, each with what stands behind it."""
    return re.findall(r"manage\.py[\"', ]+([a-z]+)[\"', ]*([a-z-]*)", text)


def test_it_starts_commands_and_queues_that_there_are(services):
    told = [str(service.get("command", "")) for service in services.values()]
    told += [unit.read_text() for unit in UNITS]
    started = [found for text in told for found in commands_in(text)]
    assert {name for name, _ in started} <= set(get_commands())
    queues = {queue for name, queue in started if name == "work" and queue}
    assert queues == set(settings.QUEUES)


def test_it_gives_every_part_of_the_site_the_same_surroundings(services):
    parts = {name: service for name, service in services.items() if service.get("image") == "musicgen"}
    assert len(parts) >= 2 + len(settings.QUEUES)
    first = parts["web"]
    for service in parts.values():
        assert service["environment"] == first["environment"]
        assert service["volumes"] == first["volumes"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_it_starts_again_what_ends_and_gives_nobody_new_rights(unit):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(unit.read_text())
    service = parser["Service"]
    assert service["Restart"] == "always"
    assert service["NoNewPrivileges"] == "yes"
    assert service["User"] == "musicgen"
    assert service["ExecStart"].startswith("/")
    assert parser["Install"]["WantedBy"] == "multi-user.target"


def test_it_builds_the_image_with_the_uv_that_wrote_the_lock():
    pinned = re.search(r'^UV_VERSION = "(.+)"', (DEPLOY / "bootstrap.py").read_text(), re.MULTILINE)[1]
    assert f"astral-sh/uv:{pinned} " in (DEPLOY / "Dockerfile").read_text()
    kept_out = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert {"**/.venv", "**/.git", "var"} <= set(kept_out)
