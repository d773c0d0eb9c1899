"""Better and better? What is known of the checkpoints of one training, step by step."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from generator.models import Song
from listening.models import Comparison, LeaderboardTable, Outcome
from listening.models.excerpt import CHECKPOINT, RANDOM, REAL
from musicgen.learning.shipped import run_of
from musicgen.statistics.judgment.trend import Trend, kendall, verdict_trend
from musicgen.statistics.measures import MEASURES
from training.models import Checkpoint, Run

SHOWN: Final = ("scale_consistency", "pitch_class_entropy", "polyphony", "note_density")
SURE: Final = 0.05
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 320, 170, 46, 12, 26


@dataclass(frozen=True)
class Chart:
    """A figure against the step, ready to be drawn: everything in units of the picture."""

    title: str
    note: str
    line: str
    dots: list[dict[str, Any]]
    bands: list[dict[str, Any]]
    low: str
    high: str
    first: str
    last: str


def run_checkpoints(run: Run) -> list[Checkpoint]:
    """A run's checkpoints by step."""
    return list(Checkpoint.objects.filter(run=run).order_by("step"))


def shipped_run_checkpoints(name: str) -> list[Checkpoint]:
    """The shipped checkpoints of one training by step; empty where there is none of the name."""
    known = Checkpoint.objects.filter(run=None, slug__startswith=name).order_by("step")
    return [checkpoint for checkpoint in known if run_of(checkpoint.slug) == name]


def sounds_by_step(checkpoints: Sequence[Checkpoint], run: Run | None) -> list[dict[str, Any]]:
    """What was composed from the same seeds at each step: address and seed, the seeds in order."""
    found: dict[int, list[dict[str, Any]]] = {checkpoint.step: [] for checkpoint in checkpoints}
    if run is not None:
        for sample in run.samples.filter(state="finished").order_by("step", "seed"):
            address = reverse("training:run_sample_audio", args=[run.pk, sample.step, sample.seed])
            found.setdefault(sample.step, []).append({"seed": sample.seed, "address": address, "page": ""})
    songs = Song.objects.published().filter(checkpoint__in=checkpoints).prefetch_related("renditions")
    seeds: dict[int | None, set[int]] = defaultdict(set)
    for song in songs:
        seeds[song.seed].add(song.checkpoint_id or 0)
    several = {seed for seed, where in seeds.items() if len(where) > 1}
    step_of = {checkpoint.pk: checkpoint.step for checkpoint in checkpoints}
    for song in sorted(songs, key=lambda song: (song.seed or 0, song.pk)):
        if song.seed in several and song.playable and song.checkpoint_id is not None:
            found[step_of[song.checkpoint_id]].append(
                {
                    "seed": song.seed,
                    "address": song.playable[0].get_absolute_url(),
                    "page": song.get_absolute_url(),
                }
            )
    return [{"step": step, "sounds": sounds} for step, sounds in sorted(found.items())]


def charts(checkpoints: Sequence[Checkpoint], run: Run | None) -> list[Chart]:
    """Held-out likelihood, listeners' strength and measures against the step; only what is known."""
    losses = [
        (checkpoint.step, value, value, value)
        for checkpoint in checkpoints
        if (value := (checkpoint.metrics.get("validation") or {}).get("nats_per_token")) is not None
    ]
    made = [_chart(_("Held-out likelihood"), _("nats per token, lower is better"), losses, [])]
    strengths = _strengths(checkpoints)
    made.append(_chart(_("Listeners' strength"), _("Elo with 95 % interval"), strengths, []))
    means = _measured(checkpoints, run)
    real, chance = _anchor_bands(REAL), _anchor_bands(RANDOM)
    for measure in MEASURES:
        if measure.name in SHOWN:
            rows = [(step, value, value, value) for step, value in means.get(measure.name, [])]
            bands = [
                (kind, band[measure.name])
                for kind, band in (("", real), ("of-chance", chance))
                if measure.name in band
            ]
            made.append(_chart(measure.label, measure.unit, rows, bands))
    return [chart for chart in made if chart is not None]


def _strengths(checkpoints: Sequence[Checkpoint]) -> list[tuple[int, float, float, float]]:
    table = LeaderboardTable.objects.filter(name="checkpoint/standard").first()
    rows = {row["key"]: row for row in table.content["rows"]} if table else {}
    known = [(checkpoint.step, rows.get(f"{CHECKPOINT}{checkpoint.slug}")) for checkpoint in checkpoints]
    return [
        (step, row["elo"], row["low"], row["high"]) for step, row in known if row and row["elo"] is not None
    ]


