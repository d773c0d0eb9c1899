"""Better and better? What is known of the checkpoints of one training, step by step."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from generator.models import Song
from listening.models import Comparison, Outcome
from listening.models.excerpt import CHECKPOINT
from listening.selectors.charts import Chart, Series, StepAxis, make_chart, short
from listening.selectors.steps import (
    SHOWN,
    Findings,
    bands_of,
    copied,
    likelihoods_of,
    longest_runs,
    losses_of,
    measures_of,
    strengths_of,
    told_apart,
)
from musicgen.learning.shipped import run_of
from musicgen.statistics.judgment.trend import Trend, kendall, verdict_trend
from musicgen.statistics.measures import MEASURES
from training.models import Checkpoint, Run

SURE: Final = 0.05


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


def charts(checkpoints: Sequence[Checkpoint], run: Run | None, findings: Findings) -> list[Chart]:
    """Everything that is known of the steps, against the step."""
    axis = StepAxis([checkpoint.step for checkpoint in checkpoints])
    strengths, yardsticks = strengths_of(checkpoints)
    heard = make_chart(
        _("Listeners' strength"), _("Elo, 95 % interval"), [Series("", strengths)], axis, yardsticks
    )
    made = [heard, *_learned(checkpoints, run, axis), *_likened(findings, axis)]
    means, bands = measures_of(checkpoints, run, findings), bands_of(checkpoints, findings)
    for measure in MEASURES:
        if measure.name in SHOWN:
            series = [Series("", means.get(measure.name, []))]
            made.append(make_chart(measure.label, measure.unit, series, axis, bands[measure.name]))
    return [chart for chart in made if chart is not None]


def _learned(checkpoints: Sequence[Checkpoint], run: Run | None, axis: StepAxis) -> Iterator[Chart | None]:
    """Held-out likelihood and losses."""
    likelihoods, of_tokens = likelihoods_of(checkpoints)
    losses = losses_of(run, training_name(checkpoints))
    yield make_chart(
        _("Held-out likelihood"),
        _("nats per token, lower is better") if of_tokens else _("loss of the next event, lower is better"),
        [Series("", likelihoods)],
        axis,
    )
    yield make_chart(
        _("Loss while it learns"),
        _("lower is better"),
        [
            Series(_("training"), losses.get("train_loss", []), has_dots=False),
            Series(_("validation"), losses.get("validation_loss", [])),
        ],
        axis,
    )
    yield make_chart(
        _("Losses of the game"),
        _("of a generator and a discriminator; level near 0.69 is a draw"),
        [
            Series(_("generator"), losses.get("generator_loss", []), has_dots=False),
            Series(_("discriminator"), losses.get("discriminator_loss", []), has_dots=False),
        ],
        axis,
    )


def _likened(findings: Findings, axis: StepAxis) -> Iterator[Chart | None]:
    """How well samples are told from real music, and what they copy."""
    accuracy, best = told_apart(findings)
    yield make_chart(
        _("Told from real music"),
        _("% right of a classifier, 95 % interval; 50 is perfect"),
        [Series("", accuracy)],
        axis,
        best,
    )
    shares, usual = copied(findings)
    yield make_chart(
        _("Copying"), _("% of figures shared with one training piece"), [Series("", shares)], axis, usual
    )
    yield make_chart(
        _("Longest copied run"),
        _("notes in a row as in a training piece, in any sample"),
        [Series("", longest_runs(findings))],
        axis,
    )


def training_name(checkpoints: Sequence[Checkpoint]) -> str:
    """What a shipped training is called; empty for a run's."""
    return run_of(checkpoints[0].slug) if checkpoints and checkpoints[0].is_shipped else ""


def better_address(checkpoint: Checkpoint) -> str:
    """The page of the checkpoint's training; empty where it stands alone."""
    if checkpoint.run_id is not None:
        return reverse("listening:better_run", args=[checkpoint.run_id])
    name = run_of(checkpoint.slug)
    if len(shipped_run_checkpoints(name)) < 2:
        return ""
    return reverse("listening:better_shipped", args=[name])


def shipped_trainings() -> list[Checkpoint]:
    """The best checkpoint of each shipped training that has several."""
    known = list(Checkpoint.objects.filter(run=None).order_by("title", "pk"))
    names = [run_of(checkpoint.slug) for checkpoint in known]
    return [one for one in known if one.slug in names and names.count(one.slug) > 1]


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
        "p": _p(trend.p_value),
        "n": trend.count,
        "people": len(people),
        "net": f"{abs(100 * trend.size):.0f}",
    }
    if trend.p_value >= SURE:
        words = _(
            "Not shown: over %(n)s verdicts of %(people)s listeners between its checkpoints, later and "
            "earlier steps are not told apart (p %(p)s)."
        )
    elif trend.size > 0:
        words = _(
            "Yes: over %(n)s verdicts of %(people)s listeners between its checkpoints, the later step wins "
            "%(net)s points of a hundred more often than it loses (p %(p)s)."
        )
    else:
        words = _(
            "No, the contrary: over %(n)s verdicts of %(people)s listeners between its checkpoints, the "
            "later step loses %(net)s points of a hundred more often than it wins (p %(p)s)."
        )
    return words % facts, trend


def trends(checkpoints: Sequence[Checkpoint], findings: Findings) -> list[str]:
    """Whether what machines measure gets better from step to step, a sentence each."""
    likelihoods, _of_tokens = likelihoods_of(checkpoints)
    rows = {_("Held-out likelihood"): [(row[0], row[1]) for row in likelihoods]}
    names = {
        "two-sample accuracy": _("How well a classifier tells it from real music"),
        "Fréchet feature distance": _("Distance from real music in all measures at once (Fréchet)"),
        "stuck takes": _("Takes that are stuck or silent"),
    }
    for trend in findings.trends:
        if trend["name"] in names:
            rows[names[trend["name"]]] = list(zip(trend["steps"], trend["values"], strict=True))
    return [_in_words(name, found) for name, found in rows.items() if found]


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _in_words(name: str, rows: Sequence[tuple[int, float]]) -> str:
    trend = kendall([row[0] for row in rows], [row[1] for row in rows])
    facts = {"name": name, "first": short(rows[0][1]), "last": short(rows[-1][1]), "count": len(rows)}
    if trend is None:
        return _("%(name)s: from %(first)s to %(last)s, too few or equal figures for a trend.") % facts
    facts |= {"tau": short(round(trend.size, 2)), "p": _p(trend.p_value)}
    if trend.p_value >= SURE:
        words = _(
            "%(name)s: no trend that chance would not make, from %(first)s to %(last)s "
            "(Kendall’s τ %(tau)s, p %(p)s, %(count)s checkpoints)."
        )
    elif trend.size < 0:
        words = _(
            "%(name)s: better and better, from %(first)s to %(last)s "
            "(Kendall’s τ %(tau)s, p %(p)s, %(count)s checkpoints)."
        )
    else:
        words = _(
            "%(name)s: worse and worse, from %(first)s to %(last)s "
            "(Kendall’s τ %(tau)s, p %(p)s, %(count)s checkpoints)."
        )
    return words % facts
