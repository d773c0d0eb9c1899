"""Every page at desktop and phone width, light and dark: nothing sticks out, nothing bars a reader."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site

PUBLIC = (
    *("/", "/songs/", "/songs/?key=G+major&order=best", "/shelf/", "/shelf/heard/", "/collections/"),
    *("/compose/", "/datasets/", "/runs/", "/account/login/", "/account/signup/"),
)
RESEARCH = ("/datasets/upload/", "/runs/new/", "/account/")


def problems_of(page: Page) -> list[str]:
    """What axe finds, a line each."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def overflow_of(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
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