def _measured(checkpoints: Sequence[Checkpoint], run: Run | None) -> dict[str, list[tuple[int, float]]]:
    """Mean of each measure at each step, over songs and samples."""
    values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    rows = list(Song.objects.filter(checkpoint__in=checkpoints).values_list("checkpoint__step", "statistics"))
    rows += list(run.samples.values_list("step", "statistics")) if run is not None else []
    for step, statistics in rows:
        for name in SHOWN:
            if statistics.get(name) is not None:
                values[name][step].append(float(statistics[name]))
    return {
        name: [(step, sum(found) / len(found)) for step, found in sorted(by_step.items())]
        for name, by_step in values.items()
    }


def _anchor_bands(anchor: str) -> dict[str, tuple[float, float]]:
    """Mean ± SD of the yardsticks' own pieces."""
    bands = {}
    rows = list(Song.objects.filter(settings__anchor=anchor).values_list("statistics", flat=True))
    for name in SHOWN:
        found = [float(row[name]) for row in rows if row.get(name) is not None]
        if len(found) >= 2:
            mean = sum(found) / len(found)
            spread = (sum((value - mean) ** 2 for value in found) / (len(found) - 1)) ** 0.5
            bands[name] = (mean - spread, mean + spread)
    return bands


def claim(checkpoints: Sequence[Checkpoint]) -> tuple[str, Trend | None]:
    """Whether later steps are preferred, in words, with the test behind them."""
    step_of = {f"{CHECKPOINT}{checkpoint.slug}": checkpoint.step for checkpoint in checkpoints}
    rows = (
        Comparison.objects.filter(left_system__in=step_of, right_system__in=step_of, check_kind="")
        .exclude(listener__exclusion__is_active=True)
        .values_list("listener", "left_system", "right_system", "outcome")
    )
    people: dict[Any, int] = {}
    said = {Outcome.LEFT: 1.0, Outcome.RIGHT: -1.0}
    table = [
        (
            people.setdefault(person, len(people)),
            step_of[left] - step_of[right],
            said.get(Outcome(outcome), 0.0),
        )
        for person, left, right, outcome in rows
    ]
    trend = verdict_trend(
        [row[0] for row in table], [row[1] for row in table], [row[2] for row in table], seed=1
    )
    if trend is None:
        return _("No two of its checkpoints have been compared by listeners yet, so nobody knows."), None
    facts = {
        "p": f"{trend.p_value:.3f}",
        "n": trend.count,
        "people": len(people),
        "net": f"{abs(100 * trend.size):.0f}",
    }
    if trend.p_value >= SURE:
        words = _(
            "Not shown: over %(n)s verdicts of %(people)s listeners between its checkpoints, later and "
            "earlier steps are not told apart (p = %(p)s)."
        )
    elif trend.size > 0:
        words = _(
            "Yes: over %(n)s verdicts of %(people)s listeners between its checkpoints, the later step wins "
            "%(net)s points of a hundred more often than it loses (p = %(p)s)."
        )
    else:
        words = _(
            "No, the contrary: over %(n)s verdicts of %(people)s listeners between its checkpoints, the "
            "later step loses %(net)s points of a hundred more often than it wins (p = %(p)s)."
        )
    return words % facts, trend


def loss_trend(checkpoints: Sequence[Checkpoint]) -> Trend | None:
    """Whether the held-out likelihood falls from step to step."""
    rows = [
        (checkpoint.step, value)
        for checkpoint in checkpoints
        if (value := (checkpoint.metrics.get("validation") or {}).get("nats_per_token")) is not None
    ]
    return kendall([row[0] for row in rows], [row[1] for row in rows])


def _chart(
    title: str,
    note: str,
    rows: Sequence[tuple[int, float, float, float]],
    bands: Sequence[tuple[str, tuple[float, float]]],
) -> Chart | None:
    """Place (step, value, low, high) in a picture; None with nothing to show."""
    if not rows:
        return None
    steps = [row[0] for row in rows]
    ends = [value for row in rows for value in row[2:]] + [end for _, band in bands for end in band]
    low, high = min(ends), max(ends)
    span, width = (high - low) or 1.0, (max(steps) - min(steps)) or 1

    def x(step: int) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - 12) * (step - min(steps)) / width, 1)

    def y(value: float) -> float:
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - (value - low) / span), 1)

    return Chart(
        title=title,
        note=note,
        line=" ".join(f"{x(row[0])},{y(row[1])}" for row in rows),
        dots=[
            {
                "x": x(step),
                "y": y(value),
                "low": y(bottom),
                "high": y(top),
                "step": step,
                "value": f"{value:.3g}",
            }
            for step, value, bottom, top in rows
        ],
        bands=[
            {"kind": kind, "y": y(band[1]), "height": round(max(1.0, y(band[0]) - y(band[1])), 1)}
            for kind, band in bands
        ],
        low=f"{low:.4g}",
        high=f"{high:.4g}",
        first=f"{min(steps):,}",
        last=f"{max(steps):,}",
    )
