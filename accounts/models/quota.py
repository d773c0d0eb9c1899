"""How much of the site one person may use, where that differs from everybody's."""

from django.conf import settings
from django.db import models


class Quota(models.Model):
    """An operator's exception for one user; what is left empty is as for everybody.

    Attributes:
        disk_bytes: of uploads and files of their datasets.
        train_seconds: of training in any thirty days.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quota")
    disk_bytes = models.PositiveBigIntegerField(null=True, blank=True, help_text="bytes of datasets")
    train_seconds = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="seconds of training in thirty days"
    )

    def __str__(self) -> str:
        return f"quota of {self.user}"
