"""From files to a corpus: verdicts, splits, tokens and bytes."""

import fcntl
import json
import os
import random
import shutil
import time
import zipfile

import numpy as np
import pytest

from musicgen.corpus import CorpusError, encoding_task, open_corpus
from musicgen.corpus.copy_index import write_copy_index
from musicgen.corpus.encoding import Transposing
from musicgen.corpus.prepare import prepare
from musicgen.corpus.reader import SPLITS
from musicgen.midi import MidiLimits, read_midi, write_midi
from musicgen.score import Note, Notes, Part, Score
from tests.musicgen.corpus.pieces import folder_of, midi, piece


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def source(tmp_path):
    return folder_of(tmp_path / "source", range(20))


def test_it_packs_every_piece_once_into_one_split(source, tmp_path):
    report = prepare(source, tmp_path / "corpus")
    corpus = open_corpus(tmp_path / "corpus")
    expected = {corpus.vocabulary.encode(piece(seed)).tobytes() for seed in range(20)}
    packed = [tokens.astype(np.int32).tobytes() for split in SPLITS for tokens in corpus.pieces(split)]
    assert len(packed) == 20
    assert set(packed) == expected
    for split in SPLITS:
        names = [file.name for file in report.files if file.split == split]
        seeds = [int(name.removesuffix(".mid")) for name in names]
        for tokens, seed in zip(corpus.pieces(split), seeds, strict=True):
            assert np.array_equal(tokens, corpus.vocabulary.encode(piece(seed)))
        assert report.splits[split].pieces == len(names) > 0
        assert report.splits[split].notes == sum(piece(seed).note_count for seed in seeds)
        assert report.splits[split].tokens == len(corpus.pieces(split).tokens)


def test_it_gives_every_file_a_verdict_and_a_reason(source, tmp_path):
    transposed = piece(3)
    notes = transposed.all_notes()
    moved = Notes(notes.start_ticks, notes.pitch + 2, notes.duration_ticks, notes.velocity)
    (source / "x1 copy.mid").write_bytes(midi(3))
    (source / "x2 transposed.mid").write_bytes(write_midi(Score((Part(moved),))))
    (source / "x3 broken.mid").write_bytes(midi(3)[:50])
    (source / "x4 drums.mid").write_bytes(
        write_midi(Score((Part(Notes.of([Note(0, 36, 10)]), is_drum=True),)))
    )
    (source / "x5 silent.mid").write_bytes(write_midi(Score()))
    report = prepare(source, tmp_path / "corpus")
    last = {file.name: (file.verdict, file.reason) for file in report.files[20:]}
    assert last["x1 copy.mid"] == ("duplicate", "The same file as 003.mid.")
    assert last["x2 transposed.mid"] == ("duplicate", "The same notes as 003.mid.")
    assert last["x3 broken.mid"][0] == "refused"
    assert "cut off" in last["x3 broken.mid"][1]
    assert "only drums" in last["x4 drums.mid"][1]
    assert "no notes" in last["x5 silent.mid"][1]
    assert [report.count(verdict) for verdict in ("taken", "duplicate", "refused")] == [20, 2, 3]
    manifest = json.loads((tmp_path / "corpus" / "manifest.json").read_text())
    assert manifest["counts"] == {"taken": 20, "duplicate": 2, "refused": 3}
    assert [file["name"] for file in manifest["files"]] == [file.name for file in report.files]


def test_it_gives_equal_bytes_for_equal_files_wherever_they_lie(source, tmp_path):
    first = prepare(source, tmp_path / "one", transpositions=(0, 3))
    shutil.copytree(source, tmp_path / "elsewhere" / "source")
    second = prepare(tmp_path / "elsewhere" / "source", tmp_path / "two", transpositions=(0, 3))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert first.corpus_hash == second.corpus_hash == open_corpus(tmp_path / "one").corpus_hash


