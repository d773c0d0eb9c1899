"""Asking for a song, and watching it come to be."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from accounts.middleware import listener_of
from generator.forms import ComposeForm
from generator.models import ComposeRequest, RenderRequest
from generator.selectors import Stage, compose_stage
from generator.services import (
    FairLimitError,
    compose_request_cancel,
    compose_request_create,
    compose_request_retry,
    render_request_retry,
)
from generator.views.visibility import visible_compose_request
from training.models import WorkState


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: HttpRequest) -> HttpResponse:
    """The form, and what it asks for."""
    if request.method != "POST":
        return render(request, "generator/compose.html", {"form": ComposeForm(initial=_wishes(request))})
    form = ComposeForm(request.POST)
    if not form.is_valid():
        return render(request, "generator/compose.html", {"form": form}, status=422)
    try:
        row = compose_request_create(
            checkpoint=form.cleaned_data["checkpoint"],
            sampling=form.cleaned_data["sampling"],
            listener=listener_of(request).ensure(),
        )
    except FairLimitError as limit:
        context = {"form": form, "limit": str(limit)}
        return render(request, "generator/compose.html", context, status=429)
    return redirect(row)


def _wishes(request: HttpRequest) -> dict[str, Any]:
    """What the address asks the form to begin with ("compose another like this")."""
    return {name: request.GET[name] for name in ComposeForm.base_fields if request.GET.get(name)}


@require_safe
def compose_request(request: HttpRequest, pk: int) -> HttpResponse:
    """How a song on its way is doing."""
    row = visible_compose_request(request, pk)
    stage = compose_stage(row)
    if stage.stage == Stage.DONE:
        return redirect(_song_address(row))
    return render(request, "generator/compose_request.html", {"row": row, "stage": stage})


@require_safe
def compose_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of that page that changes; at the end it sends the browser on."""
    row = visible_compose_request(request, pk)
    stage = compose_stage(row)
    if stage.stage == Stage.DONE:
        return HttpResponseClientRedirect(_song_address(row))
    if not stage.is_under_way:
        return HttpResponseClientRefresh()
    return render(request, "generator/parts/_compose_status.html", {"row": row, "stage": stage})


@require_POST
def compose_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it."""
    row = visible_compose_request(request, pk)
    compose_request_cancel(request=row)
    return redirect(row)


@require_POST
def compose_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try again what failed: composing, or only the sound."""
    row = visible_compose_request(request, pk)
    render_row = RenderRequest.objects.filter(song=row.song).first() if row.song else None
    try:
        if render_row is not None and row.state == WorkState.FINISHED:
            render_request_retry(request=render_row)
        else:
            compose_request_retry(request=row, listener=row.listener)
    except FairLimitError as limit:
        messages.error(request, str(limit))
    return redirect(row)


def _song_address(row: ComposeRequest) -> str:
    """The song's page, asked to begin playing: this is what was waited for."""
    if row.song is None:
        raise LookupError("Only a request that is done has a song to go to.")
    return f"{row.song.get_absolute_url()}?listen=1"
