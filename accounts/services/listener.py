"""A listener comes to be, and becomes a user's."""

import uuid

from django.db import transaction

from accounts.models import Listener, User
from accounts.signals import listener_merged


@transaction.atomic
def listener_ensure(*, listener_id: uuid.UUID | None, user: User | None) -> Listener:
    """The listener that this browser or user is, made now if there is none yet."""
    if user is not None:
        return Listener.objects.get_or_create(user=user)[0]
    known = Listener.objects.filter(id=listener_id, user=None).first() if listener_id else None
    return known or Listener.objects.create()


@transaction.atomic
def listener_join_user(*, listener_id: uuid.UUID, user: User) -> Listener:
    """Give what an anonymous listener did to the user who has just signed in.

    A listener that already belongs to somebody is left alone: a shared browser
    must not carry one person's ratings to another.
    """
    theirs = Listener.objects.filter(user=user).first()
    anonymous = Listener.objects.select_for_update().filter(id=listener_id, user=None).first()
    if anonymous is None:
        return theirs or Listener.objects.create(user=user)
    if theirs is None:
        anonymous.user = user
        anonymous.save(update_fields=["user"])
        return anonymous
    listener_merged.send(Listener, source=anonymous, target=theirs)
    anonymous.delete()
    return theirs
