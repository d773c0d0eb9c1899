"""For operators: listeners who look suspicious, and setting them apart."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Listener
from accounts.roles import is_moderator
from listening.selectors.suspicion import suspicious_listeners
from listening.services.guards import exclusion_set


@require_safe
@login_required
def listeners(request: HttpRequest) -> HttpResponse:
    """Who fails checks, always takes one side, or answers as fast as they can."""
    if not is_moderator(request.user):
        raise PermissionDenied
    return render(request, "listening/listeners.html", {"rows": suspicious_listeners()})


@require_POST
@login_required
def listener_set_apart(request: HttpRequest, listener_id: uuid.UUID) -> HttpResponse:
    """Set a listener apart, or take it back; a reason is needed."""
    if not is_moderator(request.user):
        raise PermissionDenied
    listener = get_object_or_404(Listener, pk=listener_id)
    reason = " ".join(request.POST.get("reason", "").split())
    if not reason:
        messages.error(request, _("Give a reason: it is kept with the listener."))
    else:
        exclusion_set(listener=listener, is_active=request.POST.get("apart") == "1", reason=reason)
        messages.success(request, _("Kept. The leaderboard follows within a minute."))
    return redirect("listening:listeners")
