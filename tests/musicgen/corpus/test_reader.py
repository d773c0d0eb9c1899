"""A corpus on disk: read with NumPy alone, and trusted only as it was written."""

import json
import subprocess
import sys

import numpy as np
import pytest

from musicgen.corpus import CorpusError, open_corpus
from musicgen.corpus.prepare import prepare
from tests.musicgen.corpus.pieces import folder_of


@pytest.fixture
def folder(tmp_path):
    prepare(folder_of(tmp_path / "source", range(12)), tmp_path / "corpus")
    return tmp_path / "corpus"


def test_it_gives_pieces_as_views_of_what_lies_on_disk(folder):
    pieces = open_corpus(folder).pieces("train")
    vocabulary = open_corpus(folder).vocabulary
    assert pieces.tokens.dtype == np.uint16
    assert [len(piece) for piece in pieces] == np.diff(pieces.offsets).tolist()
    assert all(piece[0] == vocabulary.bos and piece[-1] == vocabulary.eos for piece in pieces)
    assert np.array_equal(pieces[-1], pieces[len(pieces) - 1])
    assert [len(piece) for piece in pieces[1:3]] == [len(pieces[1]), len(pieces[2])]
    assert not pieces[0].flags.writeable
    with pytest.raises(IndexError):
        pieces[len(pieces)]


def test_it_needs_neither_midi_library_nor_network(folder):
    script = (
        "import sys; from pathlib import Path; from musicgen.corpus import open_corpus\n"
        f"open_corpus(Path({str(folder)!r})).pieces('train')[0]\n"
        "print(sorted({'symusic', 'music21', 'keras', 'tensorflow', 'scipy'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "name", ["vocabulary.json", "train.tokens.npy", "validation.offsets.npy", "test.tokens.npy"]
)
def test_it_notices_a_changed_or_missing_file(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(CorpusError, match=name):
        open_corpus(folder)
    (folder / name).unlink()
    with pytest.raises(CorpusError, match=name):
        open_corpus(folder)


@pytest.mark.parametrize("change", [{"format_version": 99}, {"sha256": None}])
def test_it_refuses_a_manifest_that_it_does_not_understand(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(CorpusError, match="prepare it again"):
        open_corpus(folder)


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_it_refuses_what_is_no_manifest(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(CorpusError, match=r"manifest\.json"):
        open_corpus(folder)


def test_it_says_that_a_folder_is_no_corpus(tmp_path):
    with pytest.raises(CorpusError, match="is this the folder of a corpus"):
        open_corpus(tmp_path)


def test_it_knows_three_splits(folder):
    with pytest.raises(CorpusError, match="no split 'holdout'"):
        open_corpus(folder).pieces("holdout")


@pytest.fixture
def folder_of_tones(tmp_path):
    prepare(folder_of(tmp_path / "source", range(12)), tmp_path / "corpus", representation="tones")
    return tmp_path / "corpus"


def test_it_reads_continuous_tones_piece_by_piece(folder_of_tones):
    cells = open_corpus(folder_of_tones).cells("train")
    assert [piece.shape for piece in cells] == [(count, 4) for count in np.diff(cells.offsets)]
    assert not cells[0].flags.writeable


def test_it_tells_tokens_from_tones(folder, tmp_path):
    prepare(tmp_path / "source", tmp_path / "tones", representation="tones")
    of_tokens, of_tones = open_corpus(folder), open_corpus(tmp_path / "tones")
    with pytest.raises(CorpusError, match="holds tokens"):
        _ = of_tokens.tones
    with pytest.raises(CorpusError, match="holds tokens"):
        of_tokens.cells("train")
    with pytest.raises(CorpusError, match="holds continuous tones"):
        _ = of_tones.vocabulary
    with pytest.raises(CorpusError, match="holds continuous tones"):
        of_tones.pieces("train")


def test_it_notices_changed_tones(folder_of_tones):
    path = folder_of_tones / "train.values.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorpusError, match=r"train\.values\.npy"):
        open_corpus(folder_of_tones)
