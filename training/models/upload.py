"""Files on their way to this site, a piece at a time; they go on after any interruption."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from training.models.dataset import MAX_PATH


class Upload(models.Model):
    """A file that is being received.

    Attributes:
        offset: bytes that are safely on the disk; what lies beyond is not counted.
        sha256: of the whole file, once it is whole.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="unfinished_uploads"
    )
    name = models.CharField(max_length=MAX_PATH, help_text="as the sender named it")
    bytes = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_whole(self) -> bool:
        """Whether every byte is here, and hashed."""
        return bool(self.sha256)

    @property
    def path(self) -> Path:
        """Where its bytes are: under another name once it is whole."""
        return Path(settings.FILE_UPLOAD_TEMP_DIR, f"{self.pk}.{'whole' if self.is_whole else 'part'}")
