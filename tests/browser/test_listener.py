"""A listener's way through the site, in a real Chromium: hear, rate, compose, download."""

import contextlib
import math
import os
import re
import signal
import sqlite3
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from musicgen.midi import read_midi
from tests.browser.conftest import Site, until

FIRST_SONG_MILLISECONDS = 180_000  # generous: the machine that tests may be busy
COMPOSED_MILLISECONDS = 120_000


def open_first_song(page: Page) -> None:
    """From the list to the page of a song."""
    page.goto("/songs/")
    page.locator(".song-title a").first.click()
    expect(page.locator("[data-stage]")).to_be_visible()


def sounding(page: Page, what: str = "time") -> float:
    """What the site's one player says: `time` in seconds, `duration`, `playing` …"""
    return float(page.evaluate(f"import('musicgen/player').then(({{ player }}) => Number(player.{what}))"))


def test_it_says_that_songs_are_on_their_way_and_then_shows_them(page: Page, site: Site) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Music that a network composed")
    expect(
        page.locator("[data-stage]").or_(page.get_by_text("The first songs are being composed")).first
    ).to_be_visible()
    expect(page.locator("[data-stage]")).to_be_visible(timeout=FIRST_SONG_MILLISECONDS)


def test_it_fills_the_first_page_with_eight_songs(page: Page, site: Site) -> None:
    deadline = time.monotonic() + FIRST_SONG_MILLISECONDS / 1000
    page.goto("/songs/")
    while page.locator(".song-card").count() < 8 and time.monotonic() < deadline:
        page.wait_for_timeout(1000)
        page.reload()
    assert page.locator(".song-card").count() >= 8, site.log.read_text()[-4000:]


def test_it_plays_a_song_and_seeks_in_it(page: Page, site: Site) -> None:
    open_first_song(page)
    page.locator("[data-stage] .play-button").click()
    until(page, "the position", lambda: sounding(page) > 1)
    before = sounding(page, "engine.audio.currentTime")
    page.wait_for_timeout(500)
    assert sounding(page, "engine.audio.currentTime") > before
    length = sounding(page, "engine.audio.duration")
    roll = page.locator("[data-roll]")
    box = roll.bounding_box()
    assert box is not None
    roll.click(position={"x": box["width"] * 0.7, "y": box["height"] / 2})
    until(page, "the position", lambda: sounding(page) > length * 0.6)
    after = sounding(page, "engine.audio.currentTime")
    page.wait_for_timeout(700)
    assert sounding(page, "engine.audio.currentTime") > after
    page.get_by_role("slider", name="Position").focus()
    page.keyboard.press("Home")
    until(page, "the position", lambda: sounding(page) < 5)


def test_it_plays_by_keyboard_alone(page: Page, site: Site) -> None:
    open_first_song(page)
    button = page.locator("[data-stage] .play-button")
    for _ in range(25):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    until(page, "the position", lambda: sounding(page) > 0.5)
    page.keyboard.press("Enter")
    until(page, "silence", lambda: not sounding(page, "playing"))
    page.locator("h1").click()
    page.keyboard.press("k")
    until(page, "the sound", lambda: bool(sounding(page, "playing")))
    before = sounding(page)
    page.keyboard.press("l")
    until(page, "the leap", lambda: sounding(page) > before + 8)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_it_goes_on_playing_from_page_to_page(page: Page, site: Site) -> None:
    page.goto("/songs/")
    page.evaluate("window.sameDocument = true")
    titles = page.locator(".song-title").all_inner_texts()
    page.locator(".song-card .play-button").nth(1).click()
    until(page, "the position", lambda: sounding(page) > 0.5)
    page.locator(".song-title a").nth(3).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[3])
    expect(page).to_have_title(re.compile(re.escape(titles[3])))
    assert page.evaluate("document.activeElement.id") == "content"
    before = sounding(page)
    until(page, "the music", lambda: sounding(page) > before)
    bar = page.locator("[data-player]")
    expect(bar.locator("[data-title]")).to_have_text(titles[1])
    bar.get_by_role("button", name="Next song").click()
    expect(bar.locator("[data-title]")).to_have_text(titles[2])
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Songs")
    until(page, "the next song", lambda: bool(sounding(page, "playing")) and sounding(page) > 0.3)
    assert page.evaluate("window.sameDocument") is True
    # A plain load goes on with the same song where it was.
    was = sounding(page)
    page.reload()
    expect(bar.locator("[data-title]")).to_have_text(titles[2])
    until(page, "the same place", lambda: sounding(page) >= was - 1)


