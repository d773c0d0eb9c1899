"""What is known of the steps of one training: losses, held-out likelihood, measures, likeness, copying.

The figures of samples are those of `musicgen evaluate`: of a run as it was last measured here, of a
shipped training as they came with it. Without them, the songs and samples on the site are all there is.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import sqrt
from pathlib import Path
from typing import Any, Final

from generator.models import DatasetStudy, Song
from listening.models import LeaderboardTable, StepMeasurement
from listening.models.excerpt import CHECKPOINT, RANDOM, REAL
from listening.selectors.charts import Band, Row
from musicgen.learning.losses import KINDS, LOSSES_NAME, loss_curves
from musicgen.learning.shipped import SHIPPED_FOLDER
from training.models import Checkpoint, Run
from training.selectors import run_curve

SHOWN: Final = ("scale_consistency", "pitch_class_entropy", "polyphony", "note_density")
EVALUATION_NAME: Final = "evaluation.json"  # of all shipped trainings, beside them
_Z_95: Final = 1.96


@dataclass(frozen=True)
class Findings:
    """What was measured of samples at each step.

    Attributes:
        songs: samples of each checkpoint.
        rows: what `musicgen.evaluation.judging.Judgment` says, by step.
        learned_from: the same comparison for pieces that were learned from.
        trends: what `musicgen.evaluation.trend.Trend` says.
    """

    songs: int = 0
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    learned_from: dict[str, Any] = field(default_factory=dict)
    trends: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, content: Mapping[str, Any], name: str = "") -> "Findings":
        """Out of the file that the command writes.

        Args:
            content: the file.
            name: which of the runs in it; the only one if it is not named.
        """
        runs: dict[str, Any] = content.get("runs", {})
        found = runs.get(name) if name else next(iter(runs.values()), None)
        if found is None:
            return cls()
        return cls(
            songs=int(content["songs"]),
            rows={int(row["step"]): row for row in found["checkpoints"]},
            learned_from=content["learned_from"],
            trends=found["trends"],
        )


def findings_of(run: Run | None, name: str) -> Findings:
    """Of a run as it was last measured, or of a shipped training."""
    if run is None:
        return Findings.of(_shipped_json(EVALUATION_NAME), name)
    measured = StepMeasurement.objects.filter(run=run).first()
    return Findings.of(measured.result if measured else {})


@lru_cache(maxsize=16)  # files of the package, which do not change while it runs
def _shipped_json(path: str) -> dict[str, Any]:
    try:
        content = json.loads(Path(SHIPPED_FOLDER, path).read_bytes())
    except FileNotFoundError:
        return {}
    assert isinstance(content, dict)
    return content


def losses_of(run: Run | None, name: str) -> dict[str, list[Row]]:
    """Losses by kind, every few steps."""
    if run is None:
        curves = _shipped_json(f"{name}/{LOSSES_NAME}")
    else:
        points = run_curve(run)["points"]
        columns = [points["step"], *(points[kind] for kind in KINDS)]
        lines = [dict(zip(("step", *KINDS), row, strict=True)) for row in zip(*columns, strict=True)]
        curves = loss_curves(lines)
    return {kind: [(int(step), value, value, value) for step, value in rows] for kind, rows in curves.items()}


def likelihoods_of(checkpoints: Sequence[Checkpoint]) -> tuple[list[Row], bool]:
    """Held-out likelihood of each checkpoint, lower is better; and whether it is of tokens, not of tones."""
    for kind in ("nats_per_token", "next_event_loss"):
        rows = [
            (checkpoint.step, value, value, value)
            for checkpoint in checkpoints
            if (value := (checkpoint.metrics.get("validation") or {}).get(kind)) is not None
        ]
        if rows:
            return rows, kind == "nats_per_token"
    return [], True


def strengths_of(checkpoints: Sequence[Checkpoint]) -> tuple[list[Row], list[Band]]:
    """Listeners' strengths with their intervals, and those of the yardsticks as bands."""
    table = LeaderboardTable.objects.filter(name="checkpoint/standard").first()
    rows = {row["key"]: row for row in table.content["rows"]} if table else {}
    known = [(checkpoint.step, rows.get(f"{CHECKPOINT}{checkpoint.slug}")) for checkpoint in checkpoints]
    found = [
        (step, row["elo"], row["low"], row["high"]) for step, row in known if row and row["elo"] is not None
    ]
    bands = [
        Band(kind, row["low"], row["high"])
        for kind, key in (("real", REAL), ("chance", RANDOM))
        if (row := rows.get(key)) and row["elo"] is not None
    ]
    return found, bands if found else []


