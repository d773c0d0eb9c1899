"""From the click on Compose to the first sound, in real Chromium on a site started for it.

The other side of the ratio is the length of the music: below 1 the song is there sooner than it
could be played.

    python benchmarks/bench_first_sound.py [--clicks 5] [--seconds 60]
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import CHROMIUM_ARGUMENTS, answers, free_port  # noqa: E402

HEAR = "[data-player] audio"


def start_site(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """`manage.py up` on an empty data folder."""
    environment = {**os.environ, "MUSICGEN_DATA_DIR": str(folder), "MUSICGEN_PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(page: Page, selector: str, count: int, address: str) -> None:
    """Reload until so many of these are on the page."""
    page.goto(address)
    while page.locator(selector).count() < count:
        page.wait_for_timeout(500)
        page.reload()


def click_to_sound(page: Page, address: str, seconds: int) -> tuple[float, float]:
    """One song. Returns seconds from the click to the first sound, and the length of the music."""
    page.goto(f"{address}/compose/")
    page.get_by_label("Length").fill(str(seconds))
    begun = time.perf_counter()
    page.get_by_role("button", name="Compose").click()
    page.wait_for_url("**/songs/**", timeout=120_000)
    while page.locator(HEAR).evaluate("audio => audio.currentTime") <= 0:
        page.wait_for_timeout(20)
    heard = time.perf_counter() - begun
    return heard, float(page.locator(HEAR).evaluate("audio => audio.duration"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        began = time.perf_counter()
        site = start_site(Path(folder), port)
        try:
            while not answers(address):
                time.sleep(0.05)
            first_page = time.perf_counter() - began
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
            )
            page = browser.new_page()
            wait_until(page, ".song-card", 1, f"{address}/songs/")
            first_song = time.perf_counter() - began - first_page
            wait_until(page, ".song-card", 10, f"{address}/songs/")
            results = []
            for _ in range(options.clicks):
                context = browser.new_context()  # a new listener each time: none has a limit to mind
                results.append(click_to_sound(context.new_page(), address, options.seconds))
                context.close()
            browser.close()
        finally:
            site.send_signal(signal.SIGTERM)
            site.wait()
    heard = [one for one, _ in results]
    median = statistics.median(heard)
    music = statistics.median(length for _, length in results)
    print(f"first page {first_page:.1f} s after the start, first song playable {first_song:.1f} s after that")
    print(
        f"click to sound: median {median:.2f} s of {len(heard)} (from {min(heard):.2f} to {max(heard):.2f}); "
        f"music {music:.0f} s; ratio {median / music:.3f}"
    )


if __name__ == "__main__":
    main()
