"""Actions of the admin: done row by row through the services, counted, and written into the audit log."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_permission_codename
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.moderation import audit_record

log = logging.getLogger(__name__)


class OperatedAdmin:
    """For an admin whose rows are acted on, though they may not be written by hand.

    An action with `permissions=["operate"]` is for whoever may change such rows.
    """

    def has_operate_permission(self: Any, request: HttpRequest) -> bool:
        """Whether the user may act on these rows."""
        codename = get_permission_codename("change", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))


def act(request: HttpRequest, rows: QuerySet[Any], action: str, deed: Callable[[Any], object]) -> None:
    """Do something to each chosen row, and say to how many it was done.

    Args:
        action: as the audit log names it.
        deed: returns False where there was nothing to do; an exception's message is shown, and logged.
    """
    done = refused = 0
    assert isinstance(request.user, User)
    for row in rows:
        try:
            changed = deed(row)
        except Exception as error:  # the operator reads why, and the other rows go on
            log.warning("%s of %s was refused", action, row, exc_info=True)
            messages.error(request, f"{row}: {error}")
            refused += 1
            continue
        if changed is not False:
            done += 1
            audit_record(actor=request.user, action=action, target=row)
    left = len(rows) - done - refused
    messages.success(request, _("%(action)s: %(done)s") % {"action": action, "done": done})
    if left:
        messages.warning(request, _("There was nothing to do for %(left)s of them.") % {"left": left})
