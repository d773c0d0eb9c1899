"""Asking for songs: by a listener, within fair limits, and by the site itself."""

import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Listener
from generator.models import ComposeRequest
from musicgen.sampling.settings import SamplingSettings
from training.models import Checkpoint
from training.services import work_enqueue, work_request_cancel, work_requeue

# Listeners are served in turn, so that the many takes of one do not delay another's first.
ACTIVE_LIMIT: Final = 8  # takes of one listener that wait or are composed at a time
HOURLY_LIMIT: Final = 80  # takes that one listener may ask for in an hour
DRAWN_SEEDS: Final = 1_000_000  # a seed that nobody chose is short enough to read out


class FairLimitError(Exception):
    """The listener has asked for as many songs as is fair for now; the message says what to do."""


def seed_draw() -> int:
    """A seed for somebody who did not choose one."""
    return secrets.randbelow(DRAWN_SEEDS)


@transaction.atomic
def compose_request_create(
    *, checkpoint: Checkpoint, sampling: SamplingSettings, listener: Listener
) -> ComposeRequest:
    """Ask for a song on behalf of a listener.

    Raises:
        FairLimitError: they have asked for as many as is fair for now.
    """
    # Two requests of one listener at once are counted one after the other.
    Listener.objects.select_for_update().get(pk=listener.pk)
    fair_limit_check(listener)
    return _create(checkpoint, sampling, listener)


@transaction.atomic
def compose_requests_create(
    *, checkpoint: Checkpoint, sampling: SamplingSettings, listener: Listener, takes: int
) -> list[ComposeRequest]:
    """Ask for several songs that differ in their seeds.

    Raises:
        FairLimitError: they would be more than is fair for now; then none is asked for.
    """
    Listener.objects.select_for_update().get(pk=listener.pk)
    fair_limit_check(listener, more=takes)
    return [_create(checkpoint, sampling.for_take(number), listener) for number in range(takes)]


@transaction.atomic
def compose_request_ensure(
    *, checkpoint: Checkpoint, sampling: SamplingSettings
) -> tuple[ComposeRequest, bool]:
    """The site's own request for this song, made now if there is none.

    Returns:
        The request, and whether it is new.
    """
    asked = ComposeRequest.objects.filter(listener=None, checkpoint=checkpoint, settings__seed=sampling.seed)
    known = asked.first()
    return (known, False) if known else (_create(checkpoint, sampling, None), True)


def compose_request_cancel(*, request: ComposeRequest) -> None:
    """Stop it: at once while it waits, within seconds while it is composed."""
    work_request_cancel(row=request)


@transaction.atomic
def compose_request_retry(*, request: ComposeRequest, listener: Listener | None) -> bool:
    """Make a request that failed or was cancelled wait again. Returns whether it does.

    Raises:
        FairLimitError: the listener has as many songs on the way as is fair.
    """
    if listener is not None:
        Listener.objects.select_for_update().get(pk=listener.pk)
        _check_active(listener)
    return work_requeue(row=request, progress=0.0, keep_requested=False)


def _create(checkpoint: Checkpoint, sampling: SamplingSettings, listener: Listener | None) -> ComposeRequest:
    row = ComposeRequest.objects.create(checkpoint=checkpoint, settings=sampling.to_json(), listener=listener)
    work_enqueue(row=row)
    return row


def _check_active(listener: Listener, more: int = 1) -> None:
    under_way = ComposeRequest.objects.filter(listener=listener).active().count()
    if under_way + more > ACTIVE_LIMIT:
        raise FairLimitError(
            _(
                "%(count)s of your takes are still waiting or being composed, and %(limit)s is the most at a "
                "time. Wait for one of them to be done, or cancel one, so that others get their turn too."
            )
            % {"count": under_way, "limit": ACTIVE_LIMIT}
        )


def fair_limit_check(listener: Listener, *, more: int = 1) -> None:
    """Whether a listener, whose row is locked, may ask for so many more takes.

    Raises:
        FairLimitError: that would be more than is fair for now.
    """
    _check_active(listener, more)
    hour_ago = timezone.now() - timedelta(hours=1)
    asked = ComposeRequest.objects.filter(listener=listener, created_at__gt=hour_ago).count()
    if asked + more > HOURLY_LIMIT:
        raise FairLimitError(
            _("You have asked for %(count)s takes within an hour. Listen for a while, and ask again later.")
            % {"count": asked}
        )
