"""An index on disk: the same from MIDI files and from the corpus made of them."""

import json

import numpy as np
import pytest

from musicgen.corpus import CorpusError, open_corpus
from musicgen.corpus.copy_index import open_copy_index, write_copy_index
from musicgen.corpus.prepare import prepare
from tests.musicgen.corpus.pieces import folder_of, piece


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("source") / "s", range(40))


@pytest.fixture(scope="module")
def index(source):
    out = source.parent / "index"
    write_copy_index(source, out)
    return out


def test_it_holds_the_train_split_alone(source, index):
    prepare(source, source.parent / "corpus")
    manifest = open_corpus(source.parent / "corpus").manifest
    train = [file["name"] for file in manifest["files"] if file["split"] == "train"]
    assert list(open_copy_index(index).names) == train


def test_it_reads_from_disk_what_it_wrote(source, index):
    opened = open_copy_index(index)
    assert isinstance(opened.text, np.memmap)
    seed = int(opened.names[3][:3])
    report = opened.report(piece(seed))
    assert (report.shared_percent, report.shared_piece) == (100.0, opened.names[3])
    again = source.parent / "again"
    write_copy_index(source, again)
    for path in index.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_it_is_the_same_from_a_corpus_with_transposed_copies(source, index):
    corpus = source.parent / "transposed"
    prepare(source, corpus, transpositions=(0, 2))
    from_corpus = write_copy_index(corpus, source.parent / "other")
    from_files = open_copy_index(index)
    assert from_corpus.names == from_files.names
    assert np.array_equal(from_corpus.text, from_files.text)


def test_it_says_what_is_usual_where_enough_is_set_aside(tmp_path):
    many = folder_of(tmp_path / "many", range(130))
    usual = write_copy_index(many, tmp_path / "index").baseline
    assert usual.songs >= 20
    assert open_copy_index(tmp_path / "index").baseline == usual


def test_it_refuses_what_is_no_index(index, tmp_path):
    with pytest.raises(CorpusError, match="is this an index"):
        open_copy_index(tmp_path)
    content = json.loads((index / "index.json").read_text())
    for path in index.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "index.json").write_text(json.dumps({**content, "names": content["names"][1:]}))
    with pytest.raises(CorpusError, match="do not belong together"):
        open_copy_index(tmp_path)
    (tmp_path / "index.json").write_text(json.dumps({**content, "format_version": 9}))
    with pytest.raises(CorpusError, match="another version"):
        open_copy_index(tmp_path)
    (tmp_path / "index.json").write_text(json.dumps(content))
    (tmp_path / "text.npy").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"text\.npy cannot be read"):
        open_copy_index(tmp_path)
