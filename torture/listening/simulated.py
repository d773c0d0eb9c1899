"""Listeners whose truth is known, through the site's own addresses: does the leaderboard find it again?

They consent, ask for pairs, report what they heard and answer, all over HTTP. Two things only they do not
wait for: the seconds of listening, which are moved back in the database, and ten seconds between answers.
They know what they hear from the database too: it is their ear.
"""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.utils import timezone

from torture.listening.answers import cookie_of
from torture.listening.site import ROOT, Site
from torture.table import Outcome

ENVIRONMENT = {
    "MUSICGEN_VERDICTS_A_MINUTE": "1000000",
    "MUSICGEN_VERDICT_GAP_SECONDS": "0",
    "MUSICGEN_VERDICTS_A_DAY": "1000",
}
# Natural-log strengths. Random notes and real music are far apart, as in life.
TRUTH: Final = {
    "random": -2.6,
    "checkpoint:a": -0.6,
    "checkpoint:b": 0.1,
    "checkpoint:c": 0.5,
    "checkpoint:d": 0.6,
    "real": 2.0,
}
LOG_TIES: Final = -0.3
SIDE_BIAS: Final = 0.15
CLICKERS: Final = 0.1  # share of listeners who answer by chance
BOTH_BAD: Final = 0.3  # of the ties
SLIPS: Final = 0.02  # of an attentive listener's checks
CLIENTS: Final = 8
_SONGS: Final = 6  # of each system
_WAITED: Final = timedelta(seconds=60)


def run(site: Site) -> Outcome:
    """Let them judge, compute the leaderboards, compare."""
    people = int(os.environ.get("TORTURE_LISTENERS", "60"))
    each = int(os.environ.get("TORTURE_EACH", "80"))
    _songs()
    site.start()
    begun = time.monotonic()
    clickers = set(Random(1).sample(range(people), round(CLICKERS * people)))  # no secret
    said: Counter[str] = Counter()
    lock = threading.Lock()
    named: dict[int, uuid.UUID] = {}

    def live(number: int) -> None:
        person = Person(site, number, clicks=number in clickers)
        counted = person.judge(each)
        with lock:
            said.update(counted)
            named[number] = person.listener

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(live, range(people)))
    seconds = time.monotonic() - begun
    return _compared(people, {named[number] for number in clickers}, said, seconds)


class Person:
    """One listener with a cookie and an ear."""

    def __init__(self, site: Site, number: int, *, clicks: bool) -> None:
        from accounts.models import Listener

        self.site = site
        self.random = Random(f"person-{number}")  # no secret
        self.clicks = clicks
        listener = Listener.objects.create()
        self.listener = listener.pk
        self.cookie = cookie_of(listener)
        self.send_form("/compare/enrol/", {"consent": "yes", "training": "some"})

    def send_form(self, address: str, fields: dict[str, str]) -> None:
        """As the page's form does."""
        from urllib.parse import urlencode

        status, _, _ = self.site.request("POST", address, None, self.cookie, form=urlencode(fields))
        assert status == 302, (address, status)

    def send(self, address: str, body: Any) -> Any:
        """As the page's script does."""
        status, answer, _ = self.site.request("POST", address, body, self.cookie)
        assert status == 200, (address, status, answer[:200])
        return json.loads(answer)

    def judge(self, count: int) -> Counter[str]:
        """So many questions. Returns how many of each answer."""
        from listening.models import Trial

        said: Counter[str] = Counter()
        for _ in range(count):
            told = self.send("/compare/next/", {"holding": []})
            token = told["trial"].split(":")[0]
            trial = Trial.objects.get(token=token)
            self.wait(trial.pk)
            self.send("/clips/heard/", {"trial": told["trial"], "heard": [8.0, 8.0], "plays": [1, 1]})
            outcome = self.choose(trial)
            self.send("/compare/answer/", {"trial": told["trial"], "outcome": outcome})
            said[outcome] += 1
        return said

    def wait(self, trial: int) -> None:
        """A minute passes."""
        from listening.models import Trial

        now = timezone.now()
        Trial.objects.filter(listener=self.listener, reported_at__isnull=False).update(
            reported_at=now - _WAITED
        )
        Trial.objects.filter(pk=trial).update(created_at=now - _WAITED)

    def choose(self, trial: Any) -> str:
        """What this person says of what they hear."""
        from musicgen.statistics.judgment.davidson import probabilities

        if self.clicks:
            return self.random.choice(["left", "right", "tie", "both_bad"])
        left, right = trial.clips.values_list("excerpt__system", flat=True).order_by("position")
        if "shuffled" in (left, right):
            better, worse = ("left", "right") if right == "shuffled" else ("right", "left")
            return worse if self.random.random() < SLIPS else better
        apart = np.array([TRUTH[left] - TRUTH[right]])
        first, second, _ = (float(share[0]) for share in probabilities(apart, LOG_TIES, SIDE_BIAS))
        drawn = self.random.random()
        if drawn < first + second:
            return "left" if drawn < first else "right"
        return "both_bad" if self.random.random() < BOTH_BAD else "tie"


