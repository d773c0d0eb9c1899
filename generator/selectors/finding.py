"""Finding songs: words and choices that narrow a list, and the orders it can be read in.

A page is found in two steps: first its numbers from the index that holds all that songs are found
by, then these few rows. The rows themselves are large, and reading a hundred thousand of them
takes a second.
"""

import hashlib
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import ExpressionWrapper, F, FloatField, Sum, Value
from django.db.models.functions import Mod, NullIf
from django.http import QueryDict

from generator.families import FAMILIES
from generator.models import Song, SongKind
from generator.models.song import PRIOR_RATINGS, UNRATED_MEAN, SongQuerySet
from musicgen.statistics.keys import MODES, TONICS
from training.models import Checkpoint

KEYS: Final = tuple(f"{tonic} {mode}" for mode in MODES for tonic in TONICS)
TEMPOS: Final = {
    "slow": (None, 76.0),
    "medium": (76.0, 120.0),
    "fast": (120.0, None),
}  # quarter notes a minute
LENGTHS: Final = {"short": (None, 45.0), "medium": (45.0, 120.0), "long": (120.0, None)}  # seconds
# Percent of the verdicts that took it for human: from, to (open).
VERDICT_SHARES: Final = {"most": (50, 101), "some": (25, 50), "few": (0, 25)}
LEAST_VERDICTS: Final = 3  # of fewer no share is worth telling
PRIOR_VERDICTS: Final = 6  # a song counts as if so many had said human and machine by halves
PAGE_SONGS: Final = 24
KEEP_SECONDS: Final = 60  # counts and means of many songs may be so old
MANY: Final = 5000  # fewer are counted anew each time
MOST_WORDS: Final = 6
_MIXERS: Final = (7919, 104_729, 1_000_003)  # primes: a drawn order is the same for the same seed


class SongOrder(StrEnum):
    """The orders in which songs are listed."""

    NEWEST = "newest"
    BEST = "best"
    MOST_HEARD = "heard"
    MOST_RATED = "rated"
    LONGEST = "longest"
    SHORTEST = "shortest"
    OLDEST = "oldest"
    TITLE = "title"
    MOST_HUMAN = "human"
    RANDOM = "random"


