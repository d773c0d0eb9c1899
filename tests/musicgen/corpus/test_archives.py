"""Archives made to hurt are refused, and none writes a file anywhere."""

import struct
import zipfile

import pytest

from musicgen.corpus import ArchiveError
from musicgen.corpus.sources import ArchiveLimits, open_source


def read(path, **limits):
    with open_source(path, ArchiveLimits(**limits)) as source:
        return [(file.name, len(file.data)) for file in source]


@pytest.fixture
def archive(tmp_path):
    """A way to write an archive from (name or ZipInfo, content) pairs."""

    def write(*members, method=zipfile.ZIP_DEFLATED):
        path = tmp_path / "given" / "a.zip"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w", method) as zipped:
            for name, content in members:
                zipped.writestr(name, content)
        return path

    return write


def changed(path, old, new, count=-1):
    """The archive with bytes of its records replaced."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, count))
    return path


ESCAPES = [
    "../evil.mid",
    "a/../../evil.mid",
    "/tmp/evil.mid",
    "//host/evil.mid",
    "..\\evil.mid",
    "a\\..\\..\\evil.mid",
    "\\evil.mid",
    "C:\\evil.mid",
    "C:/evil.mid",
    "c:evil.mid",
    "a/b/../../../evil.mid",
    "..",
]


@pytest.mark.parametrize("name", ESCAPES)
def test_it_refuses_names_that_point_outside(archive, tmp_path, name):
    path = archive(("good.mid", b"x"), (name, b"evil"))
    with pytest.raises(ArchiveError, match="outside"):
        read(path)
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


def test_it_refuses_a_name_with_a_hidden_end(archive):
    path = archive(("good.mid", b"x"), ("evil_mid.mid", b"x"))
    with pytest.raises(ArchiveError, match="outside"):
        read(changed(path, b"evil_mid.mid", b"evil\0mid.mid"))


def test_it_refuses_a_bomb_while_it_unfolds(archive):
    path = archive(("bomb.mid", bytes(50_000_000)))
    with pytest.raises(ArchiveError, match="100 times its size"):
        read(path)


def test_it_refuses_a_bomb_of_many_small_files(archive):
    path = archive(*((f"{number}.mid", bytes(1_000_000)) for number in range(30)))
    with pytest.raises(ArchiveError, match="100 times its size"):
        read(path)


def test_it_counts_what_unfolds_and_not_what_the_headers_say(archive):
    path = archive(("bomb.mid", bytes(50_000_000)))
    changed(path, struct.pack("<I", 50_000_000), struct.pack("<I", 40))
    with pytest.raises(ArchiveError):
        read(path)


def test_it_reads_small_files_that_pack_well(archive):
    path = archive(*((f"{number}.mid", bytes(100_000)) for number in range(10)))
    assert read(path) == [(f"{number}.mid", 100_000) for number in range(10)]


def test_it_refuses_more_in_all_than_the_limit(archive):
    path = archive(("a.mid", bytes(600)), ("b.mid", bytes(600)), method=zipfile.ZIP_STORED)
    assert len(read(path, max_total_bytes=1200)) == 2
    with pytest.raises(ArchiveError, match="1,199 bytes"):
        read(path, max_total_bytes=1199)


def test_it_refuses_too_many_entries(archive):
    path = archive(*((f"{number}.mid", b"") for number in range(5)))
    assert len(read(path, max_files=5)) == 5
    with pytest.raises(ArchiveError, match="more than 4 entries"):
        read(path, max_files=4)


def test_it_refuses_a_directory_that_claims_to_be_huge(archive):
    path = archive(("a.mid", b""))
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<I", 2**31)
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="more than 50,000"):
        read(path)


@pytest.mark.parametrize("name", ["inner.zip", "deep/inner.tar.gz", "inner.7z"])
def test_it_refuses_archives_within_archives(archive, name):
    with pytest.raises(ArchiveError, match="within the archive"):
        read(archive(("good.mid", b"x"), (name, b"PK")))


@pytest.mark.parametrize("kind", [0o120777, 0o020666, 0o010666], ids=["link", "device", "pipe"])
def test_it_refuses_what_is_no_file(archive, kind):
    entry = zipfile.ZipInfo("link.mid")
    entry.external_attr = kind << 16
    with pytest.raises(ArchiveError, match="link or a device"):
        read(archive((entry, b"/etc/passwd")))


def test_it_refuses_encrypted_files(archive):
    path = archive(("secret.mid", b"x"))
    data = bytearray(path.read_bytes())
    for record, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(record) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="encrypted"):
        read(path)


def test_it_refuses_entries_that_share_their_bytes(archive):
    path = archive(("a.mid", bytes(range(200))), ("b.mid", bytes(range(200))), method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)  # where its local header is said to be
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="overlaps"):
        read(path)


def test_it_refuses_unusual_packing(archive):
    with pytest.raises(ArchiveError, match="unusual method"):
        read(archive(("a.mid", b"x" * 100), method=zipfile.ZIP_LZMA))


def test_it_notices_damage(archive, tmp_path):
    path = archive(("a.mid", bytes(range(256)) * 10), method=zipfile.ZIP_STORED)
    with pytest.raises(ArchiveError, match="cannot be unpacked"):
        read(changed(path, bytes(range(256)), bytes(range(255)) + b"!", 1))
    (tmp_path / "half.zip").write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ArchiveError, match="not a whole zip archive"):
        read(tmp_path / "half.zip")
