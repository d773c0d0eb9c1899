"""Judging in a real Chromium: on a desk by keyboard alone, and beside it on a phone by touch."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import RESEARCHER, ROOT, Site
from tests.browser.test_pages import overflow_of, problems_of

PATIENCE_MILLISECONDS = 60_000
MACHINE_SECONDS = 300.0  # for the first songs of the site to be heard
ROUND_CLIPS = 10


@dataclass(frozen=True)
class Person:
    """Somebody at a page: on a phone by touch, or by keyboard alone."""

    page: Page
    touches: bool

    def press(self, what: Locator) -> None:
        """A button, a box, a link: touched, or reached by Tab and pressed."""
        if self.touches:
            what.tap()
            return
        self.reach(what)
        self.page.keyboard.press("Space")

    def reach(self, what: Locator) -> None:
        """Go there by Tab. Of radio buttons only one is reached so; arrows go to the others."""
        expect(what).to_be_enabled(timeout=PATIENCE_MILLISECONDS)
        for _ in range(80):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {what} at {self.page.url}")

    def hear(self, number: int, key: str = "") -> None:
        """Start a clip."""
        clip = self.page.locator("[data-clip]").nth(number)
        if key and not self.touches:
            self.page.keyboard.press(key)
        else:
            self.press(clip.locator("[data-play]"))
        expect(clip).to_have_class(re.compile("is-sounding"), timeout=PATIENCE_MILLISECONDS)

    def has_heard(self, number: int) -> None:
        """Wait until it was heard for long enough."""
        clip = self.page.locator("[data-clip]").nth(number)
        expect(clip).to_have_class(re.compile("is-heard"), timeout=PATIENCE_MILLISECONDS)

    def consents(self) -> None:
        """The form before the first question."""
        self.looks_well()
        self.press(self.page.get_by_label("none to speak of"))
        self.press(self.page.get_by_label("I agree."))
        self.press(self.page.get_by_role("button", name="Begin"))

    def looks_well(self) -> None:
        """Nothing bars a reader, nothing sticks out."""
        assert not problems_of(self.page), self.page.url
        assert not overflow_of(self.page), self.page.url


@pytest.fixture
def people(chromium: Browser, site: Site) -> Iterator[list[Person]]:
    """One on a desk, one on a phone, for whom nothing goes wrong in the page's scripts."""
    # Past the policy, because axe brings a script of its own.
    desk = chromium.new_context(
        base_url=site.address, bypass_csp=True, viewport={"width": 1280, "height": 900}
    )
    phone = chromium.new_context(
        base_url=site.address,
        bypass_csp=True,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
    )
    faults: list[str] = []
    for context in (desk, phone):
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.on("weberror", lambda error: faults.append(str(error.error)))
    yield [Person(desk.new_page(), touches=False), Person(phone.new_page(), touches=True)]
    desk.close()
    phone.close()
    assert not faults