def test_it_reads_an_archive_like_the_folder_in_it(source, tmp_path):
    with zipfile.ZipFile(tmp_path / "s.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in source.iterdir():
            archive.write(path, path.name)
    from_folder = prepare(source, tmp_path / "one")
    from_archive = prepare(tmp_path / "s.zip", tmp_path / "two")
    assert from_archive.corpus_hash == from_folder.corpus_hash


def test_it_copies_pieces_into_other_keys_in_the_train_split_only(source, tmp_path):
    plain = prepare(source, tmp_path / "plain")
    report = prepare(source, tmp_path / "corpus", transpositions=(-2, 0, 3))
    corpus = open_corpus(tmp_path / "corpus")
    assert report.splits["train"].pieces == 3 * plain.splits["train"].pieces
    assert report.splits["train"].notes == plain.splits["train"].notes
    for split in ("validation", "test"):
        assert report.splits[split].pieces == plain.splits[split].pieces
    vocabulary = corpus.vocabulary
    down, itself, up = (vocabulary.decode(tokens).parts[0].notes for tokens in corpus.pieces("train")[:3])
    assert np.array_equal(down.pitch + 2, itself.pitch)
    assert np.array_equal(up.pitch - 3, itself.pitch)
    assert corpus.manifest["splits"]["train"]["origins"][:3] == [[0, -2], [0, 0], [0, 3]]


def test_it_keeps_drums_as_they_are_in_other_keys():
    drums = Part(Notes.of([Note(0, 36, 10), Note(480, 38, 10)]), is_drum=True)
    score = Score((*piece(1).parts, drums))
    shifts = (-3, 0, 5)
    copies = dict(Transposing(shifts).copies(score, all_shifts=True))
    assert tuple(copies) == shifts
    for shift, copy in copies.items():
        assert copy.parts[-1] == drums
        assert np.array_equal(copy.parts[0].notes.pitch - shift, score.parts[0].notes.pitch)


def test_it_leaves_out_copies_beyond_the_range_of_pitches(source, tmp_path):
    report = prepare(source, tmp_path / "corpus", transpositions=(0, 43, 44, -48, -49))
    originals = [file for file in report.files if file.split == "train"]
    pitches = [piece(int(file.name[:3])).all_notes().pitch for file in originals]
    fitting = sum(
        low + shift >= 0 and high + shift <= 127
        for low, high in ((pitch.min(), pitch.max()) for pitch in pitches)
        for shift in (0, 43, 44, -48, -49)
    )
    assert len(originals) < report.splits["train"].pieces == fitting < 5 * len(originals)


def test_it_builds_the_vocabulary_from_the_train_split_alone(source, tmp_path):
    secret = [Note(0, 30, 480), Note(0, 31, 480), Note(480, 30, 480), Note(480, 31, 480)]
    for seed in range(100, 200):
        notes = [*piece(seed).all_notes(), *secret]
        (source / f"{seed}.mid").write_bytes(write_midi(Score((Part(Notes.of(notes)),))))
        report = prepare(source, tmp_path / "corpus")
        split = report.files[-1].split
        (source / f"{seed}.mid").unlink()
        chords = json.loads((tmp_path / "corpus" / "vocabulary.json").read_text())["chords"]
        with_secret = [chord for chord in chords if {30, 31} <= set(chord)]
        assert not with_secret or split == "train"
        if split == "test":
            return
    pytest.fail("no seed fell into the test split")


def test_it_tells_its_progress_to_the_end(source, tmp_path):
    (source / "zz.mid").write_bytes(b"broken")
    steps = []
    prepare(source, tmp_path / "corpus", on_progress=lambda done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert {total for _, total in steps} == {42}
    assert steps[-1] == (42, 42)


def test_it_refuses_files_beyond_the_limits_it_is_given(source, tmp_path):
    (source / "long.mid").write_bytes(write_midi(piece(77, notes=400)))
    report = prepare(source, tmp_path / "corpus", limits=MidiLimits(max_bytes=1000))
    assert [file.name for file in report.files if file.verdict == "refused"] == ["long.mid"]
    assert "larger than the 1,000 bytes" in report.files[-1].reason


@pytest.mark.parametrize("count", [1, 2])
def test_it_says_that_there_are_too_few_pieces(tmp_path, count):
    source = folder_of(tmp_path / "source", range(count))
    with pytest.raises(CorpusError, match=f"Only {count} usable"):
        prepare(source, tmp_path / "corpus")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_it_replaces_a_corpus_but_nothing_else(source, tmp_path):
    prepare(source, tmp_path / "corpus")
    shutil.rmtree(source)
    report = prepare(folder_of(source, range(50, 60)), tmp_path / "corpus")
    assert open_corpus(tmp_path / "corpus").corpus_hash == report.corpus_hash
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(CorpusError, match="is no corpus"):
        prepare(source, precious)
    assert contents(precious) == {"thesis.txt": b"years of work"}


def test_it_leaves_the_former_corpus_alone_when_it_fails(source, tmp_path, monkeypatch):
    before = prepare(source, tmp_path / "corpus")
    (source / "new.mid").write_bytes(midi(99))

    def full_disk(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encoding_task, "write_split", full_disk)
    with pytest.raises(OSError, match="No space"):
        prepare(source, tmp_path / "corpus")
    assert open_corpus(tmp_path / "corpus").corpus_hash == before.corpus_hash
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "source"]


def test_it_clears_what_a_killed_run_has_left_and_nothing_that_is_in_use(source, tmp_path):
    for name, age in (
        (".corpus.dead", 3600),
        (".corpus.young", 0),
        (".corpus.held", 3600),
        (".other.dead", 3600),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    held = os.open(tmp_path / ".corpus.held", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    prepare(source, tmp_path / "corpus")
    os.close(held)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".corpus.held", ".corpus.young", ".other.dead", "corpus", "source"]


@pytest.mark.parametrize("transpositions", [(), (1, 2), (0, 0)])
def test_it_refuses_transpositions_without_the_piece_itself(source, tmp_path, transpositions):
    with pytest.raises(CorpusError, match="transpositions"):
        prepare(source, tmp_path / "corpus", transpositions=transpositions)


def test_it_refuses_a_representation_that_it_does_not_know(source, tmp_path):
    with pytest.raises(CorpusError, match="smoke"):
        prepare(source, tmp_path / "corpus", representation="smoke")


def test_it_packs_continuous_tones_as_they_are(source, tmp_path):
    report = prepare(
        source,
        tmp_path / "corpus",
        representation="tones",
        options={"tones_per_cell": 3},
        transpositions=(0, 1),
    )
    corpus = open_corpus(tmp_path / "corpus")
    assert corpus.tones.tones_per_cell == 3
    assert report.vocabulary_size == 0
    for split in SPLITS:
        values = np.load(tmp_path / "corpus" / f"{split}.values.npy")
        assert values.dtype == np.float32
        assert values.shape == (report.splits[split].tokens, 10)
        assert np.array_equal(corpus.cells(split).values, values)
    seeds = [int(file.name.removesuffix(".mid")) for file in report.files if file.split == "test"]
    for cells, seed in zip(corpus.cells("test"), seeds, strict=True):
        assert np.array_equal(cells, corpus.tones.encode(piece(seed)))


def test_it_packs_events_of_one_style(source, tmp_path):
    options = {"tokenizer": "tsd", "styles": ["made up"]}
    prepare(source, tmp_path / "corpus", representation="events", options=options, processes=2)
    corpus = open_corpus(tmp_path / "corpus")
    style = corpus.vocabulary.attribute_token("Style", "made up")
    assert corpus.manifest["settings"]["representation"] == options
    for split in SPLITS:
        for tokens in corpus.pieces(split):
            assert corpus.vocabulary.grammar().is_legal(tokens)
            assert tokens[3] == style


def test_it_tells_styles_apart_by_folder(tmp_path):
    for folder, seeds in (("bach", range(10)), ("my pop", range(10, 20))):
        folder_of(tmp_path / "source" / "all" / folder, seeds)
    prepare(tmp_path / "source", tmp_path / "corpus", representation="events", styles_by="folder")
    corpus = open_corpus(tmp_path / "corpus")
    assert corpus.vocabulary.styles == ("bach", "my-pop")
    files, origins = corpus.manifest["files"], corpus.manifest["splits"]["train"]["origins"]
    names = [files[place]["name"] for place, _ in origins]
    for name, tokens in zip(names, corpus.pieces("train"), strict=True):
        style = "bach" if "bach" in name else "my-pop"
        assert tokens[3] == corpus.vocabulary.attribute_token("Style", style)
    with pytest.raises(CorpusError, match="has a style by dataset"):
        prepare(tmp_path / "source", tmp_path / "no", representation="events", styles_by="dataset")
    with pytest.raises(CorpusError, match="has no styles"):
        prepare(tmp_path / "source", tmp_path / "no", styles_by="folder")


def test_it_packs_the_same_tones_twice(source, tmp_path):
    for name, processes in (("first", 1), ("second", 2)):
        prepare(source, tmp_path / name, representation="tones", processes=processes)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_it_knows_no_other_representation(source, tmp_path):
    with pytest.raises(CorpusError, match="known: chords, events, tones"):
        prepare(source, tmp_path / "corpus", representation="pianoroll")


def test_it_brings_pieces_to_one_key_and_says_by_how_much(tmp_path):
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    source = tmp_path / "source"
    source.mkdir()
    for seed in range(24):
        rng = random.Random(seed)
        steps = [0, 4, 7, 12, *rng.choices((0, 4, 7, 12), k=24), *scale, 7, 4, 0]
        notes = [
            Note(480 * place, 54 + seed % 12 + step, 960 if step in (0, 7) else 480)
            for place, step in enumerate(steps)
        ]
        (source / f"{seed:03}.mid").write_bytes(write_midi(Score((Part(Notes.of(notes)),))))
    prepare(source, tmp_path / "corpus", one_key=True, transpositions=(0, 1))
    plain = prepare(source, tmp_path / "plain", transpositions=(0, 1))
    corpus = open_corpus(tmp_path / "corpus")
    names = [file["name"] for file in corpus.manifest["files"]]
    for split in SPLITS:
        for tokens, (file, shift) in zip(
            corpus.pieces(split), corpus.manifest["splits"][split]["origins"], strict=True
        ):
            pitches = corpus.vocabulary.decode(tokens).all_notes().pitch
            original = read_midi(source / names[file]).all_notes().pitch
            assert np.array_equal(pitches - shift, original)
            assert abs(shift) <= 7
            lowest = set(pitches % 12)
            assert lowest <= {0, 2, 4, 5, 7, 9, 11} or lowest <= {1, 3, 5, 6, 8, 10, 0}
    assert corpus.manifest["settings"]["one_key"]
    assert corpus.manifest["splits"]["train"]["pieces"] == plain.splits["train"].pieces
    index = write_copy_index(tmp_path / "corpus", tmp_path / "index")
    assert len(index.names) == plain.splits["train"].pieces // 2