def measures_of(
    checkpoints: Sequence[Checkpoint], run: Run | None, findings: Findings
) -> dict[str, list[Row]]:
    """Mean of each measure at each step, over the samples measured, or over the songs on the site."""
    if findings.rows:
        found: dict[str, list[Row]] = defaultdict(list)
        for step, row in sorted(findings.rows.items()):
            for name in SHOWN if row["comparison"] else ():
                said = row["comparison"]["measures"][name]["b"]
                if said["mean"] is not None:
                    reach = _Z_95 * (said["sd"] or 0.0) / sqrt(max(1, said["count"]))
                    found[name].append((step, said["mean"], said["mean"] - reach, said["mean"] + reach))
        return found
    values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    rows = list(Song.objects.filter(checkpoint__in=checkpoints).values_list("checkpoint__step", "statistics"))
    rows += list(run.samples.values_list("step", "statistics")) if run is not None else []
    for step, statistics in rows:
        for name in SHOWN:
            if statistics.get(name) is not None:
                values[name][step].append(float(statistics[name]))
    return {
        name: [
            (step, mean, mean, mean)
            for step, one in sorted(by_step.items())
            if (mean := _mean(one)) is not None
        ]
        for name, by_step in values.items()
    }


def bands_of(checkpoints: Sequence[Checkpoint], findings: Findings) -> dict[str, list[Band]]:
    """What is usual of real music and of chance, by measure: of what was learned from where that is known."""
    found: dict[str, list[Band]] = {}
    for name in SHOWN:
        if findings.learned_from:
            said = findings.learned_from["measures"][name]
            pairs = [("real", _around(said["a"])), ("chance", _around(said["chance"]))]
        else:
            pairs = _studied(checkpoints, name) or [
                (kind, _anchor_band(anchor, name)) for kind, anchor in (("real", REAL), ("chance", RANDOM))
            ]
        found[name] = [Band(kind, *ends) for kind, ends in pairs if ends is not None]
    return found


def _around(said: Mapping[str, Any]) -> tuple[float, float] | None:
    if said["mean"] is None or said["sd"] is None:
        return None
    return said["mean"] - said["sd"], said["mean"] + said["sd"]


def _studied(checkpoints: Sequence[Checkpoint], name: str) -> list[tuple[str, tuple[float, float] | None]]:
    study = DatasetStudy.objects.filter(dataset__checkpoints__in=checkpoints).first()
    bands = study.bands.get(name) if study else None
    if not bands:
        return []
    return [
        (kind, tuple(bands[key]) if bands[key] else None)
        for kind, key in (("real", "data"), ("chance", "chance"))
    ]


def _anchor_band(anchor: str, name: str) -> tuple[float, float] | None:
    """Mean ± SD of the yardsticks' own pieces."""
    rows = Song.objects.filter(settings__anchor=anchor).values_list("statistics", flat=True)
    found = [float(row[name]) for row in rows if row.get(name) is not None]
    mean = _mean(found)
    if mean is None or len(found) < 2:
        return None
    spread = (sum((value - mean) ** 2 for value in found) / (len(found) - 1)) ** 0.5
    return mean - spread, mean + spread


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def told_apart(findings: Findings) -> tuple[list[Row], list[Band]]:
    """Two-sample accuracy in percent at each step; as the band, that of music that was learned from."""
    rows = []
    for step, row in sorted(findings.rows.items()):
        test = (row["comparison"] or {}).get("two_sample") or {}
        if test.get("accuracy") is not None:
            rows.append((step, 100 * test["accuracy"], 100 * test["low"], 100 * test["high"]))
    best = findings.learned_from.get("two_sample") or {}
    bands = [Band("real", 100 * best["low"], 100 * best["high"])] if best.get("accuracy") is not None else []
    return rows, bands


def copied(findings: Findings) -> tuple[list[Row], list[Band]]:
    """Mean share of a sample's figures that stand in one training piece, in percent; the usual as band."""
    rows, usual = [], None
    for step, row in sorted(findings.rows.items()):
        if row["copying"] is not None:
            share = row["copying"]["shared_percent"]
            rows.append((step, share, share, share))
            usual = row["copying"]["usual_shared_percent"]
    return rows, [Band("real", 0.0, usual)] if usual is not None else []


def longest_runs(findings: Findings) -> list[Row]:
    """The longest run of notes that any sample of a step shares with a training piece."""
    found = []
    for step, row in sorted(findings.rows.items()):
        if row["copying"] is not None:
            notes = row["copying"]["longest_run"]
            found.append((step, notes, notes, notes))
    return found