@dataclass(frozen=True)
class SongQuery:
    """What somebody looks for; everything empty finds everything.

    Attributes:
        q: words that the title has; a number also finds the seed.
        network, checkpoint, dataset: by whom it was composed; ids as text.
        step: "early", "middle" or "late": thirds of the training of all checkpoints there are.
        key, tempo, length, family, style, kind: as in the choices of the page.
        stars: at least so many on average.
        human: how many of the verdicts took it for human, see `VERDICT_SHARES`.
        order: how the list is read; `seed` draws the random one.
    """

    q: str = ""
    network: str = ""
    checkpoint: str = ""
    dataset: str = ""
    step: str = ""
    key: str = ""
    tempo: str = ""
    length: str = ""
    family: str = ""
    style: str = ""
    kind: str = ""
    stars: str = ""
    human: str = ""
    order: str = SongOrder.NEWEST
    seed: str = ""

    @classmethod
    def from_address(cls, query: QueryDict) -> "SongQuery":
        """The query of an address; what is no choice is left out, so that old links still find something."""
        given = {field.name: query.get(field.name, "").strip()[:100] for field in fields(cls)}
        asked = cls(**{name: value for name, value in given.items() if value})
        wrong: dict[str, str] = {}
        for name, allowed in _ALLOWED.items():
            value = getattr(asked, name)
            if value and value not in allowed:
                wrong[name] = ""
        wrong.update({name: "" for name in _NUMBERS if not _is_number(getattr(asked, name))})
        if asked.order not in list(SongOrder):
            wrong["order"] = SongOrder.NEWEST
        return replace(asked, **wrong)

    def address(self, **changes: str) -> str:
        """The query part of this search's address, with changes; "?" alone finds everything."""
        changed = replace(self, **changes)
        chosen = {field.name: getattr(changed, field.name) for field in fields(changed)}
        if chosen["order"] == SongOrder.NEWEST:
            chosen.pop("order")
        return "?" + urlencode({name: value for name, value in chosen.items() if value})

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order is chosen."""
        return replace(self, order=SongOrder.NEWEST, seed="") != SongQuery()

    @property
    def number_of_choices(self) -> int:
        """How many of the choices are made, the words and the order left out."""
        ignored = ("q", "order", "seed")
        return sum(bool(getattr(self, field.name)) for field in fields(self) if field.name not in ignored)


_ALLOWED: Final[dict[str, Any]] = {
    "key": frozenset(KEYS),
    "tempo": TEMPOS,
    "length": LENGTHS,
    "kind": frozenset(SongKind.values),
    "step": frozenset(("early", "middle", "late")),
    "stars": frozenset("12345"),
    "human": VERDICT_SHARES,
    "family": frozenset(str(number) for number in range(len(FAMILIES))),
}
_NUMBERS: Final = ("dataset", "seed")


def _is_number(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and len(text) < 10)


def found_songs(query: SongQuery) -> SongQuerySet:
    """The published songs that a query finds, in its order."""
    songs = _by_composer(_by_words(_published(query), query.q), query)
    for name, value in (("kind", query.kind), ("key", query.key), ("style", query.style)):
        if value:
            songs = songs.filter(**{name: value})
    for field, bounds in (("tempo_bpm", TEMPOS.get(query.tempo)), ("seconds", LENGTHS.get(query.length))):
        if bounds is not None:
            songs = _between(songs, field, *bounds)
    if query.family:
        songs = songs.annotate(family=F("families").bitand(1 << int(query.family))).filter(family__gt=0)
    if query.stars:
        songs = songs.filter(rating_count__gt=0, rating_sum__gte=F("rating_count") * int(query.stars))
    if query.human:
        low, high = VERDICT_SHARES[query.human]
        asked_often = songs.filter(verdict_count__gte=LEAST_VERDICTS)
        percent = F("human_count") * 100 / NullIf(F("verdict_count"), Value(0))
        songs = asked_often.annotate(percent=percent).filter(percent__gte=low, percent__lt=high)
    return _ordered(songs, query)


def _published(query: SongQuery) -> SongQuerySet:
    """All songs that a list may show.

    Where something narrows it, so that a database does not take the index of an order, and read the rows of
    all songs for the few that are found: those indexes are for `is_published`, which this does not say.
    """
    if replace(query, order=SongOrder.NEWEST, seed="") == SongQuery():
        return Song.objects.published()
    return Song.objects.filter(is_published__in=[True])


def listed_songs(query: SongQuery) -> SongQuerySet:
    """The songs that a query finds, with what a list shows of each."""
    return found_songs(query).for_lists()


def _by_words(songs: SongQuerySet, words: str) -> SongQuerySet:
    for word in words.split()[:MOST_WORDS]:
        by_title = songs.filter(title__icontains=word)
        songs = by_title | songs.filter(seed=int(word)) if word and _is_number(word) else by_title
    return songs


def _by_composer(songs: SongQuerySet, query: SongQuery) -> SongQuerySet:
    chosen = chosen_checkpoints(query)
    return songs if chosen is None else songs.filter(checkpoint__in=chosen)


def chosen_checkpoints(query: SongQuery) -> list[int] | None:
    """By network, checkpoint, step or dataset: of checkpoints there are few, so they are looked up first.

    Returns:
        Their ids; None where nothing of this is chosen.
    """
    if not (query.network or query.checkpoint or query.step or query.dataset):
        return None
    checkpoints = Checkpoint.objects.all()
    if query.network:
        checkpoints = checkpoints.filter(network=query.network)
    if query.checkpoint:
        checkpoints = checkpoints.filter(slug=query.checkpoint)
    if query.dataset:
        checkpoints = checkpoints.filter(dataset=int(query.dataset))
    known = list(checkpoints.values_list("pk", "step"))
    if query.step:
        known = _third_of_training(known, query.step)
    return [pk for pk, _ in known]


def _third_of_training(known: list[tuple[int, int]], which: str) -> list[tuple[int, int]]:
    last = max((step for _, step in known), default=0)
    low, high = {"early": (0.0, 1 / 3), "middle": (1 / 3, 2 / 3), "late": (2 / 3, 1.01)}[which]
    return [(pk, step) for pk, step in known if low * last <= step < high * last or (step == 0 == low)]


def _between(songs: SongQuerySet, field: str, low: float | None, high: float | None) -> SongQuerySet:
    if low is not None:
        songs = songs.filter(**{f"{field}__gte": low})
    return songs if high is None else songs.filter(**{f"{field}__lt": high})


def _ordered(songs: SongQuerySet, query: SongQuery) -> SongQuerySet:
    newest = ("-created_at", "-pk")
    if query.order == SongOrder.BEST:
        return _best_first(songs)
    if query.order == SongOrder.MOST_HUMAN:
        return _taken_for_human_first(songs)
    if query.order == SongOrder.RANDOM:
        first, second, size = _MIXERS
        drawn = Mod(F("pk") * first + int(query.seed or 0) % size * second, Value(size))
        return songs.annotate(drawn=drawn).order_by("drawn", "pk")
    keys: dict[str, tuple[str, ...]] = {
        SongOrder.OLDEST: ("created_at", "pk"),
        SongOrder.MOST_HEARD: ("-play_count", *newest),
        SongOrder.MOST_RATED: ("-rating_count", *newest),
        SongOrder.LONGEST: ("-seconds", *newest),
        SongOrder.SHORTEST: ("seconds", *newest),
        SongOrder.TITLE: ("title", "pk"),
    }
    return songs.order_by(*keys.get(query.order, newest))


def _best_first(songs: SongQuerySet) -> SongQuerySet:
    """By the listeners' stars, with few ratings drawn to the mean of all: (m·μ + Σx) / (m + n)."""
    score = ExpressionWrapper(
        (Value(PRIOR_RATINGS * mean_stars(), output_field=FloatField()) + F("rating_sum"))
        / (Value(float(PRIOR_RATINGS), output_field=FloatField()) + F("rating_count")),
        output_field=FloatField(),
    )
    return songs.annotate(rating_score=score).order_by("-rating_score", "-rating_count", "-created_at", "-pk")


