"""Complaints are raised and settled; what moderators do is written down."""

from typing import Final

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, Flag, FlagOutcome, Listener, User
from accounts.moderated import Moderated, moderated_of

MOST_OPEN_FLAGS: Final = 20  # of one listener
MOST_LABEL: Final = 200


class FlagLimitError(Exception):
    """The listener has so many open complaints that more would drown others'."""


@transaction.atomic
def flag_raise(
    *, thing: Moderated, target: models.Model, listener: Listener, reason: str, words: str
) -> Flag:
    """Complain about something; said twice, it is one complaint.

    Raises:
        FlagLimitError: too many of theirs are open.
    """
    if Flag.objects.open().filter(listener=listener).count() >= MOST_OPEN_FLAGS:
        raise FlagLimitError(
            _("%(count)s of your reports are still open. Wait until a moderator has seen them.")
            % {"count": MOST_OPEN_FLAGS}
        )
    where = {"content_type": ContentType.objects.get_for_model(thing.model), "object_id": target.pk}
    said = {"reason": reason, "words": words, "label": str(target)[:MOST_LABEL]}
    try:
        with transaction.atomic():
            return Flag.objects.create(listener=listener, **where, **said)
    except IntegrityError:
        row = Flag.objects.open().get(listener=listener, **where)
        Flag.objects.filter(pk=row.pk).update(**said)
        row.refresh_from_db()
        return row


@transaction.atomic
def flags_settle(*, flag: Flag, moderator: User, take_down: bool, reason: str) -> int:
    """Settle every open complaint about the thing that this one is about.

    Args:
        take_down: hide the thing; otherwise it stays.
        reason: why, for the record.

    Returns:
        How many complaints that settles.
    """
    about = (
        Flag.objects.open()
        .select_for_update()
        .filter(content_type=flag.content_type, object_id=flag.object_id)
    )
    target = flag.target
    model = flag.content_type.model_class()
    thing = moderated_of(model) if model else None
    if take_down and target is not None and thing is not None:
        thing.take_down(target)
    audit_record(
        actor=moderator,
        action="take down" if take_down else "dismiss reports on",
        target=target,
        label=flag.label,
        reason=reason,
    )
    outcome = FlagOutcome.TAKEN_DOWN if take_down else FlagOutcome.DISMISSED
    return about.update(outcome=outcome, settled_at=timezone.now())


def audit_record(
    *, actor: User, action: str, target: models.Model | None, label: str = "", reason: str = ""
) -> AuditEntry:
    """Write down what somebody with power did."""
    return AuditEntry.objects.create(
        actor=actor,
        actor_label=actor.email,
        action=action,
        content_type=ContentType.objects.get_for_model(target) if target is not None else None,
        object_id=target.pk if target is not None else None,
        label=(label or str(target))[:MOST_LABEL],
        reason=reason,
    )
