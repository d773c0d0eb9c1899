"""Tables: every song, every checkpoint, and the measures of each checkpoint's songs."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from generator.models import Song
from musicgen.statistics.measures import MEASURES, Measure
from training.cards import split_figure
from training.models import Checkpoint

HUMAN: Final = "human music"
CAPTIONS: Final[Mapping[str, str]] = {
    "songs": "The songs, with their provenance.",
    "checkpoints": "The checkpoints. Likelihoods are in nats per token on held-out pieces.",
    "measures": "Measures of the songs of each checkpoint: mean and standard deviation.",
}
_SHOWN: Final = tuple(measure for measure in MEASURES if not measure.published)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads.

    Attributes:
        heads: of the columns.
        rows: their cells; None is an empty one.
        latex_columns: which of the columns fit on a page.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    latex_columns: Sequence[int]


def all_tables(songs: Sequence[Song], checkpoints: Sequence[Checkpoint]) -> dict[str, Table]:
    """Every table by its file's name."""
    return {
        "songs": _songs(songs),
        "checkpoints": _checkpoints(checkpoints, songs),
        "measures": _measures(songs),
    }


def group_of(song: Song) -> str:
    """Whose song it is, in tables and plots."""
    return song.checkpoint.slug if song.checkpoint else HUMAN


def groups_of(songs: Sequence[Song]) -> dict[str, list[Song]]:
    """The songs of each, in the order of the songs."""
    found: dict[str, list[Song]] = {}
    for song in songs:
        found.setdefault(group_of(song), []).append(song)
    return found


def values_of(songs: Sequence[Song], measure: Measure) -> list[float]:
    """A measure of those songs for which it is defined."""
    return [float(value) for song in songs if (value := song.statistics.get(measure.name)) is not None]


def _songs(songs: Sequence[Song]) -> Table:
    heads = [
        "id",
        "title",
        "checkpoint",
        "step",
        "seed",
        "temperature",
        "top_p",
        "seconds",
        "notes",
    ]
    heads += ["ratings", "rating_mean", "midi_sha256", *(measure.name for measure in _SHOWN)]
    rows = [
        [
            *(song.pk, song.title, group_of(song), song.checkpoint.step if song.checkpoint else None),
            *(song.seed, song.settings.get("temperature"), song.settings.get("top_p")),
            *(round(song.seconds, 2), song.note_count, song.rating_count, song.rating_mean, song.midi_sha256),
            *(song.statistics.get(measure.name) for measure in _SHOWN),
        ]
        for song in songs
    ]
    return Table(heads, rows, (0, 1, 2, 4, 7, 8))


def _checkpoints(checkpoints: Sequence[Checkpoint], songs: Sequence[Song]) -> Table:
    heads = ["checkpoint", "network", "representation", "step", "parameters", "dataset", "validation", "test"]
    heads += ["songs", "corpus_hash", "weights_sha256"]
    groups = groups_of(songs)
    rows = [
        [
            *(row.slug, row.network, row.representation, row.step, row.parameters),
            *(str(row.dataset) if row.dataset else None, split_figure(row.metrics, "validation")),
            *(split_figure(row.metrics, "test"), len(groups.get(row.slug, ()))),
            *(row.corpus_hash, row.weights_sha256),
        ]
        for row in checkpoints
    ]
    return Table(heads, rows, (0, 1, 3, 4, 5, 6, 7, 8))


def _measures(songs: Sequence[Song]) -> Table:
    rows = []
    for measure in _SHOWN:
        for group, members in groups_of(songs).items():
            values = values_of(members, measure)
            if values:
                spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
                rows.append([measure.label, measure.unit, group, len(values), float(np.mean(values)), spread])
    return Table(["measure", "unit", "of", "n", "mean", "sd"], rows, (0, 1, 2, 3, 4, 5))


def as_csv(table: Table) -> bytes:
    """Comma-separated, UTF-8, every column."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.heads)
    writer.writerows([["" if cell is None else _safe(cell) for cell in row] for row in table.rows])
    return stream.getvalue().encode()


def as_latex(table: Table, *, caption: str) -> str:
    """A tabular with rules of the booktabs package, of the columns that fit on a page."""
    columns = table.latex_columns
    numeric = [all(not isinstance(row[place], str) for row in table.rows) for place in columns]
    lines = [
        r"\begin{table}",
        rf"\caption{{{escaped(caption)}}}",
        rf"\begin{{tabular}}{{{''.join('r' if is_number else 'l' for is_number in numeric)}}}",
        r"\toprule",
        " & ".join(escaped(str(table.heads[place]).replace("_", " ")) for place in columns) + r" \\",
        r"\midrule",
        *(" & ".join(_latex_cell(row[place]) for place in columns) + r" \\" for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


_LATEX: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "\n": " ",
    }
)


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return text.translate(_LATEX)


def _latex_cell(value: Any) -> str:
    if value is None:
        return "--"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else escaped(str(value))


def _safe(cell: Any) -> Any:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