def test_it_repeats_a_passage(page: Page, site: Site) -> None:
    page.goto("/songs/?order=longest")  # so that it does not end before a busy machine comes to it
    page.locator(".song-title a").first.click()
    page.locator("[data-stage] .play-button").click()
    until(page, "the position", lambda: sounding(page) > 1)
    bar = page.locator("[data-player]")
    bar.get_by_role("button", name="Loop: set its start").click()
    start = sounding(page)
    until(page, "the passage", lambda: sounding(page) > start + 2)
    bar.get_by_role("button", name="Loop: set its end").click()
    # The player counts the returns: however seldom a busy machine lets us look, none is missed.
    until(page, "the way back, twice", lambda: sounding(page, "returns") >= 2)
    end = sounding(page, "loop[1]")
    assert sounding(page) < end + 0.5
    bar.get_by_role("button", name="Loop: play on").click()
    until(page, "the way on", lambda: sounding(page) > end + 0.3)


def test_it_repeats_a_passage_to_the_very_end(page: Page, site: Site) -> None:
    page.goto("/songs/")
    page.locator(".song-card .play-button").first.click()
    until(page, "the position", lambda: sounding(page) > 0.1)
    first = sounding(page, "track.id")
    page.evaluate(
        """import('musicgen/player').then(({ player }) => {
            player.setLoop([player.duration - 2, player.duration + 1]);
        })"""
    )
    until(page, "the way back", lambda: sounding(page, "returns") >= 2)
    assert sounding(page, "track.id") == first


