"""Receiving a file piece by piece: what is acknowledged is on the disk, whatever happens next.

The row's offset is the truth. It moves only after the bytes before it were flushed to the disk,
and bytes beyond it, left by a killed server, are cut off before the next piece is written.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.db.models import F
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from training.models import Upload
from training.models.dataset import MAX_PATH
from training.selectors.quota import usage_of
from training.services.dataset import UPLOAD_SUFFIXES, known_suffix

SYNC_BYTES: Final = 16 * 1024**2  # at most so much is sent again after the server was killed
SPARE_BYTES: Final = 256 * 1024**2  # of the disk that uploads leave free, for the database and logs
KEPT_DAYS: Final = 7  # an upload that nobody goes on with is removed after so long
_READ_BYTES: Final = 1024**2


class UploadRefusedError(ValueError):
    """It cannot be received; the message says why and what to do.

    Attributes:
        status: the HTTP status that says the same.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def upload_begin(*, owner: User, name: str, byte_count: int) -> Upload:
    """Make room for a file; refused now if it could not be kept in the end.

    Raises:
        UploadRefusedError: too large, of no use here, or the disk is too full for it.
    """
    uploads_forget_old()
    most = settings.MUSICGEN_DATASET_MAX_BYTES
    if byte_count > most:
        said = _("This is larger than the %(most)s that this site takes in one file. Split it.")
        raise UploadRefusedError(said % {"most": filesizeformat(most)}, 413)
    if byte_count == 0:
        raise UploadRefusedError(_("%(name)s is empty.") % {"name": name}, 422)
    if not known_suffix(name):
        said = _("%(name)s is neither a zip or tar archive nor a MIDI file (%(endings)s).")
        raise UploadRefusedError(said % {"name": name, "endings": ", ".join(sorted(UPLOAD_SUFFIXES))}, 415)
    left = usage_of(owner).disk_left
    if left is not None and byte_count > left:
        raise UploadRefusedError(
            _("Of the room that you have, %(left)s are left. Delete a dataset, or ask the operator for more.")
            % {"left": filesizeformat(left)},
            413,
        )
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    expected = sum(Upload.objects.filter(sha256="").values_list(F("bytes") - F("offset"), flat=True))
    if shutil.disk_usage(folder).free < byte_count + expected + SPARE_BYTES:
        raise disk_full()
    upload = Upload(owner=owner, name=name[-MAX_PATH:], bytes=byte_count)
    upload.path.touch(mode=0o600, exist_ok=False)
    upload.save()
    return upload


def disk_full() -> UploadRefusedError:
    """The error for a disk without room."""
    return UploadRefusedError(
        _("There is no room left on the site’s disk. What was sent is kept; tell the operator, then go on."),
        507,
    )


def upload_append(*, upload: Upload, offset: int, pieces: Iterable[bytes]) -> Upload:
    """Write pieces at the end of what is there; as many as come are kept.

    Args:
        offset: where the sender believes they belong.
        pieces: may end early, or raise `OSError`, when the connection does.

    Returns:
        The upload as it is now; hashed and in its final place if it is whole.

    Raises:
        UploadRefusedError: they belong elsewhere, are too many, or somebody else is writing.
    """
    with _held(upload) as file:
        upload.refresh_from_db()
        if offset != upload.offset:
            raise UploadRefusedError(_("The next byte is %(next)s.") % {"next": upload.offset}, 409)
        file.truncate(upload.offset)
        file.seek(upload.offset)
        try:
            _write(upload, file, pieces)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise disk_full() from error
            # The connection broke off; what came before is kept.
        finally:
            _settle(upload, file)
        if upload.offset == upload.bytes:
            _complete(upload, file)
    return upload


def _write(upload: Upload, file: IO[bytes], pieces: Iterable[bytes]) -> None:
    unsettled = 0
    for piece in pieces:
        if file.tell() + len(piece) > upload.bytes:
            raise UploadRefusedError(_("These are more bytes than were announced."), 413)
        file.write(piece)
        unsettled += len(piece)
        if unsettled >= SYNC_BYTES:
            _settle(upload, file)
            unsettled = 0


def _settle(upload: Upload, file: IO[bytes]) -> None:
    """Flush to the disk, then move the offset."""
    file.flush()
    os.fsync(file.fileno())
    now = timezone.now()
    Upload.objects.filter(pk=upload.pk).update(offset=file.tell(), touched_at=now)
    upload.offset, upload.touched_at = file.tell(), now


def _complete(upload: Upload, file: IO[bytes]) -> None:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_READ_BYTES):
        digest.update(piece)
    part = upload.path
    upload.sha256 = digest.hexdigest()
    part.rename(upload.path)
    sync_folder(upload.path.parent)
    Upload.objects.filter(pk=upload.pk).update(sha256=upload.sha256)


@contextlib.contextmanager
def _held(upload: Upload) -> Iterator[IO[bytes]]:
    """The file, for one writer at a time; the system lets go when a server dies."""
    if upload.is_whole:
        raise UploadRefusedError(_("This upload is whole already."), 409)
    try:
        file = upload.path.open("r+b", buffering=0)
    except FileNotFoundError:
        _heal(upload)
        raise UploadRefusedError(_("Ask again where to go on."), 409) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UploadRefusedError(_("Another request is still writing to this upload."), 423) from None
        yield file


def _heal(upload: Upload) -> None:
    """Put right what a server left that was killed between the rename and the row, or lost the file."""
    whole = upload.path.with_suffix(".whole")
    if whole.is_file() and whole.stat().st_size == upload.bytes:
        with whole.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        Upload.objects.filter(pk=upload.pk).update(sha256=digest, offset=upload.bytes)
    else:
        upload.path.touch(mode=0o600)
        Upload.objects.filter(pk=upload.pk).update(offset=0)
    upload.refresh_from_db()


def upload_look(*, upload: Upload) -> Upload:
    """The upload, its row in step with its file after a crash."""
    if not upload.path.is_file():
        _heal(upload)
    return upload


def upload_forget(*, upload: Upload) -> None:
    """Remove it with its bytes."""
    upload.path.unlink(missing_ok=True)
    Upload.objects.filter(pk=upload.pk).delete()


def uploads_forget_old() -> None:
    """Remove what nobody goes on with."""
    for upload in Upload.objects.filter(touched_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)):
        upload_forget(upload=upload)


def sync_folder(folder: Path) -> None:
    """Make a rename last: it is only on the disk once the folder that holds the name is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