def make_clips(site: Site) -> int:
    """Clips for every published song. Returns how many of them networks composed."""
    command = [sys.executable, "-m", "tests.browser.clips"]
    done = subprocess.run(
        command, cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


@pytest.fixture
def clips(site: Site) -> None:
    """Clips of real music, random notes and two songs of networks."""
    deadline = time.monotonic() + MACHINE_SECONDS
    while make_clips(site) < 2:  # a study needs two
        assert time.monotonic() < deadline, site.log.read_text()[-4000:]
        time.sleep(2)


def test_it_judges_a_pair(people: list[Person], clips: None) -> None:
    for person in people:
        person.page.goto("/compare/")
        person.consents()
        expect(person.page.locator("[data-question]")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        person.looks_well()
        expect(person.page.get_by_role("button", name="A is better")).to_be_disabled()
    for number, key in enumerate("ab"):
        for person in people:
            person.hear(number, key)
        for person in people:
            person.has_heard(number)
    desk, phone = people
    desk.page.keyboard.press("ArrowLeft")
    phone.page.get_by_role("button", name="Both bad").tap()
    for person in people:
        expect(person.page.locator("[data-reveal]")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        expect(person.page.locator("[data-who]").first).not_to_be_empty()
        expect(person.page.locator("#answer-count")).to_have_text("1")
        person.looks_well()
    expect(desk.page.locator("[data-chosen]").first).to_be_visible()
    desk.page.keyboard.press("Enter")
    phone.page.get_by_role("button", name="Next pair").tap()
    for person in people:
        expect(person.page.locator("[data-question]")).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def test_it_plays_a_round_of_human_or_machine(people: list[Person], clips: None) -> None:
    for person in people:
        person.page.goto("/turing/")
        person.consents()
    for number in range(ROUND_CLIPS):
        for person in people:
            shown = person.page.locator("[data-number]")
            expect(shown).to_have_text(str(number + 1), timeout=PATIENCE_MILLISECONDS)
            expect(person.page.locator("[data-question]")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
            expect(person.page.locator("[data-clip]")).not_to_have_class(re.compile("is-heard"))
            person.hear(0, "a")
        for person in people:
            person.has_heard(0)
        if not number:
            for person in people:
                person.looks_well()
        desk, phone = people
        desk.page.keyboard.press("m" if number % 2 else "h")
        phone.page.get_by_role("button", name="Machine").tap()
    for person in people:
        expect(person.page.locator(".score")).to_have_text(
            re.compile(rf"\d+ of {ROUND_CLIPS}"), timeout=PATIENCE_MILLISECONDS
        )
        assert person.page.locator("tbody tr").count() == ROUND_CLIPS
        person.looks_well()


def build_study(page: Page, site: Site) -> None:
    """A researcher ticks two songs and opens a study of one page as soon as the button works."""
    page.goto("/account/login/?next=/studies/new/")
    page.locator("#id_login").fill(RESEARCHER[0])
    page.locator("#id_password").fill(RESEARCHER[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studies/new/")
    assert not problems_of(page)
    page.get_by_label("Title").fill("Two takes")
    page.get_by_label("Method").select_option("pairs")
    for box in page.locator("[name=songs]").all()[:2]:
        box.check()
    page.get_by_label("Pages for each participant").fill("1")
    page.get_by_label("A training page first").uncheck()
    page.get_by_label("Completion code").fill("CODE-7")
    page.get_by_role("button", name="Keep as a draft").click()
    opens = page.get_by_role("button", name="Open to participants")
    expect(opens).to_be_visible()
    make_clips(site)  # the newest songs may have been published a moment ago
    opens.click()  # the page sees by itself that the clips are there
    expect(page.get_by_label("The link to share")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    assert not problems_of(page)


def test_it_takes_part_in_a_study_to_the_completion_code(
    people: list[Person], clips: None, chromium: Browser, site: Site
) -> None:
    context = chromium.new_context(base_url=site.address, bypass_csp=True)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    researcher = context.new_page()
    build_study(researcher, site)
    link = researcher.get_by_label("The link to share").input_value()
    for person in people:
        person.page.goto(link)
        person.consents()
        person.press(person.page.get_by_role("button", name="Tone on the left"))
        person.looks_well()
        person.press(person.page.get_by_label("I heard both well."))
        person.press(person.page.get_by_role("button", name="Go on"))
        expect(person.page.locator("[data-question]")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        person.looks_well()
    for number in (0, 1):
        for person in people:
            person.hear(number)
        for person in people:
            person.has_heard(number)
    for person in people:
        person.press(person.page.locator("[name=pair]").first)
        person.press(person.page.get_by_role("button", name="Next", exact=True))
        expect(person.page.locator("[data-code]")).to_have_text("CODE-7", timeout=PATIENCE_MILLISECONDS)
        person.looks_well()
    researcher.reload()
    expect(researcher.get_by_text("2 finished, 2 began")).to_be_visible()
    context.close()
