"""From the click on Compose to the first note heard, in real Chromium, on a warm worker.

Heard is when the browser's synthesizer, measured behind its volume, gives more than silence. The
other side of the ratio is the music itself: how much of it was composed in the time in which it
was heard; the stops in it, where the music would have outrun the network, are counted.

    python benchmarks/bench_first_note.py [--clicks 50] [--seconds 60] [--watch 4]
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

# Resolves with the milliseconds from the press of the button to the first sample above silence.
CLICK_AND_LISTEN = """async () => {
  const { loadSynth } = await import("musicgen/synth");
  const synth = await loadSynth();
  const button = document.querySelector("[data-live-compose] button[type='submit']");
  const began = performance.now();
  button.click();
  return new Promise((resolve) => {
    const look = () => {
      if (synth.level() > 0.003) resolve(performance.now() - began);
      else if (performance.now() - began > 60000) resolve(-1);
      else setTimeout(look, 5);
    };
    look();
  });
}"""
HELD = "document.querySelector('[data-starving]').textContent"


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


def one_click(page: Page, address: str, seconds: int, watch: int) -> tuple[float, int]:
    """One take. Returns seconds to its first note, and how often the music held still while watched."""
    page.goto(f"{address}/compose/")
    page.get_by_label("Length").fill(str(seconds))
    first = float(page.evaluate(CLICK_AND_LISTEN)) / 1000
    held = 0
    for _ in range(5 * watch):
        page.wait_for_timeout(200)
        held += bool(page.evaluate(HELD))
    page.get_by_role("button", name="Throw away").click(timeout=120_000)
    return first, held


def report(firsts: list[float], helds: list[int]) -> None:
    """The figures, with the load of the machine."""
    ordered = sorted(firsts)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    print(
        f"first note, {len(firsts)} clicks: median {statistics.median(firsts):.2f} s, p95 {p95:.2f} s, "
        f"most {ordered[-1]:.2f} s; the music held still in {sum(1 for held in helds if held)} of them; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


def main() -> None:
    """Start a site or use one, click, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--watch", type=int, default=4, help="seconds after the first note")
    parser.add_argument("--address", help="of a site that runs already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = free_port()
        address = options.address or f"http://127.0.0.1:{port}"
        site = None if options.address else start_site(Path(folder), port)
        try:
            while not answers(address):
                time.sleep(0.05)
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
            )
            firsts, helds = [], []
            for number in range(options.clicks + 2):
                context = browser.new_context()  # another listener each time: nobody runs into a fair limit
                first, held = one_click(context.new_page(), address, options.seconds, options.watch)
                context.close()
                if number > 1:  # the first ones warm the worker and the browser's cache
                    firsts.append(first)
                    helds.append(held)
            browser.close()
        finally:
            if site is not None:
                site.send_signal(signal.SIGTERM)
                site.wait()
    report(firsts, helds)


if __name__ == "__main__":
    main()
