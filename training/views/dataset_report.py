"""A dataset's report to take along: file by file as CSV, as a whole as JSON, drawn as SVG."""

import csv
import json
from collections.abc import Iterator
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from musicgen.corpus.examining import Examined
from musicgen.statistics import MEASURES
from training.models import Dataset, DatasetFile, DatasetVersion
from training.views.datasets import seen_or_404

_COLUMNS: Final = (
    *("path", "verdict", "reason", "sha256", "bytes", "note_count", "seconds", "composer", "title", "work"),
    *("style", "split", "licence", "key", "tempo_bpm"),
)


class _Line:
    """A place for the csv module to write to."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


@require_safe
def report_csv(request: HttpRequest, pk: int, number: int) -> StreamingHttpResponse:
    """Every file with its verdict, what the dataset says of it and all measures."""
    row, version = _version(request, pk, number)
    answer = StreamingHttpResponse(_lines(row, version.number), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="dataset-{pk}-version-{number}.csv"'
    return answer


def _lines(row: Dataset, number: int) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield writer.writerow([*_COLUMNS, *(measure.name for measure in MEASURES)])
    for file in row.files.of_version(number).iterator():
        yield writer.writerow([_safe(getattr(file, name)) for name in _COLUMNS] + _measures(file))


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: names come from strangers."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _measures(file: DatasetFile) -> list[str]:
    facts = Examined.from_json(file.examined).facts if file.examined else None
    if facts is None:
        return [""] * len(MEASURES)
    return ["" if value != value else f"{value:.6g}" for value in facts.measures()]


@require_safe
def report_json(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The whole in figures, as the command `quality` writes it, with where it comes from."""
    row, version = _version(request, pk, number)
    content = {
        "dataset": row.name,
        "licence": row.get_licence_display(),
        "licence_note": row.licence_note,
        "source": row.source,
        "version": version.number,
        "content_hash": version.content_hash,
        **version.report,
    }
    answer = HttpResponse(json.dumps(content, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="dataset-{pk}-version-{number}.json"'
    return answer


@require_safe
def report_picture(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The report drawn, for a paper."""
    _row, version = _version(request, pk, number)
    if "measures" not in version.report:
        raise Http404
    from musicgen.corpus.quality_picture import draw_quality  # matplotlib takes half a second to load

    answer = HttpResponse(draw_quality(version.report), content_type="image/svg+xml")
    answer["Content-Disposition"] = f'attachment; filename="dataset-{pk}-version-{number}.svg"'
    return answer


def _version(request: HttpRequest, pk: int, number: int) -> tuple[Dataset, DatasetVersion]:
    row = seen_or_404(request, pk)
    version = row.versions.filter(number=number).first()
    if version is None:
        raise Http404
    return row, version