def _taken_for_human_first(songs: SongQuerySet) -> SongQuerySet:
    """By the share of verdicts that took it for human, with few verdicts drawn to one half."""
    share = ExpressionWrapper(
        (Value(PRIOR_VERDICTS / 2.0, output_field=FloatField()) + F("human_count"))
        / (Value(float(PRIOR_VERDICTS), output_field=FloatField()) + F("verdict_count")),
        output_field=FloatField(),
    )
    return songs.annotate(human_share=share).order_by("-human_share", "-verdict_count", "-created_at", "-pk")


def mean_stars() -> float:
    """The mean of all stars that the site's songs were given."""
    known = cache.get("mean-stars")
    if known is None:
        totals = Song.objects.filter(rating_count__gt=0).aggregate(
            ratings=Sum("rating_count"), stars=Sum("rating_sum")
        )
        known = totals["stars"] / totals["ratings"] if totals["ratings"] else UNRATED_MEAN
        if (totals["ratings"] or 0) > MANY:
            cache.set("mean-stars", known, KEEP_SECONDS)
    return float(known)


def found_count(query: SongQuery) -> int:
    """How many songs a query finds; a little while ago, if nobody needs it newer."""
    narrowing = replace(query, order=SongOrder.NEWEST, seed="")
    name = "found-" + hashlib.sha256(narrowing.address().encode()).hexdigest()[:32]
    known = cache.get(name)
    if known is None:
        known = found_songs(narrowing).order_by().count()
        if known > MANY:
            cache.set(name, known, KEEP_SECONDS)
    return int(known)


@dataclass(frozen=True)
class SongChoices:
    """What there is to choose from: networks, datasets (id and name) and styles that songs have."""

    networks: list[str]
    datasets: list[tuple[int, str]]
    styles: list[str]


def song_choices() -> SongChoices:
    """The choices that depend on what the site holds."""
    known = Checkpoint.objects.order_by().values_list("network", "dataset", "dataset__name").distinct()
    styles = cache.get("song-styles")
    if styles is None:
        found = Song.objects.published().exclude(style="").order_by("style")
        styles = list(found.values_list("style", flat=True).distinct())
        if found_count(SongQuery()) > MANY:
            cache.set("song-styles", styles, KEEP_SECONDS)
    rows = list(known)
    return SongChoices(
        networks=sorted({network for network, _, _ in rows}),
        datasets=sorted({(pk, name) for _, pk, name in rows if pk is not None}, key=lambda row: row[1]),
        styles=styles,
    )


def song_page(query: SongQuery, number: str | None) -> Page[int]:
    """A page of the numbers of songs; the nearest one there is where it is asked for another."""
    numbers = found_songs(query).values_list("pk", flat=True)
    paginator = Paginator(numbers, PAGE_SONGS)
    paginator.count = found_count(query)
    return paginator.get_page(number)


def songs_in_order(numbers: list[int]) -> list[Song]:
    """The songs of these numbers, with what a list shows of them, in this order."""
    by_number = {song.pk: song for song in Song.objects.filter(pk__in=numbers).for_lists()}
    return [by_number[number] for number in numbers if number in by_number]
