"""Beginning from music: a listener's MIDI file or a song of the site, and a passage of it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.middleware import listener_of
from generator.forms import BeginForm, PromptForm
from generator.models import ComposeRequest, ComposeTask, Prompt
from generator.roll import roll_notes
from generator.selectors.abilities import abilities_table
from generator.services import (
    Beginning,
    FairLimitError,
    PromptRefusedError,
    draft_compose,
    prompt_of_song,
    prompt_take_in,
)
from generator.services.prompt import PROMPT_LIMITS
from generator.views.compose import draft_answer
from generator.views.visibility import visible_prompt, visible_song
from musicgen.midi import read_midi


@require_http_methods(["GET", "HEAD", "POST"])
def prompt_upload(request: HttpRequest) -> HttpResponse:
    """Take in a file to begin from."""
    if request.method != "POST":
        return _upload_page(request, PromptForm())
    form = PromptForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            # One byte more than is allowed is enough to refuse it.
            content = file.read(PROMPT_LIMITS.max_bytes + 1)
            prompt = prompt_take_in(listener=listener_of(request).ensure(), name=file.name, content=content)
        except PromptRefusedError as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect(prompt)
    return _upload_page(request, form, status=422)


def _upload_page(request: HttpRequest, form: PromptForm, *, status: int = 200) -> HttpResponse:
    listener = listener_of(request).known()
    prompts = Prompt.objects.visible_to(listener).order_by("-created_at")[:10]
    return render(request, "generator/prompt_upload.html", {"form": form, "prompts": prompts}, status=status)


@require_POST
def prompt_from_song(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin from a song of the site."""
    song = visible_song(request, pk)
    try:
        prompt = prompt_of_song(listener=listener_of(request).ensure(), song=song)
    except PromptRefusedError as refusal:
        raise Http404(str(refusal)) from refusal
    take = request.POST.get("take", "")
    return redirect(f"{prompt.get_absolute_url()}?take={take}" if take.isdigit() else prompt)


@require_http_methods(["GET", "HEAD", "POST"])
def prompt(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a passage and what to do with it."""
    found = visible_prompt(request, pk)
    parent = _parent(request)
    if request.method != "POST":
        initial = {"checkpoint": parent.checkpoint_id} if parent else {}
        return _page(request, found, BeginForm(prompt=found, initial=initial), parent)
    form = BeginForm(request.POST, prompt=found)
    if not form.is_valid():
        return _page(request, found, form, parent, status=422)
    data = form.cleaned_data
    try:
        draft = draft_compose(
            listener=listener_of(request).ensure(),
            checkpoint=data["checkpoint"],
            sampling=data["sampling"],
            takes=data["takes"],
            program=data["program"],
            beginning=Beginning(ComposeTask(data["task"]), found, data["passage"]),
            parent=parent,
        )
    except FairLimitError as limit:
        return _page(request, found, form, parent, limit=str(limit), status=429)
    return draft_answer(request, draft)


def _page(
    request: HttpRequest,
    prompt: Prompt,
    form: BeginForm,
    parent: ComposeRequest | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"prompt": prompt, "form": form, "parent": parent, "abilities": abilities_table(), **more}
    return render(request, "generator/prompt.html", context, status=status)


def _parent(request: HttpRequest) -> ComposeRequest | None:
    """The take of this listener's that is gone on from."""
    number = request.POST.get("take") or request.GET.get("take") or ""
    if not number.isdigit():
        return None
    rows = ComposeRequest.objects.visible_to(listener_of(request).known())
    return rows.select_related("draft").filter(pk=int(number)).first()


@require_safe
def prompt_notes(request: HttpRequest, pk: int) -> JsonResponse:
    """Its notes, for the piano roll."""
    found = visible_prompt(request, pk)
    try:
        content = found.file.read_bytes()
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
    return JsonResponse(roll_notes(read_midi(content)).to_json())
