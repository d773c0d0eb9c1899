"""Where MIDI files come from: folders, zip archives and single files."""

import zipfile

import pytest

from musicgen.corpus import CorpusError
from musicgen.corpus.sources import ArchiveLimits, open_source


def read(path, limits=None):
    with open_source(path, *([limits] if limits else [])) as source:
        files = {file.name: file.data for file in source}
        assert list(files) == list(source.names)
        return files


def test_it_finds_midi_files_at_any_depth_in_the_order_of_names(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("z.MID", "b/c/a.midi", "b/k.kar", "b/r.rmi", "readme.txt", "b/d.mp3"):
        (tmp_path / name).write_bytes(name.encode())
    assert read(tmp_path) == {name: name.encode() for name in ("b/c/a.midi", "b/k.kar", "b/r.rmi", "z.MID")}


def test_it_follows_no_links_out_of_the_folder(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.mid").write_bytes(b"secret")
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "a.mid").write_bytes(b"a")
    (folder / "link.mid").symlink_to(tmp_path / "secret" / "s.mid")
    (folder / "linked").symlink_to(tmp_path / "secret")
    assert read(folder) == {"a.mid": b"a"}


def test_it_takes_a_single_file_of_any_name(tmp_path):
    (tmp_path / "song").write_bytes(b"MThd")
    assert read(tmp_path / "song") == {"song": b"MThd"}


def test_it_reads_a_zip_archive_like_the_folder_it_was(tmp_path):
    path = tmp_path / "songs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("b")
        archive.writestr("b/persisch نام.mid", b"2")
        archive.writestr("a.mid", b"1")
        archive.writestr("licence.txt", b"CC0")
        archive.writestr("__MACOSX/a.mid", b"shadow")
        archive.writestr("b/._a.mid", b"shadow")
    assert read(path) == {"a.mid": b"1", "b/persisch نام.mid": b"2"}


def test_it_delivers_one_byte_more_than_the_limit_of_what_is_too_long(tmp_path):
    (tmp_path / "long.mid").write_bytes(bytes(1000))
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(tmp_path / "long.mid", "long.mid")
    limits = ArchiveLimits(max_file_bytes=99)
    assert len(read(tmp_path / "long.mid", limits)["long.mid"]) == 100
    assert len(read(tmp_path / "z.zip", limits)["long.mid"]) == 100


def test_it_says_that_nothing_is_there(tmp_path):
    with pytest.raises(CorpusError, match="no file or folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="no MIDI file"):
        read(tmp_path)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("readme.txt", b"")
    with pytest.raises(CorpusError, match="no MIDI file"):
        read(tmp_path / "z.zip")
