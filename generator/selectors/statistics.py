"""A song's measures, ready to be read."""

from dataclasses import dataclass

from generator.models import Song
from musicgen.statistics.measures import MEASURES


@dataclass(frozen=True)
class StatisticsRow:
    """One measure of a song.

    Attributes:
        label, unit, description: what is measured.
        value: formatted with as many digits as are worth showing.
    """

    label: str
    unit: str
    description: str
    value: str


def statistics_rows(song: Song) -> list[StatisticsRow]:
    """The measures that are defined for this song, in the order in which they are read.

    Other projects' formulas, kept for comparison with their figures only, are left out.
    """
    return [
        StatisticsRow(
            label=measure.label,
            unit=measure.unit,
            description=measure.description,
            value=f"{song.statistics[measure.name]:,.{measure.decimals}f}",
        )
        for measure in MEASURES
        if not measure.published and song.statistics.get(measure.name) is not None
    ]
