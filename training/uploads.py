"""How uploaded bytes arrive: into files of the data folder, hashed on the way, too many refused early."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _


class UploadTooLargeError(ValueError):
    """More bytes than the site takes at a time; the message says how many it takes."""


class ReceivingHandler(TemporaryFileUploadHandler):
    """Writes each file of a form to the upload folder, whatever its size, and hashes it on the way.

    The received file carries its SHA-256 as `sha256`.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write and hash a piece of it."""
        self._digest.update(raw_data)
        with self._gone_on_error():
            return super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        """The whole file, with its digest."""
        with self._gone_on_error():
            received = super().file_complete(file_size)
        if received is not None:
            received.sha256 = self._digest.hexdigest()  # type: ignore[attr-defined]
        return received

    @contextmanager
    def _gone_on_error(self) -> Iterator[None]:
        """Remove what was written if the disk takes no more: the parser leaves it where it is."""
        try:
            yield
        except OSError:
            with suppress(OSError):
                self.upload_interrupted()
            raise


def receive_files(request: HttpRequest) -> None:
    """Prepare the request for its files; nothing of its body has been read yet.

    Raises:
        UploadTooLargeError: it announces more than `MUSICGEN_UPLOAD_MAX_BYTES`.
    """
    most = settings.MUSICGEN_UPLOAD_MAX_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
        raise UploadTooLargeError(
            _("This is larger than the %(most)s that this site takes at a time. Upload it in several parts.")
            % {"most": filesizeformat(most)}
        )
    request.upload_handlers = [ReceivingHandler(request)]