def test_it_keeps_a_rating_and_takes_it_back(page: Page, site: Site) -> None:
    open_first_song(page)
    page.get_by_role("button", name="4 stars").click()
    expect(page.get_by_text("You gave it 4 stars.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("You gave it 4 stars.")).to_be_visible()
    page.get_by_role("button", name="2 stars").click()
    expect(page.get_by_text("You gave it 2 stars.")).to_be_visible()
    page.get_by_role("button", name="Remove my rating").click()
    expect(page.get_by_text("You gave it")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("You gave it")).to_have_count(0)


def test_it_composes_a_song_that_can_be_heard_and_read_back(page: Page, site: Site, tmp_path: Path) -> None:
    page.goto("/compose/")
    page.get_by_label("Length").fill("30")
    page.get_by_text("Everything else").click()
    page.get_by_label("Seed").fill("20261122")
    page.get_by_role("button", name="Compose").click()
    page.get_by_role("link", name="The song's page").click(timeout=COMPOSED_MILLISECONDS)
    page.wait_for_url("**/songs/**")
    while not page.locator("[data-stage] .play-button").count():  # being turned into sound
        page.wait_for_timeout(1000)
        page.reload()
    page.locator("[data-stage] .play-button").click()
    until(page, "the position", lambda: sounding(page) > 0.5)
    assert "20261122" in page.locator("#content .facts").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="MIDI").click()
    target = tmp_path / download.value.suggested_filename
    download.value.save_as(target)
    score = read_midi(target)
    assert target.suffix == ".mid"
    assert score.note_count > 30
    assert 15 < score.duration_seconds < 60


def test_it_refuses_a_length_that_cannot_be(page: Page, site: Site) -> None:
    page.goto("/compose/")
    page.get_by_label("Length").evaluate("field => { field.form.noValidate = true; field.value = 99999; }")
    page.get_by_role("button", name="Compose").click()
    expect(page.locator(".errorlist")).to_be_visible()


def state_of_request(site: Site, request: int) -> str:
    """The state of a compose request, read beside the running site."""
    with contextlib.closing(
        sqlite3.connect(f"file:{site.data_dir}/db.sqlite3?mode=ro", uri=True)
    ) as database:
        row = database.execute(
            "SELECT state FROM generator_composerequest WHERE id = ?", [request]
        ).fetchone()
    return str(row[0])


def kill_in_mid_job(page: Page, site: Site) -> int:
    """Ask for a song and kill its worker while it composes. Returns the id of the killed worker."""
    page.goto("/compose/")
    page.get_by_label("Length").fill("180")
    worker = site.hold_still("compose")  # composing takes half a second: do not miss it
    page.get_by_role("button", name="Compose").click()
    page.locator("[data-take]").wait_for()
    request = int((page.locator("[data-take]").get_attribute("id") or "").rpartition("-")[2])
    os.kill(worker, signal.SIGCONT)
    while (state := state_of_request(site, request)) == "queued":
        time.sleep(0.001)
    os.kill(worker, signal.SIGKILL)
    assert state == "running"
    assert state_of_request(site, request) == "running", "it was done before it could be killed"
    return worker


def test_it_makes_the_song_although_its_worker_is_killed(page: Page, site: Site) -> None:
    killed = kill_in_mid_job(page, site)
    page.get_by_role("link", name="The song's page").wait_for(timeout=COMPOSED_MILLISECONDS)
    assert site.worker("compose") != killed


# Resolves with the strongest frequency of a flute at these pitches, in Hz.
HEAR_FLUTE = """async (pitches) => {
  const { loadSynth, Voices } = await import("musicgen/synth");
  const synth = await loadSynth();
  await synth.resume();
  synth.volume = 1;
  synth.meter.fftSize = 32768;
  synth.meter.smoothingTimeConstant = 0;
  const levels = new Float32Array(synth.meter.frequencyBinCount);
  const heard = [];
  for (const pitch of pitches) {
    const voices = new Voices(synth);
    const begins = synth.now + 0.1;
    voices.note({ program: 73, pitch, velocity: 110, at: begins, length: 4 });
    while (synth.now < begins + 2) await new Promise((resolve) => setTimeout(resolve, 20));
    synth.meter.getFloatFrequencyData(levels);
    heard.push((levels.indexOf(Math.max(...levels)) * synth.context.sampleRate) / synth.meter.fftSize);
    synth.silence();
    voices.clear();
    const still = synth.now + 1;
    while (synth.now < still) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return heard;
}"""


def test_it_sounds_quarter_tones_as_they_are_written(page: Page, site: Site) -> None:
    page.goto("/compose/")
    plain, koron, sori = page.evaluate(HEAR_FLUTE, [69, 68.5, 69.5])
    octave = round(math.log2(plain / 440))  # the strongest may be an overtone
    assert abs(plain / 2**octave - 440) < 5
    # A flute is no sine and a bin is 5 cents wide: rounded to semitones, it would be off by 50.
    assert abs(1200 * math.log2(koron / plain) + 50) < 25
    assert abs(1200 * math.log2(sori / plain) - 50) < 25


def test_it_plays_the_notes_in_the_browser_with_another_instrument(page: Page, site: Site) -> None:
    open_first_song(page)
    page.locator("[data-stage] .play-button").click()
    until(page, "the recording", lambda: sounding(page) > 0.5)
    page.get_by_label("Sound").select_option("synth")
    page.get_by_label("Instrument").wait_for(timeout=180_000)
    before = sounding(page)
    until(page, "the position", lambda: sounding(page) > before + 0.5, 60)
    until(page, "the sound", lambda: sounding(page, "engine.synth.level()") > 0.01, 60)
    page.get_by_label("Instrument").select_option("73")
    before = sounding(page)
    until(page, "the position", lambda: sounding(page) > before + 0.5, 60)
    until(page, "the flute", lambda: sounding(page, "engine.synth.level()") > 0.01, 60)
    page.get_by_label("Sound").select_option("file")
    until(page, "the recording", lambda: bool(sounding(page, "engine.audio.currentTime > 1")))
