"""A full disk: what does not fit is refused in words, nothing half-written stays, and it passes by itself."""

from __future__ import annotations

import contextlib
import errno
import time
from pathlib import Path
from typing import Any

from torture.own import on_own_site
from torture.site import Site
from torture.table import Outcome

PROMISE = "disk full: 64 MiB tmpfs during upload, verdict, save"
WANTED = "clear error, 0 partial files, normal ≤ 10 s after space"
SIZE = "64m"
_HTML = {"HTTP_ACCEPT": "text/html"}


def run() -> Outcome:
    """Try it on an empty site whose data folder is small."""
    return on_own_site(__name__, small_disk=SIZE)


def tried(site: Site) -> Outcome:
    """Fill the disk, try everything, make room, try everything again."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    attempts = _attempts(site.folder)
    for attempt in attempts.values():
        attempt()  # what is made once, is made
    filler = site.folder / "filler"
    before = _files(site.folder)
    _fill(filler)
    full = {name: attempt() for name, attempt in attempts.items()}
    left = sorted(_files(site.folder) - before - {filler})
    filler.unlink()
    begun = time.monotonic()
    normal = {name: attempt() for name, attempt in attempts.items()}
    seconds = time.monotonic() - begun
    is_clear = all("no room" in words.lower() or "full" in words.lower() for words in full.values())
    is_normal = all(words == "done" for words in normal.values())
    kept = is_clear and is_normal and not left and seconds <= 10
    told = f"{len(full)} refused: {full}" if not is_clear else f"{len(full)}/{len(full)} refused clearly"
    again = f"normal after {seconds:.1f} s" if is_normal else f"afterwards {normal}"
    return Outcome(kept, f"{told}, {len(left)} partial files {[path.name for path in left][:3]}; {again}")


def _attempts(folder: Path) -> dict[str, Any]:
    """What is tried: each returns "done", or the words of its refusal."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client

    from accounts.models import User
    from accounts.roles import RESEARCHER
    from accounts.services import user_grant_role
    from generator.models import Song

    ada = User.objects.create_user("ada@example.org", "a-long-password")
    user_grant_role(user=ada, role=RESEARCHER)
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    song = Song.objects.create(title="Heard", is_published=True)
    filler = folder / "filler"
    # Of zeros: a file system in memory counts them as it counts music.
    archive = bytes(2**20)

    def upload() -> str:
        form = {"name": "Tunes", "licence": "cc0", "source": "chance"}
        file = SimpleUploadedFile("tunes.zip", archive)
        answer = client.post("/datasets/upload/", {**form, "uploads": file}, **_HTML)
        return _said(answer, 302)

    def verdict() -> str:
        # Until one does not fit: what the database's log has room for, it takes.
        for _ in range(1 if not filler.exists() else 2000):
            anybody = Client(raise_request_exception=False)
            answer = anybody.post(f"/songs/{song.pk}/rate/", {"stars": 4}, **_HTML)
            if answer.status_code != 302:
                break
        return _said(answer, 302)

    def save() -> str:
        return _save(folder / "checkpoint")

    return {"upload": upload, "verdict": verdict, "save": save}


def _save(folder: Path) -> str:
    import numpy as np

    from musicgen.learning.checkpoint import CheckpointInfo, read_weights, write_checkpoint

    info = CheckpointInfo("lstm", {}, {"representation": "chords"}, "ab" * 32, 1, 0.0, {}, 0, {})
    try:
        write_checkpoint(folder, info, {"w": np.ones(500_000, np.float32)})
    except OSError as error:
        read_weights(folder)  # the one before is whole
        return "no room" if error.errno == errno.ENOSPC else str(error)
    return "done"


def _said(answer: Any, wanted: int) -> str:
    if answer.status_code == wanted:
        return "done"
    text = answer.content.decode(errors="replace")
    return text if answer.status_code in (503, 507) else f"{answer.status_code}: {text[:80]}"


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _files(folder: Path) -> set[Path]:
    """But for those that databases and logs keep for themselves."""
    own = (".log", ".sqlite3", "-wal", "-shm")
    found = (path for path in folder.rglob("*") if path.is_file() and "redis" not in path.parts)
    return {path for path in found if not path.name.endswith(own)}
