"""The demo dataset: Bach's four-part chorales out of the corpus that comes with music21.

The music is in the public domain. music21's corpus holds scores of it, shared with their
encoders' permission; of those only onsets, pitches and lengths of the notes are taken, and the
MIDI files are made on the user's own machine. Whatever else music21 brings (other composers,
other licences) is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from musicgen.midi.writer import write_midi
from musicgen.score import TICKS_PER_QUARTER, Note, Notes, Part, Score, TempoChange, TimeSignature

LICENCE: Final = "Public domain"
SOURCE: Final = "Johann Sebastian Bach, four-part chorales, from the corpus of music21"
INDEX: Final = "chorales.json"  # written last: with it the folder is complete
VOICES: Final = 4
_VELOCITY: Final = 80  # the scores have no dynamics
_TEMPO_BPM: Final = 90.0  # where a score gives none
_NOT_CHORALES: Final = frozenset({"bwv846"})  # a prelude among them


def write_chorales(folder: Path, on_progress: Callable[[int, int], None] | None = None) -> list[Path]:
    """The chorales as MIDI files; made once in about a minute, afterwards found there.

    Args:
        folder: made if missing. Files already there are kept, so that a run that was cut goes on.
        on_progress: told (done, total) after each score.

    Returns:
        The files, in the order of their names.
    """
    index = folder / INDEX
    if index.is_file():
        names = json.loads(index.read_text("utf-8"))["files"]
        if all((folder / name).is_file() for name in names):
            return [folder / name for name in names]
    folder.mkdir(parents=True, exist_ok=True)
    sources = list(_scores_of_corpus())
    names = []
    for done, source in enumerate(sources, start=1):
        target = folder / f"{source.stem}.mid"
        if not target.is_file():
            score = _read(source)
            if score is not None:
                _write(target, write_midi(score))
        if target.is_file():
            names.append(target.name)
        if on_progress:
            on_progress(done, len(sources))
    content = {"source": f"{SOURCE} {version('music21')}", "licence": LICENCE, "files": names}
    _write(index, json.dumps(content, indent=1).encode())
    return [folder / name for name in names]


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _scores_of_corpus() -> Iterator[Path]:
    from music21 import corpus  # takes a second and much memory, so only where it is needed

    found: list[Path] = corpus.getComposer("bach", fileExtensions=("mxl", "xml"))
    return (path for path in sorted(found, key=lambda path: path.name) if path.stem not in _NOT_CHORALES)


def _read(path: Path) -> Score | None:
    """A chorale as a Score; None if it has other than four parts, which then include instruments."""
    from music21 import converter, tempo

    source: Any = converter.parse(path, forceSource=True, storePickle=False)
    if len(source.parts) != VOICES:
        return None
    # A first bar that is not full ends where the first full one begins; the silence before it
    # makes every bar line fall on a multiple of the bar.
    pickup = source.parts[0].getElementsByClass("Measure").first()
    lead = max(pickup.barDuration.quarterLength - pickup.duration.quarterLength, 0) if pickup else 0
    meters: dict[int, TimeSignature] = {}
    for meter in source.parts[0].flatten().getElementsByClass("TimeSignature"):
        start = _ticks(meter.offset + lead) if meter.offset else 0
        meters[start] = TimeSignature(start, meter.numerator, meter.denominator)
    marks = source.flatten().getElementsByClass(tempo.MetronomeMark)
    bpm = marks[0].getQuarterBPM() if marks else None
    return Score(
        parts=tuple(Part(_notes(part, lead), name=part.partName or "") for part in source.parts),
        tempos=(TempoChange(0, 60e6 / round(60e6 / (bpm or _TEMPO_BPM))),),
        time_signatures=tuple(meters[start] for start in sorted(meters)),
        ticks_per_quarter=TICKS_PER_QUARTER,
        title=path.stem.replace("bwv", "BWV "),
    )


def _notes(part: Any, lead: float) -> Notes:
    found = []
    for sounded in part.toSoundingPitch().stripTies().flatten().notes:
        start = _ticks(sounded.offset + lead)
        length = _ticks(sounded.quarterLength)
        if length:  # grace notes have none
            found += [Note(start, pitch.midi, length, _VELOCITY) for pitch in sounded.pitches]
    return Notes.of(found)


def _ticks(quarters: float) -> int:
    return round(quarters * TICKS_PER_QUARTER)
