"""Every page at desktop and phone width, light and dark: nothing sticks out, nothing bars a reader."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site

PUBLIC = (
    *("/", "/songs/", "/songs/?key=G+major&order=best", "/shelf/", "/shelf/heard/", "/collections/"),
    *("/compose/", "/compose/from/", "/datasets/", "/runs/", "/account/login/", "/account/signup/"),
    *("/compare/", "/turing/", "/leaderboard/", "/leaderboard/method/", "/api/v1/docs/"),
)
RESEARCH = ("/datasets/upload/", "/runs/new/", "/account/")


def problems_of(page: Page) -> list[str]:
    """What axe finds, a line each."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def overflow_of(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


# What fits does so in either scheme, what is legible is so at either width: two of the four tell all.
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_it_fits_and_is_readable_for_visitors(chromium: Browser, site: Site, width: int, scheme: str) -> None:
    context = chromium.new_context(
        base_url=site.address, viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto("/songs/")
    songs = page.locator(".song-title a").first
    addresses = [*PUBLIC, str(songs.get_attribute("href"))] if songs.count() else list(PUBLIC)
    found = {}
    for address in addresses:
        page.goto(address)
        if wider := overflow_of(page):
            found[address] = [f"{wider} px too wide"]
        if problems := problems_of(page):
            found[address] = found.get(address, []) + problems
    context.close()
    assert not found


def test_it_is_readable_where_music_is_made_and_shown(chromium: Browser, site: Site) -> None:
    """Pages that are a listener's own: takes, a song to begin from, a collection; and what others embed."""
    context = chromium.new_context(
        base_url=site.address, viewport={"width": 360, "height": 800}, bypass_csp=True
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    found = {}

    def look(name: str) -> None:
        problems = problems_of(page) + ([f"{overflow_of(page)} px too wide"] if overflow_of(page) else [])
        if problems:
            found[name] = problems

    page.goto("/songs/")
    song = str(page.locator(".song-title a").first.get_attribute("href"))
    page.goto(song)
    page.get_by_role("button", name="Begin from this one").click()
    page.locator("[data-prompt]").wait_for()
    look("begin from a song")
    page.goto(song)
    page.locator("summary", has_text="Put it into a collection").click()
    page.get_by_label("Title of a new collection").fill("To be read")
    page.get_by_role("button", name="Put it there").click()
    page.goto("/collections/")
    page.get_by_role("link", name="To be read").click()
    look("a collection")
    page.goto(f"/embed/{song.strip('/').split('/')[-1]}/")
    look("an embedded player")
    page.goto("/compose/")
    page.get_by_label("Length").fill("20")
    page.get_by_role("button", name="Compose").click()
    page.locator("[data-take]").get_by_label("Instrument").wait_for(timeout=120_000)
    look("takes")
    context.close()
    assert not found


def test_it_fits_and_is_readable_for_researchers(researcher_page: Page, site: Site) -> None:
    found = {}
    state = researcher_page.context.storage_state()
    browser = researcher_page.context.browser
    assert browser is not None
    for width in (360, 1280):
        context = browser.new_context(
            base_url=site.address,
            viewport={"width": width, "height": 800},
            storage_state=state,
            bypass_csp=True,
        )
        page = context.new_page()
        listed = []
        for lists in ("/datasets/", "/runs/"):
            page.goto(lists)
            link = page.locator("main h2 a, main h3 a, main td a, main th a").first
            listed += [str(link.get_attribute("href"))] if link.count() else []
        for address in (*RESEARCH, *listed):
            page.goto(address)
            problems = problems_of(page) + ([f"{overflow_of(page)} px too wide"] if overflow_of(page) else [])
            if problems:
                found[f"{address} at {width}"] = problems
        context.close()
    assert not found
