"""A researcher's way through the site, in a real Chromium: upload, report, train, compose."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.training.pieces import midi_bytes, zip_bytes

INGEST_MILLISECONDS = 180_000
TRAIN_MILLISECONDS = 300_000
COMPOSE_MILLISECONDS = 120_000


def archive(folder: Path) -> Path:
    """A zip with fifteen good files, a copy of one of them, and one that is no MIDI."""
    good = {f"good-{seed}.mid": midi_bytes(seed, notes=120) for seed in range(15)}
    path = folder / "melodies.zip"
    path.write_bytes(
        zip_bytes({**good, "copy.mid": good["good-3.mid"], "broken.mid": b"MThd but nothing more"})
    )
    return path


def drawn_points(page: Page) -> int:
    """How many steps the loss curve shows."""
    response = page.request.get(page.url.rstrip("/") + "/metrics/")
    return len(response.json()["points"]["step"])


def test_it_keeps_visitors_from_uploading(page: Page, site: Site) -> None:
    page.goto("/datasets/upload/")
    expect(page).to_have_url(re.compile("/account/login/"))
