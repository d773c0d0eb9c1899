"""Archives that would unfold without end, or hold what no archive of music holds, are refused."""

from __future__ import annotations

import io
import struct
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

from musicgen.corpus import CorpusError
from musicgen.corpus.sources import LARGE_ARCHIVE_LIMITS, open_source
from torture.table import Outcome

PROMISE = "archives: bombs, overlapping entries, nested, links, encrypted; by the streamed count"
WANTED = "all refused; ratio ≤ 100:1"


def run() -> Outcome:
    """Read each with the limits of datasets of many gigabytes."""
    refused = []
    slowest = 0.0
    makers = (_bomb, _lying_bomb, _overlapping, _nested, _zip_link, _tar_link, _encrypted, _tar_bomb)
    for make in makers:
        with tempfile.TemporaryDirectory(prefix="torture-") as name:
            path = make(Path(name))
            begun = time.monotonic()
            try:
                with open_source(path, LARGE_ARCHIVE_LIMITS) as source:
                    for _file in source:
                        pass
            except CorpusError:
                refused.append(make.__name__)
            slowest = max(slowest, time.monotonic() - begun)
    return Outcome(
        len(refused) == len(makers), f"{len(refused)}/{len(makers)} refused, {slowest:.1f} s at most"
    )


def _zip(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "archive.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def _bomb(folder: Path) -> Path:
    return _zip(folder, {"bomb.mid": b"\0" * 300 * 2**20})


def _lying_bomb(folder: Path) -> Path:
    path = _bomb(folder)
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\1\2")
    data[place + 24 : place + 28] = struct.pack("<I", 100)  # says that it unfolds to 100 bytes
    path.write_bytes(data)
    return path


def _overlapping(folder: Path) -> Path:
    path = _zip(folder, {"a.mid": b"x" * 4000, "b.mid": b"y" * 4000})
    data = bytearray(path.read_bytes())
    second = data.rfind(b"PK\1\2")
    data[second + 42 : second + 46] = struct.pack("<I", 0)  # both entries begin at the same byte
    path.write_bytes(data)
    return path


def _nested(folder: Path) -> Path:
    return _zip(folder, {"a.mid": b"x", "more.zip": _bomb(folder).read_bytes()})


def _zip_link(folder: Path) -> Path:
    path = folder / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("link.mid")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return path


def _tar_link(folder: Path) -> Path:
    path = folder / "archive.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("link.mid")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    return path


def _encrypted(folder: Path) -> Path:
    path = _zip(folder, {"a.mid": b"x" * 100})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.find(mark) + offset] |= 1
    path.write_bytes(data)
    return path


def _tar_bomb(folder: Path) -> Path:
    path = folder / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("bomb.mid")
        entry.size = 300 * 2**20
        archive.addfile(entry, io.BytesIO(b"\0" * entry.size))
    return path
