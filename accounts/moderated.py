"""What can be complained about and taken down. Each app names its own things when it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise

from accounts.roles import AnyUser


@dataclass(frozen=True)
class Moderated:
    """One kind of thing.

    Attributes:
        kind: its name in addresses, such as "song".
        title: what people call it.
        model: its class; has `get_absolute_url`.
        is_visible: whether a visitor may see this one: what they may not see they cannot complain of.
        take_down: hides it from everybody but its owner and moderators.
    """

    kind: str
    title: str | Promise
    model: type[models.Model]
    is_visible: Callable[[Any, AnyUser], bool]
    take_down: Callable[[Any], None]


class UnknownKindError(LookupError):
    """No app named such a kind of thing."""


_KINDS: dict[str, Moderated] = {}


def moderate(thing: Moderated) -> None:
    """Make a kind of thing known; called by an app as it starts."""
    _KINDS[thing.kind] = thing


def moderated(kind: str) -> Moderated:
    """The kind of that name.

    Raises:
        UnknownKindError: there is none.
    """
    if kind not in _KINDS:
        raise UnknownKindError(f"There is no kind {kind!r}; there are {', '.join(sorted(_KINDS))}.")
    return _KINDS[kind]


def moderated_of(model: type[models.Model]) -> Moderated | None:
    """The kind that a class belongs to, if it is one."""
    return next((thing for thing in _KINDS.values() if thing.model is model), None)
