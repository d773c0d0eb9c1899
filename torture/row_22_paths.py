"""Names in archives that point elsewhere put no file there, or anywhere."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

from musicgen.corpus import CorpusError
from musicgen.corpus.sources import LARGE_ARCHIVE_LIMITS, open_source
from torture.table import Outcome

PROMISE = "no path escapes: 12 payloads in zip and tar"
WANTED = "0 files outside"
PAYLOADS = (
    *("../x.mid", "../../../../tmp/x.mid", "/tmp/x.mid", "a/../../x.mid", "..\\x.mid", "\\x.mid"),
    *("C:\\x.mid", "C:/x.mid", "a/./../../x.mid", "//host/x.mid", "a\0../x.mid", "....//../x.mid"),
)


def run() -> Outcome:
    """Read archives with each name, in an empty folder."""
    refused = outside = 0
    for payload in PAYLOADS:
        for kind in ("zip", "tar"):
            with tempfile.TemporaryDirectory(prefix="torture-") as name:
                folder = Path(name) / "a" / "b"
                folder.mkdir(parents=True)
                path = folder / f"archive.{kind}"
                _write(path, payload)
                try:
                    with open_source(path, LARGE_ARCHIVE_LIMITS) as source:
                        list(source)
                except CorpusError:
                    refused += 1
                outside += sum(found.is_file() and found != path for found in Path(name).rglob("*"))
    outside += Path("/tmp/x.mid").exists()
    total = 2 * len(PAYLOADS)
    return Outcome(not outside, f"{outside} files outside, {refused}/{total} archives refused")


def _write(path: Path, payload: str) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            entry = zipfile.ZipInfo()
            entry.filename = payload
            archive.writestr(entry, b"MThd")
    else:
        with tarfile.open(path, "w") as archive:
            member = tarfile.TarInfo(payload)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"MThd"))
