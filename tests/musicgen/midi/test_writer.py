"""Score → MIDI → Score gives the score back, for scores of every shape."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.midi import MidiLimits, MidiWriteError, read_midi, write_midi
from musicgen.score import Curve, KeySignature, Note, Notes, Part, Score, TempoChange, TimeSignature

ANY = MidiLimits(max_tracks=1000, max_seconds=float("inf"))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TICKS = st.integers(0, 3000)


def in_order_of_ends(notes: list[Note]) -> list[Note]:
    """Without the notes that begin later than another of their pitch but end earlier."""
    kept: dict[int, list[Note]] = {}
    for note in sorted(notes):
        listed = kept.setdefault(note.pitch, [])
        if not listed or (listed[-1].end_ticks <= note.end_ticks):
            listed.append(note)
    return [note for listed in kept.values() for note in listed]


NOTES = st.lists(
    st.builds(Note, TICKS, st.integers(0, 127), st.integers(1, 900), st.integers(1, 127)), min_size=1
)
CROWDED = st.lists(
    st.builds(Note, st.integers(0, 9), st.integers(60, 61), st.integers(1, 9), st.integers(1, 127)),
    min_size=1,
)
PARTS = st.builds(
    Part,
    st.one_of(NOTES, CROWDED).map(in_order_of_ends).map(Notes.of),
    NAMES,
    st.integers(0, 127),
    st.booleans(),
    st.sampled_from([0, 1, 128, 16_383]),
).map(lambda part: replace(part, bank=0) if part.is_drum else part)
TEMPOS = st.dictionaries(TICKS, st.integers(1, 2**24 - 1)).map(
    lambda at: tuple(TempoChange(tick, 60e6 / at[tick]) for tick in sorted(at))
)
METERS = st.dictionaries(
    TICKS, st.tuples(st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
).map(lambda at: tuple(TimeSignature(tick, *at[tick]) for tick in sorted(at)))
KEYS = st.dictionaries(TICKS, st.tuples(st.integers(-7, 7), st.booleans())).map(
    lambda at: tuple(KeySignature(tick, *at[tick]) for tick in sorted(at))
)


def without_banks_if_channels_are_shared(parts: list[Part]) -> tuple[Part, ...]:
    return tuple(parts if len(parts) <= 15 else (replace(part, bank=0) for part in parts))


SCORES = st.builds(
    Score,
    st.lists(PARTS, max_size=20).map(without_banks_if_channels_are_shared),
    TEMPOS,
    METERS,
    st.integers(1, 0x7FFF),
    NAMES,
    KEYS,
)


@settings(max_examples=300, deadline=None)
@given(SCORES)
def test_it_gives_back_the_whole_score(score):
    assert read_midi(write_midi(score), ANY) == score


@settings(max_examples=100, deadline=None)
@given(CROWDED)
def test_it_keeps_every_beginning_and_end_where_notes_of_one_pitch_enclose_each_other(notes):
    score = Score((Part(Notes.of(notes)),))
    again = read_midi(write_midi(score))
    found = list(again.parts[0].notes)
    assert sorted((n.start_ticks, n.pitch) for n in found) == sorted((n.start_ticks, n.pitch) for n in notes)
    assert sorted((n.end_ticks, n.pitch) for n in found) == sorted((n.end_ticks, n.pitch) for n in notes)
    assert read_midi(write_midi(again)) == again


def test_it_writes_the_bytes_that_the_format_asks_for():
    score = Score((Part(Notes.of([Note(0, 60, 200, 64)]), "P", 7),), (TempoChange(0, 120.0),))
    assert write_midi(score) == (
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x01\xe0"
        b"MTrk\x00\x00\x00\x0b\x00\xff\x51\x03\x07\xa1\x20\x00\xff\x2f\x00"
        b"MTrk\x00\x00\x00\x15\x00\xff\x03\x01P\x00\xc0\x07\x00\x90\x3c\x40\x81\x48\x80\x3c\x00\x00\xff\x2f\x00"
    )


def test_it_gives_the_first_fifteen_pitched_parts_channels_of_their_own_and_spares_the_drums():
    part = Part(Notes.of([Note(0, 60, 10)]))
    data = write_midi(Score(tuple(replace(part, program=program) for program in range(15))))
    channels = [
        chunk[chunk.index(0xC0 + channel)] & 15
        for chunk, channel in zip(data.split(b"MTrk")[2:], [*range(9), *range(10, 16)], strict=True)
    ]
    assert channels == [*range(9), *range(10, 16)]
    assert b"\x99\x3c" in write_midi(Score((replace(part, is_drum=True),)))


PART = Part(Notes.of([Note(0, 60, 10)]))


@pytest.mark.parametrize(
    ("score", "what"),
    [
        (Score((PART,), (TempoChange(0, 0.0),)), "tempo"),
        (Score((PART,), (TempoChange(0, 3.0),)), "tempo"),
        (Score((PART,), (), (TimeSignature(0, 4, 3),)), "meter"),
        (Score((PART,), (), (TimeSignature(0, 256, 4),)), "meter"),
        (Score((PART,), ticks_per_quarter=0), "quarter note"),
        (Score((PART,), ticks_per_quarter=40_000), "quarter note"),
        (Score((replace(PART, program=128),)), "program"),
        (Score((Part(Notes.of([Note(2**29, 60, 10)])),)), "without an event"),
        (Score((replace(PART, bank=16_384),)), "bank"),
        (Score((replace(PART, pedal=Curve([0], [128])),)), "pedal"),
        (Score(key_signatures=(KeySignature(0, 8),)), "key signature"),
    ],
)
def test_it_refuses_what_midi_cannot_say(score, what):
    with pytest.raises(MidiWriteError, match=what):
        write_midi(score)


def test_it_gives_back_the_pedal_of_each_part():
    pedal = Curve([0, 10, 20, 700], [127, 30, 100, 0])
    score = Score((replace(PART, pedal=pedal), PART))
    assert read_midi(write_midi(score)) == score
