"""Drawing trials: which systems, which of their songs, on which side, and when to check."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from random import Random, SystemRandom
from typing import Final

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Listener
from generator.models import Song
from listening.models import Check, Clip, Comparison, Enrolment, Excerpt, PairTally, Trial, TrialKind
from listening.models.excerpt import ANCHORS, RANDOM, REAL, SHUFFLED
from listening.services.guards import TRIAL_HOURS, GuardError
from musicgen.audio.excerpt import EXCERPT_SECONDS
from musicgen.statistics.judgment.choosing import draw_probabilities

MOST_OPEN: Final = 5  # unanswered trials of a listener: on a page or fetched ahead, in a tab or two
CHECK_EVERY: Final = 10
_SHUFFLED_SHARE: Final = 2 / 3  # of the checks
_RECENT: Final = 30  # songs of so many last trials are not heard again if others are at hand
_CHANCE: Final = SystemRandom()


@dataclass(frozen=True)
class _Draw:
    excerpts: tuple[int, ...]
    probability: float = 1.0
    pairs: int = 1
    check: str = Check.NONE
    repeats: int | None = None


@transaction.atomic
def pair_trial_draw(*, enrolment: Enrolment, session_digest: str, holding: Collection[str] = ()) -> Trial:
    """The listener's next blind pair: one that was left unanswered, or else a new one.

    Args:
        holding: tokens of the trials that the asking page has already.

    Raises:
        GuardError: there are not two systems to be heard yet.
    """
    listener = _held(enrolment.listener)
    trials = Trial.objects.filter(listener=listener, kind=TrialKind.PAIR)
    open_trial = _open_trial(trials.filter(comparison=None), holding)
    if open_trial is not None:
        return open_trial
    number = trials.count() + 1
    draw = (_check(listener) if _is_check(listener, number) else None) or _pair(listener)
    return _keep(enrolment, TrialKind.PAIR, number, draw, session_digest)


@transaction.atomic
def turing_trial_draw(
    *, enrolment: Enrolment, session_digest: str, round_id: uuid.UUID, holding: Collection[str] = ()
) -> Trial:
    """The next clip of human or machine, as likely the one as the other.

    Args:
        holding: tokens of the trials that the asking page has already.

    Raises:
        GuardError: there is no real or no machine-made music to be heard yet.
    """
    listener = _held(enrolment.listener)
    trials = Trial.objects.filter(listener=listener, kind=TrialKind.TURING, round=round_id)
    open_trial = _open_trial(trials.filter(verdict=None), holding)
    if open_trial is not None:
        return open_trial
    systems = _systems(Excerpt.objects.of_contenders())
    systems.pop(RANDOM, None)
    real = systems.pop(REAL, {})
    if not real or not systems:
        raise GuardError(_nothing_yet(), status=409, retry_seconds=30)
    songs = real if _CHANCE.random() < 0.5 else systems[_CHANCE.choice(sorted(systems))]
    excerpt = _one_of(songs, _heard_lately(listener))
    return _keep(enrolment, TrialKind.TURING, trials.count() + 1, _Draw((excerpt,)), session_digest, round_id)


def _held(listener: Listener) -> Listener:
    """Two requests of one listener at once are served one after the other."""
    return Listener.objects.select_for_update().get(pk=listener.pk)


def _open_trial(unanswered: QuerySet[Trial], holding: Collection[str]) -> Trial | None:
    """An unanswered trial that no page of the listener holds.

    What was left is asked again: nobody gets rid of a question by loading the page anew.
    """
    fresh = unanswered.filter(created_at__gt=timezone.now() - timedelta(hours=TRIAL_HOURS - 1))
    rows = list(fresh.order_by("created_at"))
    left = [row for row in rows if row.token not in holding]
    if left:
        return left[0]
    return rows[0] if len(rows) >= MOST_OPEN else None


def _keep(
    enrolment: Enrolment,
    kind: TrialKind,
    number: int,
    draw: _Draw,
    session_digest: str,
    round_id: uuid.UUID | None = None,
) -> Trial:
    trial = Trial.objects.create(
        kind=kind,
        listener=enrolment.listener,
        enrolment=enrolment,
        number=number,
        draw_probability=draw.probability,
        pair_count=draw.pairs,
        check_kind=draw.check,
        repeats_id=draw.repeats,
        round=round_id,
        session_digest=session_digest,
    )
    Clip.objects.bulk_create(
        Clip(trial=trial, position=position, excerpt_id=excerpt)
        for position, excerpt in enumerate(draw.excerpts)
    )
    return trial


def _is_check(listener: Listener, number: int) -> bool:
    """One trial of every ten is a check; which of them nobody can foresee."""
    block, place = divmod(number - 1, CHECK_EVERY)
    return place == Random(f"check-{listener.pk}-{block}").randrange(3, CHECK_EVERY)  # noqa: S311


def _pair(listener: Listener) -> _Draw:
    systems = _systems(Excerpt.objects.of_contenders())
    pairs = list(combinations(sorted(systems), 2))
    if not pairs:
        raise GuardError(_nothing_yet(), status=409, retry_seconds=30)
    chances = _chances(pairs)
    drawn = _CHANCE.choices(range(len(pairs)), weights=chances.tolist())[0]
    heard = _heard_lately(listener)
    excerpts = [_one_of(systems[name], heard) for name in pairs[drawn]]
    _CHANCE.shuffle(excerpts)
    return _Draw(tuple(excerpts), float(chances[drawn]), len(pairs))


def _chances(pairs: list[tuple[str, str]]) -> npt.NDArray[np.float64]:
    tallies = {
        (row[0], row[1]): row[2:]
        for row in PairTally.objects.values_list(
            "first_system", "second_system", "first_wins", "ties", "count"
        )
    }
    table = np.array([tallies.get(pair, (0, 0, 0)) for pair in pairs], np.float64)
    return draw_probabilities(table[:, 0], table[:, 1], table[:, 2])


def _check(listener: Listener) -> _Draw | None:
    """A reversed repeat of an earlier pair, or a real piece against its shuffled copy.

    Two in three are the latter: they always show whether somebody listens, repeats hardly ever.
    """
    kinds = [_shuffled, _repeat] if _CHANCE.random() < _SHUFFLED_SHARE else [_repeat, _shuffled]
    return kinds[0](listener) or kinds[1](listener)


def _repeat(listener: Listener) -> _Draw | None:
    """One of the earlier pairs, if possible one whose answer shows whether somebody listens."""
    answered = Comparison.objects.filter(listener=listener, check_kind=Check.NONE).order_by("-pk")
    earlier = [
        row for row in answered.select_related("trial")[3:60] if not Trial.objects.filter(repeats=row.trial)
    ]
    telling = [row for row in earlier if {row.left_system, row.right_system} == set(ANCHORS)]
    if not earlier:
        return None
    trial = _CHANCE.choice(telling or earlier).trial
    left, right = trial.clips.values_list("excerpt", flat=True).order_by("position")
    return _Draw((right, left), check=Check.REPEAT, repeats=trial.pk)


def _shuffled(listener: Listener) -> _Draw | None:
    copies = list(Excerpt.objects.ready().filter(system=SHUFFLED).select_related("song"))
    _CHANCE.shuffle(copies)
    for copy in copies:
        original = Excerpt.objects.ready().filter(song=copy.song.settings.get("drawn_by")).first()
        if original is not None:
            excerpts = [original.pk, copy.pk]
            _CHANCE.shuffle(excerpts)
            return _Draw(tuple(excerpts), check=Check.SHUFFLED)
    return None


def _systems(excerpts: QuerySet[Excerpt]) -> dict[str, dict[int, int]]:
    """Songs that fill an excerpt, by system: song → excerpt."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    rows = excerpts.filter(song__seconds__gte=EXCERPT_SECONDS)
    for excerpt, song, system in rows.values_list("pk", "song_id", "system"):
        found[system][song] = excerpt
    return dict(found)


def _heard_lately(listener: Listener) -> set[int]:
    recent = Trial.objects.filter(listener=listener).order_by("-pk").values_list("pk", flat=True)[:_RECENT]
    return set(Song.objects.filter(excerpt__clips__trial__in=list(recent)).values_list("pk", flat=True))


def _one_of(songs: Mapping[int, int], heard: set[int]) -> int:
    fresh = sorted(songs.keys() - heard) or sorted(songs)
    return songs[_CHANCE.choice(fresh)]


def _nothing_yet() -> str:
    return _("There is not enough music to compare yet: the first songs are still being prepared.")
