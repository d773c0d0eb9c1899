"""A researcher's way through the site, in a real Chromium: upload, report, train, stop, resume, publish."""

import random
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score
from tests.browser.conftest import Site, until
from tests.training.pieces import zip_bytes

# Networks are tiny here; the time goes into starting programs on a machine that may be busy.
INGEST_MILLISECONDS = 300_000
TRAIN_SECONDS = 600
TRAIN_MILLISECONDS = 1000 * TRAIN_SECONDS
COMPOSE_MILLISECONDS = 300_000
TAKES = 8  # of a network that has hardly learned: some of them are no good


def tune(seed: int) -> bytes:
    """Sixty notes, one after the other: whoever learned only such cannot write silences."""
    draw = random.Random(seed)
    notes = Notes.of(Note(240 * number, draw.randint(55, 80), 240, 80) for number in range(60))
    return write_midi(Score(parts=(Part(notes),)))


def archive(folder: Path, seeds: range) -> Path:
    """A zip with good files, a copy of one of them, and one that is no MIDI."""
    good = {f"good-{seed}.mid": tune(seed) for seed in seeds}
    first = good[f"good-{seeds[0]}.mid"]
    path = folder / "melodies.zip"
    path.write_bytes(zip_bytes({**good, "copy.mid": first, "broken.mid": b"MThd but nothing more"}))
    return path


def drawn_points(page: Page) -> int:
    """How many steps the loss curve shows."""
    response = page.request.get(page.url.partition("?")[0].rstrip("/") + "/metrics/")
    return len(response.json()["points"]["step"])


def test_it_goes_from_an_archive_to_a_published_checkpoint_and_song(
    researcher_page: Page, site: Site, tmp_path: Path
) -> None:
    page = researcher_page
    page.goto("/datasets/")
    page.get_by_role("button", name="Upload a dataset").click()
    page.wait_for_url("**/datasets/upload/")
    page.get_by_label("Files").set_input_files(archive(tmp_path, range(15)))
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
    page.wait_for_url("**/runs/new/**")
    page.get_by_role("link", name="small and quick").click()
    page.wait_for_url("**preset=quick**")
    page.get_by_label("Epochs").fill("4000")
    page.get_by_label("Units").fill("16")
    page.get_by_label("Embedding").fill("8")
    page.get_by_label("Compose a few pieces on the way").uncheck()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    stop_and_go_on(page)
    publish_and_compose(page)


def stop_and_go_on(page: Page) -> None:
    """The curve moves while it trains, without a reload; stopped and resumed, it grows on."""
    until(page, "the curve", lambda: drawn_points(page) > 1, TRAIN_SECONDS)
    expect(page.locator("#curve canvas").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible(timeout=TRAIN_MILLISECONDS)
    stopped_at = drawn_points(page)
    resume.click()
    until(page, "it to go on", lambda: drawn_points(page) > stopped_at, TRAIN_SECONDS)
    page.get_by_role("button", name="Stop").click()
    expect(resume).to_be_visible(timeout=TRAIN_MILLISECONDS)
    expect(page.get_by_role("button", name="Compose from it").first).to_be_visible()


def publish_and_compose(page: Page) -> None:
    """A checkpoint that is taken back is offered no longer, and published again it is."""
    page.locator("#checkpoints-head ~ .card-grid h3 a").first.click()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Compose from it").click()
    page.wait_for_url("**/compose/**")
    takes = page.get_by_label("Takes")
    if not takes.is_visible():
        page.locator("summary", has_text="Everything else").click()
    takes.fill(str(TAKES))
    page.get_by_label("Length").fill("15")
    page.get_by_role("button", name="Compose", exact=True).click()
    publish = page.get_by_role("button", name="Publish").first
    expect(publish).to_be_visible(timeout=COMPOSE_MILLISECONDS)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        publish.click()
    page.reload()
    expect(page.locator("[data-take]").get_by_text("published", exact=True)).to_be_visible()
    # Other tests open the newest song, and this one may have no sound yet.
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("[data-take]").get_by_role("button", name="Withdraw").first.click()


def test_it_keeps_visitors_from_uploading(page: Page, site: Site) -> None:
    page.goto("/datasets/upload/")
    expect(page).to_have_url(re.compile("/account/login/"))
