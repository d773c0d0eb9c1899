import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from musicgen_site.startup import (
    StartupError,
    check_port_is_free,
    data_folder_owned,
    static_files_gather,
)

HOLD = (
    "import sys, time; from pathlib import Path; from musicgen_site.startup import data_folder_owned\n"
    "with data_folder_owned(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_it_lets_one_process_own_the_data_folder(tmp_path):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "musicgen_site.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as owner:
        assert owner.stdout.readline() == b"held\n"
        with (
            pytest.raises(StartupError, match=f"in use by another `manage.py up` .process {owner.pid}"),
            data_folder_owned(tmp_path),
        ):
            pass
        owner.kill()
    with data_folder_owned(tmp_path):
        pass


def test_it_says_when_the_data_folder_cannot_be_written(tmp_path):
    with pytest.raises(StartupError, match="set MUSICGEN_DATA_DIR"), data_folder_owned(tmp_path / "missing"):
        pass


def test_it_names_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StartupError, match=f"port {port} at 127.0.0.1 is taken: set MUSICGEN_PORT"):
            check_port_is_free("127.0.0.1", port)
    check_port_is_free("127.0.0.1", port)


def test_it_refuses_an_address_that_is_none():
    with pytest.raises(StartupError, match="MUSICGEN_HOST"):
        check_port_is_free("no such host", 8000)


def test_it_gathers_static_files_only_when_they_changed(tmp_path, settings):
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("p { color: red }")
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = tmp_path / "gathered"
    assert static_files_gather()
    assert not static_files_gather()
    (source / "page.css").write_text("p { color: blue; }")
    assert static_files_gather()
    assert "blue" in (Path(settings.STATIC_ROOT) / "page.css").read_text()
