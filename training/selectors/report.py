"""A dataset's report as pictures for a page: bars with their places, ready to be drawn as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from musicgen.notation.instruments import instrument_name
from musicgen.statistics import MEASURES

WIDTH: Final = 240.0
HEIGHT: Final = 72.0
BARS: Final = 10  # of each table of counts
FIRST: Final = ("duration_seconds", "note_density")  # measures that are shown before the others


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram, in the picture's units."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: a histogram (`bars`) or a table of counts (`rows`: word, count, percent of the largest).

    Attributes:
        title, unit: for people.
        mean, sd: of a measure, as text; empty for others.
        low, high: the ends of a histogram, as text.
        description: in one sentence.
    """

    title: str
    unit: str = ""
    description: str = ""
    mean: str = ""
    sd: str = ""
    low: str = ""
    high: str = ""
    bars: Sequence[Bar] = ()
    rows: Sequence[tuple[str, int, int]] = ()


def report_panels(report: Mapping[str, Any]) -> list[Panel]:
    """Every picture of a report: what it is made of first, then tempo and each measure."""
    if not report:
        return []
    tables = [
        _table(_("Keys"), report.get("keys", ())),
        _table(_("Instruments"), [(_instrument(name), n) for name, n in report.get("programs", ())]),
        _table(_("Meters"), report.get("meters", ())),
        _table(_("Composers"), report.get("composers", ())),
        _table(_("Groups"), report.get("styles", ())),
    ]
    tempo = _histogram(_("Tempo"), _("quarters a minute"), report.get("tempo") or {}, 0)
    shown = [row for row in MEASURES if not row.published]
    ordered = sorted(shown, key=lambda row: (row.name not in FIRST, shown.index(row)))
    measures = [
        _histogram(row.label, row.unit, report["measures"].get(row.name) or {}, row.decimals, row.description)
        for row in ordered
        if "measures" in report
    ]
    return [panel for panel in (*tables, tempo, *measures) if panel is not None]


def _table(title: str, counts: Sequence[Sequence[Any]]) -> Panel | None:
    if not counts:
        return None
    largest = max(int(count) for _name, count in counts)
    rows = [(str(name), int(count), max(1, round(100 * count / largest))) for name, count in counts[:BARS]]
    return Panel(title, rows=rows)


def _histogram(
    title: str, unit: str, said: Mapping[str, Any], decimals: int, description: str = ""
) -> Panel | None:
    if not said.get("count") or "histogram" not in said:
        return None
    edges, counts = said["histogram"]["edges"], said["histogram"]["counts"]
    largest = max(counts) or 1
    step = WIDTH / len(counts)
    bars = [
        Bar(
            x=round(place * step, 2),
            y=round(HEIGHT - HEIGHT * count / largest, 2),
            width=round(step - 1, 2),
            height=round(HEIGHT * count / largest, 2),
            title=f"{edges[place]:.{decimals}f} – {edges[place + 1]:.{decimals}f}: {count:,}",
        )
        for place, count in enumerate(counts)
    ]
    mean, sd = said.get("mean"), said.get("sd")
    return Panel(
        title,
        unit,
        description,
        mean="" if mean is None else f"{mean:.{max(decimals, 1)}f}",
        sd="" if sd is None else f"{sd:.{max(decimals, 1)}f}",
        low=f"{edges[0]:.{decimals}f}",
        high=f"{edges[-1]:.{decimals}f}",
        bars=bars,
    )


def _instrument(program: str) -> str:
    return instrument_name(int(program)) if program.isdigit() else program
