"""Tar archives: read like the folder they were, and refused where they are made to hurt."""

import bz2
import gzip
import io
import lzma
import random
import tarfile

import pytest

from musicgen.corpus import ArchiveError, CorpusError
from musicgen.corpus.sources import ArchiveLimits, open_source
from tests.musicgen.corpus.test_archives import ESCAPES


def read(path, **limits):
    with open_source(path, ArchiveLimits(**limits)) as source:
        files = {file.name: file.data for file in source}
        assert list(files) == list(source.names)
        return files


@pytest.fixture
def archive(tmp_path):
    """A way to write an archive from (name or TarInfo, content) pairs."""

    def write(*members, name="a.tar", mode="w", form=tarfile.GNU_FORMAT):
        path = tmp_path / name
        with tarfile.open(path, mode, format=form) as packed:
            for entry, content in members:
                info = entry if isinstance(entry, tarfile.TarInfo) else tarfile.TarInfo(entry)
                info.size = len(content)
                packed.addfile(info, io.BytesIO(content))
        return path

    return write


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.xz", "w:xz"), ("a.tar.bz2", "w:bz2")],
)
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_it_reads_every_packing_and_dialect(archive, name, mode, form):
    folder = tarfile.TarInfo("b")
    folder.type = tarfile.DIRTYPE
    members = [
        (folder, b""),
        ("b/x.mid", b"1" * 700),
        ("./a.KAR", b""),
        ("b/._x.mid", b"no"),
        ("c.csv", b"q"),
    ]
    path = archive(*members, name=name, mode=mode, form=form)
    assert read(path) == {"b/x.mid": b"1" * 700, "a.KAR": b""}
    with open_source(path) as source:
        assert source.table_names == ("c.csv",)
        assert source.table("c.csv") == b"q"


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_it_reads_long_and_foreign_names(archive, form):
    name = "نام/" + "long " * 60 + ".mid"
    assert list(read(archive((name, b"1"), ("short.mid", b"2"), form=form))) == [name, "short.mid"]


def test_it_reads_an_archive_twice(archive):
    with open_source(archive(("a.mid", b"1"), ("b.mid", b"2"), name="a.tar.gz", mode="w:gz")) as source:
        assert list(source) == list(source)


@pytest.mark.parametrize("name", [name for name in ESCAPES if name != "//host/evil.mid"])
def test_it_refuses_names_that_point_outside(archive, tmp_path, name):
    path = archive(("good.mid", b"x"), (name, b"evil"))
    with pytest.raises(ArchiveError, match="outside"):
        read(path)
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"S"]
)
def test_it_refuses_what_is_no_file(archive, kind):
    entry = tarfile.TarInfo("link.mid")
    entry.type = kind
    entry.linkname = "/etc/passwd"
    with pytest.raises(ArchiveError, match="link or a device"):
        read(archive(("good.mid", b"x"), (entry, b"")))


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar.gz", "w:gz"), ("a.tar.xz", "w:xz"), ("a.tar.bz2", "w:bz2")]
)
@pytest.mark.parametrize("member", ["bomb.mid", "bomb.bin"])
def test_it_refuses_a_bomb_while_it_unfolds(archive, name, mode, member):
    with pytest.raises(ArchiveError, match="100 times its size"):
        read(archive(("a.mid", b"1"), (member, bytes(20_000_000)), name=name, mode=mode))


@pytest.mark.parametrize("opener", [gzip.open, lzma.open, bz2.open])
def test_it_refuses_a_bomb_before_the_first_member(tmp_path, opener):
    entry = tarfile.TarInfo("x" * 10_000_000 + ".mid")
    path = tmp_path / "a.tar.gz"
    with opener(path, "wb") as file:
        file.write(entry.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(ArchiveError):
        read(path)


def test_it_refuses_too_many_entries_and_too_many_bytes(archive):
    path = archive(*((f"{number}.mid", bytes(600)) for number in range(5)))
    assert len(read(path, max_files=5)) == 5
    with pytest.raises(ArchiveError, match="5 entries or more"):
        read(path, max_files=4)
    with pytest.raises(ArchiveError, match="2,000 bytes"):
        read(path, max_total_bytes=2000)


def test_it_refuses_archives_within_archives(archive):
    with pytest.raises(ArchiveError, match="within the archive"):
        read(archive(("good.mid", b"x"), ("deep/inner.zip", b"PK")))


def test_it_delivers_one_byte_more_than_the_limit_of_what_is_too_long(archive):
    files = read(archive(("long.mid", bytes(100_000)), ("short.mid", b"1")), max_file_bytes=99)
    assert [len(data) for data in files.values()] == [100, 1]


def test_it_notices_damage_and_cuts(archive, tmp_path):
    whole = archive(
        ("a.mid", bytes(range(256)) * 40), ("b.mid", b"1"), name="a.tar.gz", mode="w:gz"
    ).read_bytes()
    plain = gzip.decompress(whole)
    cut = tmp_path / "cut.tar"
    for content in (whole[: len(whole) // 2], plain[:700], plain[:5000]):
        cut.write_bytes(content)
        with pytest.raises(ArchiveError):
            read(cut)
    damaged = bytearray(plain)
    second = plain.index(b"b.mid")
    damaged[second + 20] ^= 1
    cut.write_bytes(damaged)
    with pytest.raises(ArchiveError, match="damaged tar archive"):
        read(cut)


def test_it_says_that_nothing_is_in_it(archive):
    with pytest.raises(CorpusError, match="no MIDI file"):
        read(archive(("readme.txt", b"")))


@pytest.mark.parametrize("packing", [bytes, gzip.compress, lzma.compress])
def test_it_answers_any_damage_with_an_error_of_its_own(archive, packing):
    generator = random.Random(1)
    long_name = "long " * 40 + ".mid"
    whole = bytearray(packing(archive(("a.mid", b"1" * 600), (long_name, b"2")).read_bytes()))
    path = archive(("a.mid", b""), name="fuzzed.tar")
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(generator.randint(1, 4)):
            damaged[generator.randrange(min(len(damaged), 3000))] = generator.randrange(256)
        path.write_bytes(
            damaged[: generator.randint(1, len(damaged))] if generator.random() < 0.2 else damaged
        )
        try:
            read(path)
            outcomes.add("read")
        except CorpusError:
            outcomes.add("refused")
    assert "refused" in outcomes
