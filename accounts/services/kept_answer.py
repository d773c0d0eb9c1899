"""Requests that may be sent twice and do their work once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import ApiToken, KeptAnswer

KEPT_FOR: Final = timedelta(hours=24)
WORKED_FOR: Final = timedelta(minutes=10)  # longer than any request takes: its server died


@dataclass(frozen=True, slots=True)
class Begun:
    """This request is the first with its key; its answer is to be kept."""

    row: KeptAnswer


@dataclass(frozen=True, slots=True)
class Known:
    """It was answered before."""

    row: KeptAnswer


class KeyReusedError(ValueError):
    """The key came with another request before."""


class KeyInUseError(ValueError):
    """A request with this key is still being worked on."""


def kept_answer_begin(*, token: ApiToken, key: str, digest: str) -> Begun | Known:
    """Claim a key for a request.

    Raises:
        KeyReusedError, KeyInUseError: see there.
    """
    now = timezone.now()
    old = KeptAnswer.objects.filter(token=token)
    old.filter(created_at__lt=now - KEPT_FOR).delete()
    old.filter(status=None, created_at__lt=now - WORKED_FOR).delete()
    try:
        with transaction.atomic():
            return Begun(KeptAnswer.objects.create(token=token, key=key, digest=digest))
    except IntegrityError:
        row = KeptAnswer.objects.get(token=token, key=key)
    if row.digest != digest:
        raise KeyReusedError("This Idempotency-Key came with another request; take a new one.")
    if row.status is None:
        raise KeyInUseError("The first request with this Idempotency-Key is still being worked on.")
    return Known(row)


def kept_answer_end(*, begun: Begun, status: int, body: str, content_type: str) -> None:
    """Keep what was answered."""
    KeptAnswer.objects.filter(pk=begun.row.pk).update(status=status, body=body, content_type=content_type)


def kept_answer_forget(*, begun: Begun) -> None:
    """The request did nothing: it may be sent again with the same key."""
    KeptAnswer.objects.filter(pk=begun.row.pk).delete()
