"""The report on a version of a dataset, from what was found in its files when they were taken in."""

import dataclasses
from typing import Any, Final

import numpy as np

from musicgen.corpus import CorpusError
from musicgen.corpus.examining import Examined
from musicgen.corpus.layouts import Origin, Origins
from musicgen.corpus.quality import quality_report
from musicgen.corpus.survey import FileReport, Survey, survey
from training.models import Dataset, DatasetFile, Verdict

_BINS: Final = 24


def report_on(dataset: Dataset, layout: str) -> dict[str, Any]:
    """The report of `musicgen.corpus.quality`, with tempi, as plain JSON."""
    rows = DatasetFile.objects.filter(dataset=dataset).of_version(dataset.version)
    taken = {digest for pair in rows.taken().values_list("sha256", "fingerprint") for digest in pair}
    files: list[Examined] = []
    by_name: dict[str, Origin] = {}
    for row in rows.iterator():
        if row.verdict == Verdict.DUPLICATE and not {row.sha256, row.fingerprint} & taken:
            continue  # the file that it was like was left out since
        name = row.path if row.path not in by_name else f"{row.path} ({row.position})"
        by_name[name] = Origin(
            composer=row.composer,
            title=row.title,
            work=row.work,
            style=row.style,
            split=row.split,
            licence=row.licence,
        )
        files.append(_examined(row, name))
    surveyed = _surveyed(files, Origins(layout, by_name))
    tempi = [file.facts.tempo_bpm for file in files if file.facts and file.facts.tempo_bpm]
    return {**quality_report(surveyed), "tempo": _histogram(tempi)}


def _examined(row: DatasetFile, name: str) -> Examined:
    if row.examined:
        return dataclasses.replace(Examined.from_json(row.examined), name=name)
    # Refused before it was looked into, or the very bytes of another.
    refusal = row.reason if row.verdict == "refused" else ""
    return Examined(name, row.sha256, refusal, "archive" if refusal else "")


def _surveyed(files: list[Examined], origins: Origins) -> Survey:
    try:
        return survey(files, origins)
    except CorpusError:  # too few pieces to split: reported all the same
        seen: set[str] = set()
        return Survey(
            origins.layout, files, [_unsplit(file, origins.by_name[file.name], seen) for file in files]
        )


def _unsplit(file: Examined, origin: Origin, seen: set[str]) -> FileReport:
    is_known = file.sha256 in seen or file.fingerprint in seen
    seen |= {file.sha256, file.fingerprint} - {""}
    verdict = "refused" if file.refusal else "duplicate" if is_known else "taken"
    return FileReport(
        name=file.name,
        sha256=file.sha256,
        verdict=verdict,
        reason=file.refusal or ("The same file as another." if is_known else ""),
        notes=file.notes,
        seconds=file.seconds,
        fingerprint=file.fingerprint,
        split="",
        composer=origin.composer,
        title=origin.title,
        work=origin.work,
        style=origin.style,
        licence=origin.licence,
        repairs=file.repairs,
    )


def _histogram(values: list[float]) -> dict[str, Any]:
    if not values:
        return {"count": 0}
    low, high = np.percentile(values, [0.5, 99.5])
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
    return {
        "count": len(values),
        "histogram": {"edges": [round(float(edge), 3) for edge in edges], "counts": counts.tolist()},
    }
