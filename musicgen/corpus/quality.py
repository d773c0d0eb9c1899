"""What a dataset is like: what was taken and what was not, what is odd in it, what is in it.

A report of plain JSON values, written beside the corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from musicgen.corpus.examining import DUPLICATE, REFUSED, STUCK_NOTE_SECONDS, TAKEN, Examined, Facts
from musicgen.corpus.likeness import leakage_report, leaks
from musicgen.corpus.reader import SPLITS
from musicgen.corpus.survey import FileReport, Survey
from musicgen.statistics import MEASURES

QUALITY: Final = "quality.json"
SHORT_SECONDS: Final = 10.0
LONG_SECONDS: Final = 30 * 60.0
PERCENTILES: Final = (5, 25, 50, 75, 95)
_HISTOGRAM_BINS: Final = 24
_NAMED: Final = 20  # files a finding names
_COMMONEST: Final = 40  # rows of each table of counts

# What is odd in a piece that is taken all the same, by name.
FINDINGS: Final[dict[str, Callable[[Examined, Facts], bool]]] = {
    "a note lasts longer than a minute": lambda _, facts: facts.longest_note_seconds > STUCK_NOTE_SECONDS,
    "notes were never ended": lambda file, _: "hanging_notes" in file.repairs,
    "all notes are equally loud": lambda _, facts: facts.constant_velocity,
    "the tempo is never set": lambda _, facts: facts.tempo_bpm == 0,
    "the meter is never set": lambda _, facts: not facts.meter_set,
    "shorter than 10 seconds": lambda file, _: file.seconds < SHORT_SECONDS,
    "longer than 30 minutes": lambda file, _: file.seconds > LONG_SECONDS,
}


def quality_report(survey: Survey) -> dict[str, Any]:
    """The report on a source whose files are judged."""
    rows = list(zip(survey.files, survey.reports, strict=True))
    taken = [(file, report) for file, report in rows if report.verdict == TAKEN]
    facts = [(file, file.facts) for file, _ in taken if file.facts]
    reports = [report for _, report in taken]
    return {
        "layout": survey.layout,
        "files": len(rows),
        "taken": len(taken),
        "duplicates": _duplicates(survey.reports),
        "refused": _refusals(rows),
        "repaired": _counted(kind for file, _ in taken for kind in set(file.repairs)),
        "findings": {
            name: _named([file.name for file, known in facts if is_so(file, known)])
            for name, is_so in FINDINGS.items()
        },
        "totals": {
            "notes": sum(report.notes for report in reports),
            "hours": round(sum(report.seconds for report in reports) / 3600, 4),
            "with_drums": sum(known.has_drums for _, known in facts),
            "with_pedal": sum(known.has_pedal for _, known in facts),
            "with_microtones": sum(known.has_microtones for _, known in facts),
        },
        "splits": {split: _split_totals(split, reports) for split in SPLITS},
        "keys": _counted(known.key or "none" for _, known in facts),
        "meters": _counted(known.meter for _, known in facts),
        "programs": _counted(str(program) for _, known in facts for program in known.programs),
        "composers": _counted(report.composer for report in reports if report.composer),
        "styles": _counted(report.style for report in reports if report.style),
        "licences": _counted(report.licence or "not stated" for report in reports),
        "measures": _measures([known for _, known in facts]),
        "leakage": _leakage(survey, taken),
    }


def _duplicates(reports: Iterable[FileReport]) -> dict[str, Any]:
    doubled = [report for report in reports if report.verdict == DUPLICATE]
    exact = sum(report.reason.startswith("The same file") for report in doubled)
    return {"equal_files": exact, "equal_notes": len(doubled) - exact, **_named([r.name for r in doubled])}


def _refusals(rows: Iterable[tuple[Examined, FileReport]]) -> dict[str, Any]:
    refused = [(file, report) for file, report in rows if report.verdict == REFUSED]
    return {
        "count": len(refused),
        "kinds": _counted(file.refusal_kind for file, _ in refused),
        "listed": [{"name": report.name, "reason": report.reason} for _, report in refused[:_NAMED]],
    }


def _named(names: Sequence[str]) -> dict[str, Any]:
    return {"count": len(names), "listed": list(names[:_NAMED])}


def _counted(values: Iterable[str]) -> list[tuple[str, int]]:
    """How often each comes, the commonest first, of equals in alphabetical order."""
    counts = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in counts[_COMMONEST:])
    return [*counts[:_COMMONEST], *([("others", rest)] if rest else [])]


def _split_totals(split: str, reports: Iterable[FileReport]) -> dict[str, float]:
    members = [report for report in reports if report.split == split]
    hours = sum(report.seconds for report in members) / 3600
    works = {report.work or report.fingerprint for report in members}
    return {
        "pieces": len(members),
        "works": len(works),
        "notes": sum(report.notes for report in members),
        "hours": round(hours, 4),
    }


def _measures(facts: Sequence[Facts]) -> dict[str, Any]:
    """Every measure over all pieces: mean, SD, percentiles and a histogram without the outermost 1 %."""
    table = np.array([known.measures() for known in facts], np.float64).reshape(len(facts), len(MEASURES))
    report: dict[str, Any] = {}
    for row, column in zip(MEASURES, table.T, strict=True):
        values = column[np.isfinite(column)]
        if not len(values):
            report[row.name] = {"count": 0}
            continue
        low, high = np.percentile(values, [0.5, 99.5])
        edges = np.linspace(low, high if high > low else low + 1, _HISTOGRAM_BINS + 1)
        counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
        report[row.name] = {
            "count": len(values),
            "mean": _rounded(values.mean()),
            "sd": _rounded(values.std(ddof=1)) if len(values) > 1 else None,
            "percentiles": {str(p): _rounded(np.percentile(values, p)) for p in PERCENTILES},
            "histogram": {"edges": [_rounded(edge) for edge in edges], "counts": counts.tolist()},
        }
    return report


def _rounded(value: float) -> float:
    """Six digits: more are noise, and differ between machines."""
    return float(f"{value:.6g}")


def _leakage(survey: Survey, taken: Sequence[tuple[Examined, FileReport]]) -> dict[str, Any]:
    names = [report.name for _, report in taken]
    splits = [report.split for _, report in taken]
    works = [report.work for _, report in taken]
    sketches = [file.likeness_sketch() for file, _ in taken]
    found = leaks(survey.alike, sketches, works, splits)
    together = sum(splits[first] == splits[second] for first, second, _ in survey.alike)
    return {"kept_together": together, **leakage_report(found, names, splits)}
