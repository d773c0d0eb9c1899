"""How much of the site somebody uses, and how much they may."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Quota, User
from training.models import DatasetFile, DatasetUpload, Run, Upload, Verdict

PERIOD: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Usage:
    """What is used and what is allowed; a limit of None is none.

    Attributes:
        disk_bytes: of uploads and files of their datasets, those still arriving too.
        train_seconds: of runs that were asked for in the last thirty days.
    """

    disk_bytes: int
    disk_limit: int | None
    train_seconds: float
    train_limit: int | None

    @property
    def disk_left(self) -> int | None:
        """Bytes that may still be sent."""
        return None if self.disk_limit is None else max(0, self.disk_limit - self.disk_bytes)

    @property
    def may_train(self) -> bool:
        """Whether time for training is left."""
        return self.train_limit is None or self.train_seconds < self.train_limit

    @property
    def train_hours(self) -> float:
        """Hours of training used."""
        return self.train_seconds / 3600

    @property
    def train_limit_hours(self) -> float | None:
        """Hours of training allowed."""
        return None if self.train_limit is None else self.train_limit / 3600


def usage_of(user: User) -> Usage:
    """What this user uses and may use."""
    quota = Quota.objects.filter(user=user).first()
    uploads = DatasetUpload.objects.filter(dataset__owner=user)
    files = DatasetFile.objects.filter(dataset__owner=user, verdict=Verdict.TAKEN)
    disk = sum(
        rows.aggregate(total=Sum("bytes"))["total"] or 0
        for rows in (uploads, files, Upload.objects.filter(owner=user))
    )
    recent = Run.objects.filter(owner=user, created_at__gt=timezone.now() - PERIOD)
    trained = recent.aggregate(total=Sum("trained_seconds"))["total"] or 0.0
    disk_limit = settings.QUOTA_DISK_BYTES or None
    train_limit = int(settings.QUOTA_TRAIN_HOURS * 3600) or None
    if quota is not None and quota.disk_bytes is not None:
        disk_limit = quota.disk_bytes
    if quota is not None and quota.train_seconds is not None:
        train_limit = quota.train_seconds
    return Usage(disk, disk_limit, trained, train_limit)
