"""Runs side by side, and what their samples measure beside the music they learned from."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from accounts.roles import AnyUser, is_moderator
from musicgen.statistics import MEASURES
from training.models import DatasetVersion, Run
from training.trainings import settings_in_order

MOST_COMPARED: Final = 8


def compared_runs(numbers: Sequence[str], user: AnyUser) -> list[Run]:
    """The runs that an address names, in its order, as far as this user may see them."""
    wanted = list(dict.fromkeys(int(number) for number in numbers if number.isascii() and number.isdecimal()))
    seen = Run.objects.listed_for(user, everything=is_moderator(user)).with_names()
    found = {run.pk: run for run in seen.filter(pk__in=wanted[:MOST_COMPARED])}
    return [found[number] for number in wanted if number in found]


def differing_settings(runs: Sequence[Run]) -> list[tuple[str, list[Any]]]:
    """Settings that are not the same in all, each with its value in every run."""
    tables = [dict(_all_settings(run)) for run in runs]
    names = list(dict.fromkeys(name for table in tables for name in table))
    rows = [(name, [table.get(name, "–") for table in tables]) for name in names]
    return [(name, values) for name, values in rows if len({str(value) for value in values}) > 1]


def _all_settings(run: Run) -> list[tuple[str, Any]]:
    return [
        ("dataset", f"{run.dataset.name}, version {run.dataset_version}"),
        ("representation", run.representation),
        ("keys", len(run.corpus_options.get("transpositions", [0]))),
        *settings_in_order(run.settings),
        ("code", str(run.environment.get("code_sha256", ""))[:12]),
        ("machine", run.environment.get("host", "")),
    ]


def sample_bands(run: Run) -> dict[str, Any]:
    """Means of the run's samples by step for each measure, with the mean and SD of its dataset.

    Returns:
        `steps`, and `measures`: name, label, unit, values by step, mean and sd of the dataset.
    """
    by_step: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for step, statistics in run.samples.values_list("step", "statistics"):
        by_step[step].append(statistics)
    steps = sorted(by_step)
    version = DatasetVersion.objects.filter(dataset=run.dataset_id, number=run.dataset_version).first()
    data = (version.report.get("measures") if version else None) or {}
    measures = []
    for row in MEASURES:
        values = [_mean([one.get(row.name) for one in by_step[step]]) for step in steps]
        if row.published or not any(value is not None for value in values):
            continue
        said = data.get(row.name) or {}
        measures.append(
            {
                "name": row.name,
                "label": row.label,
                "unit": row.unit,
                "values": values,
                "mean": said.get("mean"),
                "sd": said.get("sd"),
            }
        )
    return {"steps": steps, "measures": measures}


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
