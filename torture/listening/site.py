"""A site to be tortured: an empty database, its web server in processes of its own, requests to it."""

import contextlib
import http.client
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torture.table import Outcome

ROOT = Path(__file__).resolve().parents[2]
CSRF = "t" * 32
_START_SECONDS = 300.0  # a busy machine takes its time to import everything


def on_own_site(name: str) -> Outcome:
    """Try `torture.listening.<name>` in a process of its own, on an empty data folder."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "torture.listening.site", name],
            cwd=ROOT,
            env={**os.environ, "MUSICGEN_DATA_DIR": folder, "MUSICGEN_ENV": "development"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    try:
        return Outcome(**json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        return Outcome(kept=False, figure=f"it ended with {done.returncode} before it had a figure")


@dataclass
class Site:
    """The web server, which may be killed and started again.

    Attributes:
        environment: added to the server's own.
    """

    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "musicgen_site.wsgi:application", "--chdir", str(ROOT)]
        command += ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--workers", "2"]
        command += ["--threads", "8", "--preload", "--log-level", "error", "--no-control-socket"]
        self.process = subprocess.Popen(
            command, env={**os.environ, **self.environment}, start_new_session=True, stdout=sys.stderr
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError("the web server does not answer")
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill every process of the server at once, as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        try:
            return self.request("GET", "/healthz")[0] > 0  # without Redis it says so; that is an answer
        except OSError:
            return False

    def request(
        self,
        method: str,
        address: str,
        body: Any = None,
        cookie: str = "",
        timeout: float = 60.0,
        form: str = "",
    ) -> tuple[int, bytes, dict[str, str]]:
        """(status, body, headers) of one request on a connection of its own.

        Args:
            body: sent as JSON, if there is one.
            form: sent as a form, if there is one.

        Raises:
            OSError: no answer.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Cookie": f"csrftoken={CSRF}" + (f"; {cookie}" if cookie else ""), "X-CSRFToken": CSRF}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body), "application/json"
        elif form:
            data, headers["Content-Type"] = form, "application/x-www-form-urlencoded"
        try:
            connection.request(method, address, data, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()


def main() -> None:
    """Run one row and print its outcome as JSON."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen_site.settings")
    django.setup()
    row = importlib.import_module(f"torture.listening.{sys.argv[1]}")
    from django.core.management import call_command

    with contextlib.redirect_stdout(sys.stderr):
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        site = Site(getattr(row, "ENVIRONMENT", {}))
        try:
            outcome = row.run(site)
        finally:
            site.kill()
    print(json.dumps({"kept": outcome.kept, "figure": outcome.figure}))


if __name__ == "__main__":
    main()