def _songs() -> None:
    """Systems with songs and excerpts; nobody hears them, so they have no sound."""
    from generator.models import Song
    from listening.models import Excerpt
    from training.models import WorkState

    for system in (*TRUTH, "shuffled"):
        originals = list(Song.objects.filter(settings__anchor="real").order_by("pk"))
        for number in range(_SONGS):
            facts: dict[str, Any] = {} if ":" in system else {"anchor": system}
            if system == "shuffled":
                facts["drawn_by"] = originals[number].pk
            song = Song.objects.create(
                title=f"{system} {number}", seconds=60, settings=facts, is_published=":" in system
            )
            Excerpt.objects.create(song=song, system=system, state=WorkState.FINISHED)


def _compared(people: int, clickers: set[uuid.UUID], said: Counter[str], seconds: float) -> Outcome:
    from listening.models import Comparison, Exclusion, LeaderboardTable
    from listening.services.leaderboard import leaderboards_compute
    from musicgen.statistics.judgment.bootstrap import ELO_PER_NAT

    leaderboards_compute()
    board = LeaderboardTable.objects.get(name="checkpoint/standard").content
    centre = sum(TRUTH.values()) / len(TRUTH)
    lines, inside = [], 0
    for row in board["rows"]:
        truth = 1000 + ELO_PER_NAT * (TRUTH[row["key"]] - centre)
        holds = row["low"] <= truth <= row["high"]
        inside += holds
        lines.append(
            f"  {row['key']:<14}{truth:8.0f}{row['elo']:8.0f}   {row['low']:6.0f} to {row['high']:<6.0f}"
            f"{'' if holds else '  outside'}"
        )
    side = 1 / (1 + np.exp(-2 * SIDE_BIAS))
    tie = np.exp(LOG_TIES) / (np.exp(LOG_TIES) + 2)
    apart = set(Exclusion.objects.filter(is_active=True).values_list("listener", flat=True))
    caught, wronged = len(apart & clickers), len(apart - clickers)
    same = _recomputes()
    checks = Comparison.objects.exclude(check_kind="").count()
    requests = 3 * sum(said.values()) + people
    report = [
        (
            f"{people} listeners, {len(clickers)} clicking by chance; {sum(said.values()):,} answers in "
            f"{requests:,} requests, {seconds:.0f} s; {checks:,} of them checks"
        ),
        f"  {'system':<14}{'truth':>8}{'found':>8}   95 % interval",
        *lines,
        (
            f"left of two equals: truth {side:.1%}, found {board['side_bias']:.1%} "
            f"({board['side_low']:.1%} to {board['side_high']:.1%})"
        ),
        f"ties between equals: truth {tie:.1%}, found {board['tie_rate']:.1%}",
        f"set apart: {caught} of {len(clickers)} who click, {wronged} of {people - len(clickers)} who listen",
        f"`musicgen judgment recompute` of the export: {'the same figures' if same else 'OTHER FIGURES'}",
    ]
    sys.stderr.write("\n".join(report) + "\n")
    figure = f"{inside} of {len(TRUTH)} intervals hold the truth; {caught} of {len(clickers)} clickers apart"
    kept = inside >= len(TRUTH) - 1 and same and board["side_low"] <= side <= board["side_high"]
    return Outcome(figure=figure, kept=bool(kept))


def _recomputes() -> bool:
    """Whether the published file gives the table's very figures."""
    export = Path(settings.DATA_DIR, "leaderboard", "export.json")
    command = [sys.executable, "-m", "musicgen", "judgment", "recompute", str(export)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "the same figures" in done.stdout
