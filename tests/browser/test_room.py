"""The listening room in a real Chromium: scores, copies, favourites, collections, searches, light pages."""

import re
import time

from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import Site, until
from tests.browser.test_listener import open_first_song, sounding

LIGHT_BYTES = 150_000  # of a page with everything it loads, sound and score apart
PATIENT_MILLISECONDS = 120_000  # for workers on a busy machine
COMPARED_SECONDS = 420  # behind all sound that is made meanwhile; only a failure waits so long


def test_it_draws_the_score_and_follows_it(page: Page, site: Site) -> None:
    open_first_song(page)
    show = page.get_by_role("button", name="Show the score")
    deadline = PATIENT_MILLISECONDS
    while not show.count() and deadline > 0:  # it is written after the sound files
        page.wait_for_timeout(2000)
        deadline -= 2000
        page.reload()
    show.click()
    expect(page.locator("[data-score-paper] svg").first).to_be_visible(timeout=180_000)
    marker = page.locator("[data-score-paper] img")
    before = marker.bounding_box()
    page.locator("[data-stage] .play-button").click()
    until(page, "the sound", lambda: sounding(page) > 0.5)
    page.evaluate("import('musicgen/player').then(({ player }) => player.seek(player.duration * 0.6))")
    until(page, "the marker", lambda: marker.bounding_box() != before)
    with page.expect_download() as download:
        page.get_by_role("button", name="Keep as SVG").click()
    assert download.value.suggested_filename.endswith("-score.svg")


def test_it_compares_a_song_with_its_training_data(page: Page, site: Site) -> None:
    """A song of the dataset that comes with the site; what others learned from need not be here."""
    deadline = time.monotonic() + COMPARED_SECONDS
    page.goto("/songs/")
    choice = page.get_by_label("Dataset").locator("option", has_text="chorales")
    while not choice.count():  # it is taken in while the first songs are composed
        assert time.monotonic() < deadline, site.log.read_text()[-4000:]
        page.wait_for_timeout(1000)
        page.reload()
    page.locator("summary", has_text="Narrow it down").click()
    page.get_by_label("Dataset").select_option(label=choice.inner_text())
    expect(page).to_have_url(re.compile(r"dataset=\d+"))
    page.locator(".song-title a").first.click()
    report = page.locator("#report")
    expect(report).to_be_visible()
    place = report.locator("[data-passages]")
    deadline = time.monotonic() + COMPARED_SECONDS
    while not place.count():  # it is made by itself once the index is there; the first asks for it
        assert time.monotonic() < deadline, f"{report.inner_text()}\n{site.log.read_text()[-4000:]}"
        ask = report.get_by_role("button", name="Compare it")
        if ask.count():
            ask.click()
        page.wait_for_timeout(1000)
    place.get_by_role("button", name="Play this passage").last.click()
    level = "import('musicgen/synth').then(({ loadSynth }) => loadSynth()).then((synth) => synth.level())"
    until(page, "the passage", lambda: float(page.evaluate(level)) > 0.01, 60)
    page.reload()
    expect(page.get_by_text("pieces of the training data")).to_be_visible()


def test_it_keeps_a_favourite_and_a_collection(page: Page, site: Site) -> None:
    page.goto("/songs/?order=title")
    card = page.locator(".song-card").first
    title = card.locator(".song-title").inner_text()
    card.get_by_role("button", name=f"Favourite: {title}").click()
    expect(card.get_by_role("button", name=f"Favourite: {title}")).to_have_attribute("aria-pressed", "true")
    card.locator(".song-title a").click()
    page.locator("summary", has_text="Put it into a collection").click()
    page.get_by_label("Title of a new collection").fill("For the evening")
    page.get_by_role("button", name="Put it there").click()
    expect(page.get_by_text("It is in “For the evening” now.")).to_be_visible()
    page.get_by_role("link", name="Your shelf").click()
    expect(page.locator(".song-title", has_text=title)).to_be_visible()
    page.get_by_role("link", name="Collections").click()
    page.get_by_role("link", name="For the evening").click()
    expect(page.locator(".song-title", has_text=title)).to_be_visible()


def test_it_narrows_the_list_and_comes_back_to_it(page: Page, site: Site) -> None:
    page.goto("/songs/")
    title = page.locator(".song-title").first.inner_text()
    page.get_by_role("searchbox").fill(title.split()[0])
    page.get_by_role("button", name="Find").click()
    expect(page).to_have_url(re.compile(r"\?q="))
    expect(page.locator(".song-title").first).to_have_text(re.compile(title.split()[0]))
    page.locator("summary", has_text="Narrow it down").click()
    page.get_by_label("Composed by").select_option("human")
    expect(page.get_by_text("No song is like that yet.")).to_be_visible()
    page.go_back()
    expect(page.locator(".song-title").first).to_be_visible()


def test_it_keeps_its_pages_light(chromium: Browser, page: Page, site: Site) -> None:
    page.goto("/songs/")
    song = str(page.locator(".song-title a").first.get_attribute("href"))
    for address in ("/", "/songs/", song, "/compose/"):
        context = chromium.new_context(base_url=site.address)  # each with an empty cache
        fresh = context.new_page()
        sizes: list[int] = []
        fresh.on("requestfinished", lambda request, into=sizes: into.append(weight(request)))
        fresh.goto(address, wait_until="networkidle")
        assert 10_000 < sum(sizes) < LIGHT_BYTES, (address, sum(sizes))
        context.close()


def weight(request: Request) -> int:
    """What an answer weighs on the wire; what makes sound is left out."""
    of_sound = ("/audio/", "/soundfont", "/vendor/spessasynth", "/vendor/stb-vorbis")
    return 0 if any(part in request.url for part in of_sound) else request.sizes()["responseBodySize"]
