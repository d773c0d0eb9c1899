"""What a study has found so far."""

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

from generator.models import Song
from listening.models import Method, Study, StudyAnswer
from listening.selectors.digest import listener_digest
from musicgen.statistics.judgment.bootstrap import estimate_strengths
from musicgen.statistics.judgment.reliability import krippendorff_alpha
from musicgen.statistics.judgment.verdicts import Outcome, PairVerdicts

_RESAMPLES: Final = 300
_Z_95: Final = 1.96


@dataclass(frozen=True)
class SongResult:
    """One song: how often judged, and its mean rating or strength with a 95 % interval."""

    title: str
    address: str
    count: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class StudyResult:
    """A study so far.

    Attributes:
        begun, finished: participants.
        checks, passed: attention checks answered.
        alpha: Krippendorff's; None while nothing was judged twice.
        songs: the best first.
    """

    begun: int
    finished: int
    checks: int
    passed: int
    alpha: float | None
    songs: list[SongResult]

    @property
    def passed_percent(self) -> int:
        """Share of the checks that were passed."""
        return round(100 * self.passed / self.checks) if self.checks else 0


def study_result(study: Study) -> StudyResult:
    """Everything but previews; training and checks count for no song."""
    people = study.participations.filter(is_preview=False)
    answers = list(
        StudyAnswer.objects.filter(participation__in=people).select_related("participation").order_by("pk")
    )
    trials = [answer for answer in answers if answer.role == "trial"]
    checks = [answer.passed for answer in answers if answer.passed is not None]
    titles = {str(song.pk): song for song in Song.objects.filter(pk__in=_song_ids(trials))}
    rows = _strengths(trials) if study.method == Method.PAIRS else _means(trials)
    songs = [
        SongResult(titles[key].title, titles[key].get_absolute_url(), *row)
        for key, row in rows.items()
        if key in titles
    ]
    return StudyResult(
        begun=people.count(),
        finished=people.filter(finished_at__isnull=False).count(),
        checks=len(checks),
        passed=checks.count(True),
        alpha=_alpha(study, trials),
        songs=sorted(songs, key=lambda row: -row.value),
    )


def _song_ids(trials: list[StudyAnswer]) -> set[str]:
    return {song for answer in trials for song in answer.values}


def _means(trials: list[StudyAnswer]) -> dict[str, tuple[int, float, float, float]]:
    """Mean and normal interval over participants' own means: one participant is one witness."""
    given: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for answer in trials:
        for song, value in answer.values.items():
            given[song][answer.participation_id].append(float(value))
    found = {}
    for song, by_person in given.items():
        means = [sum(values) / len(values) for values in by_person.values()]
        mean = sum(means) / len(means)
        spread = sqrt(sum((value - mean) ** 2 for value in means) / max(1, len(means) - 1) / len(means))
        count = sum(len(values) for values in by_person.values())
        found[song] = (count, mean, mean - _Z_95 * spread, mean + _Z_95 * spread)
    return found


def _strengths(trials: list[StudyAnswer]) -> dict[str, tuple[int, float, float, float]]:
    if not trials:
        return {}
    rows = []
    for answer in trials:
        (left, said), (right, _) = answer.values.items()
        outcome = {1.0: Outcome.LEFT, 0.0: Outcome.RIGHT}.get(float(said), Outcome.TIE)
        rows.append((left, right, int(outcome), str(answer.participation_id), 1.0))
    found = estimate_strengths(PairVerdicts.of(rows), seed=1, resamples=_RESAMPLES)
    counts = {song: sum(song in row[:2] for row in rows) for song in found.systems}
    return {
        song: (counts[song], float(found.elo[place]), float(found.low[place]), float(found.high[place]))
        for place, song in enumerate(found.systems)
    }


def _alpha(study: Study, trials: list[StudyAnswer]) -> float | None:
    if study.method == Method.PAIRS:
        pairs = [
            (" ".join(sorted(answer.values)), float(answer.values[min(answer.values)])) for answer in trials
        ]
        return krippendorff_alpha(pairs, "nominal")
    level = "ordinal" if study.method == Method.ACR else "interval"
    rated = [(song, float(value)) for answer in trials for song, value in answer.values.items()]
    return krippendorff_alpha(rated, level)  # type: ignore[arg-type]


def study_rows(study: Study) -> list[dict[str, Any]]:
    """One row for each stimulus of each page, for files."""
    titles = dict(study.songs.values_list("pk", "title"))
    if study.reference is not None:
        titles[study.reference.pk] = study.reference.title
    answers = (
        StudyAnswer.objects.filter(participation__study=study, participation__is_preview=False)
        .select_related("participation", "trial__enrolment")
        .prefetch_related("trial__clips__excerpt")
        .order_by("participation", "number")
    )
    rows = []
    for answer in answers:
        # Of MUSHRA the first clip is the open reference; the hidden one comes after it and is the one rated.
        heard = {str(clip.excerpt.song_id): clip for clip in answer.trial.clips.all()}
        page = answer.participation.plan[answer.number]
        for place, (song, value) in enumerate(answer.values.items()):
            rows.append(
                {
                    "participant": listener_digest(answer.participation.listener_id),
                    "training": answer.trial.enrolment.training,
                    "finished": answer.participation.finished_at is not None,
                    "page": answer.number,
                    "role": answer.role,
                    "repeats_page": page.get("repeats"),
                    "place": place,
                    "song": int(song),
                    "title": titles.get(int(song), ""),
                    "system": heard[song].excerpt.system,
                    "is_reference": int(song) == study.reference_id,
                    "value": value,
                    "passed": answer.passed,
                    "heard_seconds": round(heard[song].heard_seconds, 2),
                    "plays": heard[song].plays,
                    "day": answer.answered_at.date().isoformat(),
                }
            )
    return rows
