"""Reporting a thing, and the moderators' queue of reports."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import FlagForm, SettleForm
from accounts.middleware import listener_of
from accounts.models import AuditEntry, Flag, User
from accounts.moderated import Moderated, UnknownKindError, moderated
from accounts.roles import is_moderator
from accounts.services import FlagLimitError, flag_raise, flags_settle

_FLAGS_A_PAGE: Final = 30
_ENTRIES_SHOWN: Final = 50


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Say why something should not be there."""
    thing, target = _visible(request, kind, pk)
    form = FlagForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            flag_raise(
                thing=thing, target=target, listener=listener_of(request).ensure(), **form.cleaned_data
            )
        except FlagLimitError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Thank you. A moderator will look at it."))
            return redirect(target)
    context = {"form": form, "target": target, "title": thing.title}
    return render(request, "accounts/report.html", context, status=422 if form.is_bound else 200)


def _visible(request: HttpRequest, kind: str, pk: int) -> tuple[Moderated, Any]:
    try:
        thing = moderated(kind)
    except UnknownKindError as error:
        raise Http404 from error
    target: models.Model = get_object_or_404(thing.model._default_manager.all(), pk=pk)
    if not thing.is_visible(target, request.user):
        raise Http404
    return thing, target


@require_safe
@login_required
def moderation(request: HttpRequest) -> HttpResponse:
    """Open reports, and what moderators did last."""
    _moderator(request)
    flags = Flag.objects.open().select_related("content_type").order_by("created_at", "pk")
    context = {
        "page": Paginator(flags, _FLAGS_A_PAGE).get_page(request.GET.get("page")),
        "form": SettleForm(),
        "entries": AuditEntry.objects.all()[:_ENTRIES_SHOWN],
    }
    return render(request, "accounts/moderation.html", context)


@require_POST
@login_required
def flag_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the thing down, or leave it."""
    moderator = _moderator(request)
    flag = get_object_or_404(Flag.objects.open(), pk=pk)
    form = SettleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why: the reason is kept on record."))
        return redirect("accounts:moderation")
    take_down = request.POST.get("act") == "take_down"
    count = flags_settle(
        flag=flag, moderator=moderator, take_down=take_down, reason=form.cleaned_data["reason"]
    )
    done = _("“%(label)s” is taken down.") if take_down else _("“%(label)s” stays.")
    settled = ngettext("%(count)s report is settled.", "%(count)s reports are settled.", count)
    messages.success(request, f"{done % {'label': flag.label}} {settled % {'count': count}}")
    return redirect("accounts:moderation")


def _moderator(request: HttpRequest) -> User:
    if not is_moderator(request.user):
        raise PermissionDenied
    assert isinstance(request.user, User)
    return request.user
