"""MidiTok's events: whole pieces there and back, legal walks, and reading that needs no MidiTok."""

import json
import subprocess
import sys

import miditok
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.representation import EventVocabulary, RepresentationError, load_vocabulary
from musicgen.representation import event_encoding as encoding
from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature

STEP = 20  # ticks of a grid step, in a score of 480 a quarter note
KINDS = ("remi", "tsd")
VOCABULARIES = {kind: EventVocabulary.build(tokenizer=kind, styles=["bach", "pop"]) for kind in KINDS}
VELOCITIES = range(3, 128, 4)

GRID_NOTES = st.lists(
    st.builds(
        lambda onset, pitch, length, velocity: Note(onset * STEP, pitch, length * STEP, velocity),
        st.integers(0, 600),
        st.integers(0, 127),
        st.integers(1, 48),
        st.sampled_from(VELOCITIES),
    ),
    min_size=1,
    max_size=15,
)
PARTS = st.lists(
    st.builds(
        lambda notes, program, is_drum: Part(Notes.of(notes), program=program, is_drum=is_drum),
        GRID_NOTES,
        st.integers(0, 127),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)
METERS = st.sampled_from([(4, 4), (3, 4), (6, 8), (12, 8), (2, 2), (3, 2), (6, 16), (5, 8), (11, 16), (1, 4)])
CHANGES = st.lists(st.tuples(st.integers(0, 14_000), METERS), max_size=4).map(
    lambda rows: tuple(sorted(TimeSignature(start, *meter) for start, meter in rows))
)
TEMPOS = st.lists(st.builds(TempoChange, st.integers(0, 14_000), st.floats(20, 400)), max_size=4).map(
    lambda tempos: tuple(sorted(tempos))
)


def played(score):
    """(drum, program, onset, pitch, length, velocity) of every note, in quarter notes."""
    unit = score.ticks_per_quarter
    return sorted(
        (
            p.is_drum,
            0 if p.is_drum else p.program,
            n.start_ticks / unit,
            n.pitch,
            n.duration_ticks / unit,
            n.velocity,
        )
        for p in score.parts
        for n in p.notes
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(parts=PARTS, tempos=TEMPOS)
def test_it_is_exact_on_the_grid(kind, parts, tempos):
    score = Score(tuple(parts), tempos=tempos)
    assert played(VOCABULARIES[kind].decode(VOCABULARIES[kind].encode(score))) == played(score)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, deadline=None)
@given(parts=PARTS, tempos=TEMPOS, meters=CHANGES, resolution=st.sampled_from([24, 96, 100, 384, 480, 960]))
def test_it_speaks_its_own_grammar_and_loses_no_note(kind, parts, tempos, meters, resolution):
    vocabulary = VOCABULARIES[kind]
    score = Score(tuple(parts), tempos=tempos, time_signatures=meters, ticks_per_quarter=resolution)
    tokens = vocabulary.encode(score)
    assert vocabulary.grammar().is_legal(tokens)
    decoded = vocabulary.decode(tokens)
    assert decoded.note_count == score.note_count
    assert vocabulary.note_count_of_token[tokens].sum() == score.note_count


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(parts=PARTS, tempos=TEMPOS, meters=CHANGES)
def test_it_reads_as_miditok_reads(kind, parts, tempos, meters):
    vocabulary = VOCABULARIES[kind]
    tokens = vocabulary.encode(Score(tuple(parts), tempos=tempos, time_signatures=meters))
    body = [vocabulary.tokens[token] for token in tokens[1 + len(vocabulary.groups) : -1]]
    tokenizer = encoding._tokenizer(kind, json.dumps(vocabulary.settings))
    theirs = tokenizer.decode(miditok.TokSequence(tokens=body, ids=[tokenizer[token] for token in body]))
    unit = theirs.ticks_per_quarter
    expected = sorted(
        (t.is_drum, t.program, n.time / unit, n.pitch, n.duration / unit, n.velocity)
        for t in theirs.tracks
        for n in t.notes
    )
    assert played(vocabulary.decode(tokens)) == expected


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_it_makes_a_score_of_every_legal_walk(kind, seed):
    vocabulary, generator = VOCABULARIES[kind], np.random.default_rng(seed)
    grammar = vocabulary.grammar()
    state, walk = grammar.start_state, []
    while len(walk) < 300 and (not walk or walk[-1] != vocabulary.eos):
        legal = np.flatnonzero(grammar.allowed[state][grammar.token_class])
        assert len(legal)
        walk.append(int(generator.choice(legal)))
        state = grammar.next_state[state, grammar.token_class[walk[-1]]]
    score = vocabulary.decode(walk)
    whole = sum(vocabulary.describe(token).startswith("duration") for token in walk)
    assert score.note_count == whole


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_reads_any_tokens_cut_anywhere(kind, data):
    vocabulary = VOCABULARIES[kind]
    tokens = data.draw(st.lists(st.integers(0, vocabulary.size - 1), max_size=80))
    assert vocabulary.decode(tokens).note_count <= len(tokens)


def test_it_keeps_tempo_and_meter():
    notes = Part(Notes.of([Note(480 * beat, 60, 480, 63) for beat in range(12)]))
    score = Score(
        (notes,),
        tempos=(TempoChange(0, 60.0), TempoChange(2880, 120.0)),
        time_signatures=(TimeSignature(0, 3, 4), TimeSignature(2880, 6, 8)),
    )
    decoded = VOCABULARIES["remi"].decode(VOCABULARIES["remi"].encode(score))
    assert decoded.tempos == score.tempos
    assert decoded.time_signatures == score.time_signatures
    decoded = VOCABULARIES["tsd"].decode(VOCABULARIES["tsd"].encode(score))
    assert decoded.tempos == score.tempos
    assert [meter.numerator for meter in decoded.time_signatures] == [3]


def test_it_counts_time_to_the_onset_in_shifts_and_by_whole_bars():
    score = Score((Part(Notes.of([Note(0, 60, 480, 63), Note(480 * 9 + 160, 62, 480, 63)])),))
    for kind, expected in (("tsd", 9 * 24 + 8), ("remi", 3 * 4 * 24)):
        tokens = VOCABULARIES[kind].encode(score)
        assert VOCABULARIES[kind].ticks_of_token[tokens].sum() == expected


def test_it_puts_attributes_at_the_front():
    vocabulary = VOCABULARIES["tsd"]
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    score = Score(
        (Part(Notes.of([Note(480 * i, pitch, 480) for i, pitch in enumerate(scale)]), program=41),),
        tempos=(TempoChange(0, 100.0),),
        time_signatures=(TimeSignature(0, 3, 4),),
    )
    tokens = vocabulary.encode(score, style="bach")
    said = [vocabulary.describe(int(token)) for token in tokens[: vocabulary.front_length]]
    assert said[:3] == ["begin", "pace 3", "task compose"]
    assert said[3:] == ["style bach", "density 1", "mode major", "family strings", "meter 3/4"]
    assert vocabulary.tempo_token(100.0) == tokens[1]
    assert vocabulary.describe(int(vocabulary.encode(score)[3])) == "style any"
    assert EventVocabulary.build(styles=["x"]).encode(score)[3] == EventVocabulary.build(
        styles=["x"]
    ).attribute_token("Style", "x")
    with pytest.raises(RepresentationError, match="no attribute Style jazz"):
        vocabulary.encode(score, style="jazz")


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_through_json_whole_and_is_then_read_without_miditok(kind):
    vocabulary = VOCABULARIES[kind]
    data = json.dumps(vocabulary.to_json())
    again = load_vocabulary(json.loads(data))
    score = Score((Part(Notes.of([Note(0, 60, 480), Note(480, 64, 480)])),))
    tokens = vocabulary.encode(score)
    assert np.array_equal(again.encode(score), tokens)
    script = (
        "import sys, json; from musicgen.representation import load_vocabulary\n"
        "data, tokens = json.loads(sys.stdin.read())\n"
        "print(load_vocabulary(data).decode(tokens).note_count)\n"
        "print(sorted({'miditok', 'huggingface_hub', 'symusic', 'scipy'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps([json.loads(data), tokens.tolist()]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split("\n")[:2] == ["2", "[]"]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 9},
        {"tokenizer": "octuple"},
        {"styles": None},
        {"styles": ["other"]},
        {"tokens": ["PAD"]},
        {"tokens": [*VOCABULARIES["remi"].tokens, "Pitch_60"]},
        {"tokens": [*VOCABULARIES["remi"].tokens, "Pitch_high"]},
    ],
)
def test_it_refuses_a_damaged_vocabulary(change):
    with pytest.raises(RepresentationError):
        load_vocabulary({**VOCABULARIES["remi"].to_json(), **change})


def test_it_refuses_scores_and_tokens_that_it_cannot_hold():
    vocabulary = VOCABULARIES["remi"]
    with pytest.raises(RepresentationError, match="no notes"):
        vocabulary.encode(Score())
    with pytest.raises(RepresentationError, match="Cut it"):
        vocabulary.encode(Score((Part(Notes.of([Note(2_000_000_000, 60, 1)])),)))
    with pytest.raises(RepresentationError, match="another vocabulary"):
        vocabulary.decode([vocabulary.size])
