"""The whole site, started as a stranger starts it, and a real Chromium before it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=90_000)  # generous: the machine that tests may be busy
RESEARCHER = ("researcher@example.org", "let-me-train-networks")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@dataclass(frozen=True)
class Site:
    """A running site."""

    address: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str]

    def processes(self) -> list[int]:
        """Ids of the processes that belong to this site, by the data folder they were given."""
        mark = f"MUSICGEN_DATA_DIR={self.data_dir}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def worker(self, queue: str) -> int:
        """The process id of the worker on a queue."""
        for process in self.processes():
            arguments = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
            if b"work" in arguments and queue.encode() in arguments:
                return process
        raise LookupError(f"No worker on {queue}; the log says:\n{self.log.read_text()[-2000:]}")

    def hold_still(self, queue: str) -> int:
        """Stop the worker on a queue, and not while it writes: all others would wait for it.

        Returns:
            Its process id; SIGCONT lets it go on.
        """
        worker = self.worker(queue)
        while True:
            os.kill(worker, signal.SIGSTOP)
            with contextlib.closing(sqlite3.connect(self.data_dir / "db.sqlite3", timeout=2)) as database:
                try:
                    database.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    os.kill(worker, signal.SIGCONT)
                    time.sleep(0.1)
                else:
                    return worker


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_for(what: str, check: Callable[[], bool], seconds: float, log: Path) -> None:
    """Until the check holds; fails with the site's log when it does not."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not happen within {seconds} s. The log ends:\n{log.read_text()[-6000:]}")
        time.sleep(0.25)


def answers(address: str) -> bool:
    """Whether the site answers at all."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as response:
            return bool(json.load(response)["status"] == "ok")
    except (urllib.error.URLError, OSError):
        return False


def until(page: Page, what: str, check: Callable[[], bool], seconds: float = 180) -> None:
    """Until the check holds; the page's policy forbids Playwright's own way, which evaluates strings."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s at {page.url}"
        page.wait_for_timeout(100)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`manage.py up` on an empty data folder; at the end nothing of it may be left running."""
    data_dir = Path(tmp_path_factory.mktemp("site", numbered=True))
    port = free_port()
    log = data_dir / "up.log"
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
        "MUSICGEN_DATA_DIR": str(data_dir),
        "MUSICGEN_PORT": str(port),
        "MUSICGEN_ENV": "development",
        # The rounds of test_judging.py in a minute, from one address.
        "MUSICGEN_VERDICT_GAP_SECONDS": "1",
        "MUSICGEN_VERDICTS_A_MINUTE": "200",
        "MUSICGEN_STEP_TAKES": "0",  # forty pieces and their sound would keep the machine busy all the while
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    running = Site(f"http://127.0.0.1:{port}", data_dir, process, log, environment)
    try:
        wait_for("The first page", lambda: answers(running.address), 240, log)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        left = running.processes()
        for number in left:
            os.kill(number, signal.SIGKILL)
        assert not left, f"Left running: {left}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or whichever the machine has."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "No Chromium on this machine; `make test` as root installs it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser without cookies, whose pages may not complain in their console."""
    opened = chromium.new_context(base_url=site.address, viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(60_000)
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A form that was refused is answered with 4xx, which Chromium reports as an error too.
        if (
            message.type == "error"
            and "status of 422" not in message.text
            and "status of 400" not in message.text
        ):
            complaints.append(f"{message.page.url if message.page else ''}: {message.text}")

    opened.on("console", note)
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    yield opened
    opened.close()
    assert not complaints, f"The console says: {complaints}"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One page of that browser."""
    return context.new_page()


@pytest.fixture
def researcher_page(page: Page) -> Page:
    """A page on which the ready researcher has signed in."""
    page.goto("/account/login/")
    page.locator("#id_login").fill(RESEARCHER[0])
    page.locator("#id_password").fill(RESEARCHER[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page
