"""The process in which music21 works: `python -m musicgen.notation.worker TASK MEMORY SECONDS`.

Reads JSON from stdin and answers on stdout. Tasks: "keys" (how long each pitch class sounds →
all keys, the likeliest first, as JSON) and "musicxml" (a sheet → MusicXML). It trusts that its
input was made by this package. Exit code 0 done, 1 failed (why is the last line on stderr).
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from importlib import import_module
from typing import Any

from musicgen.notation.meter import QUARTER

music21: Any = import_module("music21")  # by half typed, and so best not typed at all


def keys(content: Mapping[str, Any]) -> bytes:
    """Every key with its correlation, the likeliest first."""
    sounding = music21.stream.Stream()
    for pitch_class, quarters in enumerate(content["quarters"]):
        if quarters > 0:
            sounding.append(music21.note.Note(pitch_class + 60, quarterLength=quarters))
    best = music21.analysis.discrete.KrumhanslSchmuckler().getSolution(sounding)
    found = []
    for heard in (best, *best.alternateInterpretations):
        key = _easier(heard)
        tonic = key.tonic.name.replace("-", "b")
        correlation = float(heard.correlationCoefficient)
        found.append({"tonic": tonic, "mode": key.mode, "sharps": key.sharps, "correlation": correlation})
    return json.dumps(found).encode()


def _easier(key: Any) -> Any:
    """The key, or the one that sounds the same if it has fewer accidentals: D flat for C sharp."""
    other = music21.key.Key(key.tonic.getEnharmonic(), key.mode)
    return min(key, other, key=lambda named: abs(named.sharps))


def musicxml(sheet: Mapping[str, Any]) -> bytes:
    """A sheet as a MusicXML document."""
    score = music21.stream.Score()
    score.metadata = music21.metadata.Metadata()
    score.metadata.title = sheet["title"] or " "
    pairs: dict[int, list[Any]] = {}
    for number, staff in enumerate(sheet["staves"]):
        part = _staff(sheet, staff, is_top=number == 0)
        score.insert(0, part)
        if staff["pair"] is not None:
            pairs.setdefault(staff["pair"], []).append(part)
    for joined in pairs.values():
        if len(joined) == 2:
            score.insert(0, music21.layout.StaffGroup(joined, symbol="brace", barTogether=True))
    exporter = music21.musicxml.m21ToXml.GeneralObjectExporter(score)
    exporter.makeNotation = False  # done here, so that nothing is guessed anew
    return bytes(exporter.parse())


def _staff(sheet: Mapping[str, Any], staff: Mapping[str, Any], *, is_top: bool) -> Any:
    part = (music21.stream.PartStaff if staff["pair"] is not None else music21.stream.Part)()
    player = music21.instrument.instrumentFromMidiProgram(staff["program"])
    player.partName = part.partName = staff["name"]
    part.insert(0, player)
    tempo_of_bar = {int(index): bpm for index, bpm in sheet["tempos"]}
    start = 0
    for index, ((length, new_meter), voices) in enumerate(zip(sheet["bars"], staff["bars"], strict=True)):
        bar = music21.stream.Measure(number=index + 1)
        if index == 0:
            bar.clef = music21.clef.TrebleClef() if staff["clef"] == "treble" else music21.clef.BassClef()
            signature = music21.key.KeySignature(sheet["sharps"])
            bar.keySignature = signature.asKey(sheet["mode"])
        if new_meter:
            bar.timeSignature = music21.meter.TimeSignature(f"{new_meter[0]}/{new_meter[1]}")
        if is_top and index in tempo_of_bar:
            bar.insert(0, music21.tempo.MetronomeMark(number=tempo_of_bar[index]))
        for number, events in enumerate(voices, start=1):
            target = bar if len(voices) == 1 else music21.stream.Voice(id=str(number))
            for event in _elements(events):
                target.insert(*event)
            if target is not bar:
                bar.insert(0, target)
        part.insert(Fraction(start, QUARTER), bar)
        start += length
    part.makeAccidentals(inPlace=True)
    part.makeBeams(inPlace=True, failOnNoTimeSignature=False)
    music21.stream.makeNotation.makeTupletBrackets(part, inPlace=True)
    return part


def _elements(events: Sequence[Any]) -> list[tuple[Fraction, Any]]:
    elements = []
    for offset, length, pitches, tie in events:
        quarters = Fraction(length, QUARTER)
        if not pitches:
            element: Any = music21.note.Rest(quarterLength=quarters)
        elif len(pitches) == 1:
            element = music21.note.Note(_pitch(*pitches[0]), quarterLength=quarters)
        else:
            element = music21.chord.Chord([_pitch(*pitch) for pitch in pitches], quarterLength=quarters)
        if tie:
            element.tie = music21.tie.Tie(tie)
        elements.append((Fraction(offset, QUARTER), element))
    return elements


def _pitch(step: str, alter: float, octave: int) -> Any:
    return music21.pitch.Pitch(
        step=step, octave=octave, accidental=music21.pitch.Accidental(alter) if alter else None
    )


def main(arguments: Sequence[str]) -> int:
    """Do a task; arguments: its name, bytes of memory, seconds of CPU time."""
    task, memory_bytes, cpu_seconds = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds), int(cpu_seconds)))
    content = json.load(sys.stdin)
    sys.stdout.buffer.write({"keys": keys, "musicxml": musicxml}[task](content))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
