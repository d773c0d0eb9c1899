"""Composing in a real Chromium: heard while it is composed, by mouse, by keyboard, on a phone."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score
from tests.browser.conftest import Site, until

COMPOSED_MILLISECONDS = 120_000
LEVEL = "import('musicgen/synth').then(({ loadSynth }) => loadSynth()).then((synth) => synth.level())"


def heard(page: Page, take: int = 0) -> float:
    """Where a take is, in seconds, as the page says it."""
    minutes, seconds = (
        page.locator("[data-take] [data-clock]").nth(take).inner_text().split(" /")[0].split(":")
    )
    return 60 * int(minutes) + int(seconds)


def sounds(page: Page) -> bool:
    """Whether the browser's synthesizer gives anything but silence right now."""
    return float(page.evaluate(LEVEL)) > 0.005


def test_it_is_heard_while_it_comes_and_kept_and_published(page: Page, site: Site) -> None:
    page.goto("/compose/")
    page.get_by_label("Lively").check()
    page.get_by_label("Length").fill("60")
    page.get_by_role("button", name="Compose").click()
    expect(page.locator("[data-sounds='true']")).to_be_visible(timeout=COMPOSED_MILLISECONDS)
    until(page, "the sound", lambda: sounds(page), 60)
    before = heard(page)
    until(page, "the music", lambda: heard(page) > before + 1, 60)
    instrument = page.locator("[data-take]").get_by_label("Instrument")
    instrument.wait_for(timeout=COMPOSED_MILLISECONDS)
    instrument.select_option("73")
    before = heard(page)
    until(page, "the music, played by a flute", lambda: heard(page) > before + 1, 60)
    until(page, "the sound of the flute", lambda: sounds(page), 60)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("[data-take]").get_by_text("published", exact=True)).to_be_visible()
    page.get_by_role("button", name="Throw away").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("button", name="Publish")).to_be_visible()


def test_it_publishes_one_of_eight_takes_while_the_others_come(page: Page, site: Site) -> None:
    """The page hears of all eight over one stream: six that stay open would let nothing else through."""
    streams: list[int] = []
    most: list[int] = [0]

    def note(request: Request, change: int) -> None:
        if request.resource_type == "eventsource":
            streams.append(change)
            most[0] = max(most[0], sum(streams))

    page.on("request", lambda request: note(request, 1))
    page.on("requestfinished", lambda request: note(request, -1))
    page.on("requestfailed", lambda request: note(request, -1))
    page.goto("/compose/")
    page.get_by_label("Length").fill("15")
    page.get_by_text("Everything else").click()
    page.get_by_label("Takes").fill("8")
    page.get_by_role("button", name="Compose").click()
    take = page.locator("[data-take]").first
    publish = take.get_by_role("button", name="Publish")
    publish.wait_for(timeout=COMPOSED_MILLISECONDS)
    publish.focus()
    page.keyboard.press("Enter")
    expect(take.get_by_text("published", exact=True)).to_be_visible()
    withdraw = take.get_by_role("button", name="Withdraw")
    expect(withdraw).to_be_focused()
    expect(page.locator("[data-take] .take-instrument")).to_have_count(8, timeout=3 * COMPOSED_MILLISECONDS)
    expect(take.get_by_text("published", exact=True)).to_be_visible()
    expect(withdraw).to_be_focused()
    assert 1 <= most[0] <= 2  # one, and for a moment the one that it takes over from


def test_it_asks_by_keyboard_alone_on_a_phone(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/compose/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("As it comes").focus()
    page.keyboard.press("ArrowRight")
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "submit":
            break
    page.keyboard.press("Enter")
    expect(page.locator("[data-sounds='true']")).to_be_visible(timeout=COMPOSED_MILLISECONDS)
    assert page.evaluate("'composeStage' in document.activeElement.dataset")
    page.keyboard.press("Tab")
    button = page.locator("[data-take] [data-toggle]")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_goes_on_from_a_file_and_says_what_a_network_cannot(
    page: Page, site: Site, tmp_path: Path
) -> None:
    melody = Notes.of(Note(480 * i, 60 + (i * 5) % 12, 440, 80) for i in range(24))
    file = tmp_path / "mine.mid"
    file.write_bytes(write_midi(Score(parts=(Part(melody),))))
    page.goto("/compose/from/")
    page.get_by_label("MIDI file").set_input_files(str(file))
    page.get_by_role("button", name="Send it").click()
    page.get_by_label("Continue it from a place").wait_for()
    roll = page.locator("[data-prompt] [data-roll]")
    roll.click(position={"x": 300, "y": 60})
    until(page, "the place", lambda: page.get_by_label("From second").input_value() != "")
    page.get_by_label("Write a passage of it anew").check()
    page.get_by_label("To second").fill("11")
    page.get_by_role("button", name="Compose").click()
    expect(page.locator(".errorlist")).to_contain_text("This network cannot do that")
    page.get_by_label("Continue it from a place").check()
    page.get_by_role("button", name="Compose").click()
    expect(page.locator("[data-sounds='true']")).to_be_visible(timeout=COMPOSED_MILLISECONDS)


@pytest.fixture
def stopped_worker(site: Site) -> contextlib.ExitStack:
    """Holds the compose worker still; the stack lets it go on."""
    worker = site.hold_still("compose")
    stack = contextlib.ExitStack()
    stack.callback(os.kill, worker, signal.SIGCONT)
    return stack


def test_it_waits_in_turn_and_is_cancelled(
    page: Page, site: Site, stopped_worker: contextlib.ExitStack
) -> None:
    with stopped_worker:
        page.goto("/compose/")
        page.get_by_text("Everything else").click()
        page.get_by_label("Takes").fill("2")
        page.get_by_role("button", name="Compose").click()
        expect(page.locator("[data-take]")).to_have_count(2)
        expect(page.locator("[data-detail]").nth(1)).to_contain_text("before yours")
        page.get_by_role("button", name="Cancel").nth(1).click()
        expect(page.locator("[data-take]").nth(1).get_by_text("Cancelled")).to_be_visible()
    expect(page.locator("[data-sounds='true']")).to_be_visible(timeout=COMPOSED_MILLISECONDS)
