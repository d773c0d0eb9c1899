"""The whole site, started as a user starts it, in a data folder of its own."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120  # only a failing test waits so long


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def processes_of(folder):
    """The live processes that were started for this data folder, by /proc alone.

    Redis writes its title over its environment; the title names its socket in the folder.
    """
    wanted = f"MUSICGEN_DATA_DIR={folder}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                marked = wanted in (entry / "environ").read_bytes().split(b"\0")
                if marked or str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.add(int(entry.name))
    return found


class Site:
    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env={
                **{
                    name: value
                    for name, value in os.environ.items()
                    if name not in ("REDIS_URL", "DATABASE_URL")
                },
                "MUSICGEN_DATA_DIR": str(folder),
                "MUSICGEN_PORT": str(port),
                "MUSICGEN_ENV": "development",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, text):
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError("it ended early:\n" + "".join(self.lines))

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status

    def end(self):
        output, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.lines.append(output)
        return self.process.returncode


@pytest.fixture
def start():
    """Start sites; whatever a failing test leaves of them is killed."""
    folder = Path(tempfile.mkdtemp(prefix="mg"))  # short: Redis' socket lies in it
    sites = []

    def begin(port=None):
        sites.append(Site(folder, port or free_port()))
        return sites[-1]

    yield begin
    for site in sites:
        site.process.kill()
    for pid in processes_of(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for site in sites:
        site.process.communicate()
    shutil.rmtree(folder, ignore_errors=True)


def test_it_serves_the_site_refuses_a_second_start_and_leaves_no_process_behind(start):
    site = start()
    address = site.wait_for("The site is at").split()[-1]
    assert address == f"http://127.0.0.1:{site.port}/"
    site.wait_for("Researcher sign-in")
    assert any(
        b"redis-server" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_of(site.folder)
    )
    assert site.get("/healthz") == 200
    assert site.get("/") == 200
    second = start()
    assert second.end() == 1
    assert "in use by another `manage.py up`" in "".join(second.lines)
    site.process.send_signal(signal.SIGTERM)
    assert site.end() == 0
    assert processes_of(site.folder) == set()


def test_it_refuses_a_port_that_is_taken(start):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        site = start(port)
        assert site.end() == 1
    assert f"port {port} at 127.0.0.1 is taken: set MUSICGEN_PORT" in "".join(site.lines)


def test_it_starts_again_after_everything_was_killed(start):
    site = start()
    site.wait_for("The site is at")
    for pid in processes_of(site.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert site.end() == -signal.SIGKILL
    again = start(site.port)
    again.wait_for("The site is at")
    assert again.get("/healthz") == 200
