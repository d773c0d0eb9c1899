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


def test_it_goes_from_a_zip_to_a_song(researcher_page: Page, site: Site, tmp_path: Path) -> None:
    page = researcher_page
    page.goto("/datasets/upload/")
    page.get_by_label("Files").set_input_files(archive(tmp_path))
    page.get_by_label("Name").fill("Fifteen melodies")
    page.get_by_label("Licence", exact=True).select_option(index=1)
    page.get_by_label("Source").fill("Drawn at random for a test.")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url(re.compile(r"/datasets/\d+/"))

    # The report: what was taken, what was there already, what was refused and why.
    train = page.get_by_role("button", name="Train a network on it")
    expect(train).to_be_visible(timeout=INGEST_MILLISECONDS)
    rows = page.locator(".file-report tbody tr")
    expect(rows).to_have_count(17)
    assert rows.filter(has_text="taken").count() == 15
    assert rows.filter(has_text="duplicate").count() == 1
    broken = rows.filter(has_text="broken.mid")
    expect(broken).to_contain_text("refused")
    assert len(broken.locator(".reason").inner_text()) > 10

    train.click()
    page.goto(page.url + "&preset=quick")
    page.get_by_label("Epochs").fill("6")
    page.get_by_label("Learn every piece in all twelve keys").uncheck()
    page.get_by_label("Compose a few pieces on the way").uncheck()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))

    # The curve moves while it trains, without a reload.
    page.locator("#curve canvas").wait_for(timeout=TRAIN_MILLISECONDS)
    seen = drawn_points(page)
    compose = page.get_by_role("button", name="Compose from it").first
    expect(compose).to_be_visible(timeout=TRAIN_MILLISECONDS)
    assert drawn_points(page) > seen > 0
    expect(page.locator("#run-status")).to_contain_text("finished")

    # Its checkpoint is published; taken back it is offered no longer, and published again it is.
    page.locator("#checkpoints-head ~ .card-grid h3 a").first.click()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("button", name="Publish").click()
    compose = page.get_by_role("button", name="Compose from it")
    compose.click()
    page.get_by_label("Length").fill("20")
    page.get_by_role("button", name="Compose").click()
    page.get_by_role("link", name="The song's page").click(timeout=COMPOSE_MILLISECONDS)
    page.wait_for_url("**/songs/**")
    assert "Fifteen melodies" in page.locator("#content .facts").first.inner_text()


def test_it_stops_a_run_and_goes_on_with_it(researcher_page: Page, site: Site) -> None:
    page = researcher_page
    page.goto("/runs/new/?preset=quick")
    page.get_by_label("Dataset").select_option(label="Fifteen melodies")
    page.get_by_label("Epochs").fill("400")
    page.get_by_label("Learn every piece in all twelve keys").uncheck()
    page.get_by_label("Compose a few pieces on the way").uncheck()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    page.locator("#curve canvas").wait_for(timeout=TRAIN_MILLISECONDS)
    page.get_by_role("button", name="Stop").click()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible(timeout=90_000)
    stopped_at = drawn_points(page)
    resume.click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Stop").wait_for()
    for _ in range(120):
        if drawn_points(page) > stopped_at:
            break
        page.wait_for_timeout(1000)
    assert drawn_points(page) > stopped_at
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=90_000)


def test_it_keeps_visitors_from_uploading(page: Page, site: Site) -> None:
    page.goto("/datasets/upload/")
    expect(page).to_have_url(re.compile("/account/login/"))
