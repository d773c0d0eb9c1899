"""Asking for songs, and watching the takes come to be."""

import json
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.middleware import listener_of
from generator.forms import ComposeForm, PromptForm
from generator.instruments import INSTRUMENTS
from generator.models import ComposeRequest, Draft, RenderRequest
from generator.selectors import compose_stage, take_state, takes_of
from generator.selectors.abilities import TASK_LABELS
from generator.services import (
    FairLimitError,
    compose_request_cancel,
    compose_request_retry,
    draft_compose,
    draft_hold,
    render_request_retry,
    take_keep,
)
from generator.views.visibility import visible_compose_request, visible_draft
from training.models import WorkState

LATEST_DRAFTS: Final = 5
_LIVE: Final = "X-Live"  # a page with scripts asks so: it wants the takes alone, to show them in its place


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: HttpRequest) -> HttpResponse:
    """The form, and what it asks for."""
    if request.method != "POST":
        return _form_page(request, ComposeForm(initial=_wishes(request)))
    form = ComposeForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    try:
        draft = draft_compose(
            listener=listener_of(request).ensure(),
            checkpoint=form.cleaned_data["checkpoint"],
            sampling=form.cleaned_data["sampling"],
            takes=form.cleaned_data["takes"],
            program=form.cleaned_data["program"],
        )
    except FairLimitError as limit:
        return _form_page(request, form, limit=str(limit), status=429)
    return draft_answer(request, draft)


def _form_page(
    request: HttpRequest, form: ComposeForm, *, limit: str = "", status: int = 200
) -> HttpResponse:
    if request.headers.get(_LIVE):
        return render(
            request, "generator/parts/_compose_form.html", {"form": form, "limit": limit}, status=status
        )
    listener = listener_of(request).known()
    drafts = Draft.objects.visible_to(listener).newest_first().select_related("held__song")[:LATEST_DRAFTS]
    context = {"form": form, "limit": limit, "drafts": drafts, "prompt_form": PromptForm()}
    return render(request, "generator/compose.html", context, status=status)


def draft_answer(request: HttpRequest, draft: Draft) -> HttpResponse:
    """To the draft's page; to a page with scripts the takes themselves, so that it need not load another."""
    if not request.headers.get(_LIVE):
        return redirect(f"{draft.get_absolute_url()}?listen=1")
    answer = render(request, "generator/parts/_draft.html", draft_context(draft, listens=True))
    answer["X-Address"] = draft.get_absolute_url()
    return answer


def draft_context(draft: Draft, *, listens: bool = False) -> dict[str, Any]:
    """What the takes of a draft are shown from.

    Args:
        listens: whether to play the first of them as soon as it has notes.
    """
    rows = [take_row(take, number) for number, take in enumerate(takes_of(draft), start=1)]
    held = next((index for index, row in enumerate(rows) if row["take"].pk == draft.held_id), 0)
    return {
        "draft": draft,
        "rows": rows,
        "listens": listens,
        "is_under_way": any(row["stage"].is_under_way for row in rows),
        "held_number": held + 1,
        "undo": rows[held - 1] if held else None,
        "instruments": INSTRUMENTS,
    }


def take_row(take: ComposeRequest, number: int) -> dict[str, Any]:
    """A take, how it stands, and the same for the page's script.

    Args:
        number: its place in the draft, from 1.
    """
    return {
        "take": take,
        "number": number,
        "stage": compose_stage(take),
        "state_json": json.dumps(take_state(take)),
        "task_label": TASK_LABELS.get(take.task, ""),
        "is_held": take.draft is not None and take.draft.held_id == take.pk,
    }


def _wishes(request: HttpRequest) -> dict[str, Any]:
    """What the address asks the form to begin with ("compose another like this")."""
    return {name: request.GET[name] for name in ComposeForm.base_fields if request.GET.get(name)}


@require_safe
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """The takes of a draft, side by side."""
    found = visible_draft(request, pk)
    return render(request, "generator/draft.html", draft_context(found, listens="listen" in request.GET))


@require_safe
def compose_request(request: HttpRequest, pk: int) -> HttpResponse:
    """A take by itself."""
    take = visible_compose_request(request, pk)
    if take.draft is not None:
        return redirect(take.draft)
    row = take_row(take, 1)
    context = {"rows": [row], "is_under_way": row["stage"].is_under_way, "instruments": INSTRUMENTS}
    return render(request, "generator/draft.html", context)


@require_safe
def take_part(request: HttpRequest, pk: int) -> HttpResponse:
    """One take of the page, as it stands now."""
    return take_part_of(request, visible_compose_request(request, pk))


@require_POST
def compose_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it, and keep nothing."""
    take = visible_compose_request(request, pk)
    compose_request_cancel(request=take)
    return _take_answer(request, take)


@require_POST
def compose_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it, and keep what there is."""
    take = visible_compose_request(request, pk)
    take_keep(take=take)
    return _take_answer(request, take)


@require_POST
def compose_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try again what failed: composing, or only the sound."""
    take = visible_compose_request(request, pk)
    render_row = RenderRequest.objects.filter(song=take.song).first() if take.song else None
    try:
        if render_row is not None and take.state == WorkState.FINISHED:
            render_request_retry(request=render_row)
        else:
            compose_request_retry(request=take, listener=take.listener)
    except FairLimitError as limit:
        messages.error(request, str(limit))
    return _take_answer(request, take)


@require_POST
def take_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Go back, or forward, to this take."""
    take = visible_compose_request(request, pk)
    if take.draft is None:
        raise BadRequest(_("This take stands alone; there is no other to go back to."))
    draft_hold(draft=take.draft, take=take)
    return redirect(take.draft)


def _take_answer(request: HttpRequest, take: ComposeRequest) -> HttpResponse:
    if request.headers.get(_LIVE):
        return take_part_of(request, take)
    return redirect(take)


def take_part_of(request: HttpRequest, take: ComposeRequest) -> HttpResponse:
    """The take as it stands after something was done with it."""
    take = visible_compose_request(request, take.pk)
    number = takes_of(take.draft).filter(pk__lte=take.pk).count() if take.draft is not None else 1
    context = {"row": take_row(take, number), "draft": take.draft, "instruments": INSTRUMENTS}
    return render(request, "generator/parts/_take.html", context)
