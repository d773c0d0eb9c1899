"""The files of a dataset: what was found in one, its bytes and its sound; adding some, leaving some out."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from musicgen.corpus.examining import Examined
from musicgen.notation.instruments import instrument_name
from musicgen.statistics import MEASURES
from training import shared
from training.forms import DatasetFilesForm
from training.models import DatasetFile, FileSound
from training.ranges import RangedFile
from training.selectors import may_change_dataset, may_download_files, may_hear_files
from training.services import DatasetInUseError, dataset_add_files, dataset_drop_files
from training.services.sound import file_sound_ask
from training.views.datasets import changeable_or_403, file_or_404, seen_or_404


@require_safe
def dataset_file(request: HttpRequest, pk: int, position: int) -> HttpResponse | FileResponse:
    """A file that was taken, as it came."""
    row = file_or_404(seen_or_404(request, pk), position)
    if not may_download_files(request.user, row.dataset):
        raise PermissionDenied
    try:
        content = shared.fetch(row.dataset.midi_path(row.sha256)).open("rb")
    except OSError as error:
        raise Http404 from error
    name = row.path.replace("\\", "/").rpartition("/")[2] or f"{row.position}.mid"
    return FileResponse(content, as_attachment=True, filename=name, content_type="audio/midi")


@require_safe
def dataset_file_about(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """What was found in it, and its sound for whoever may hear it."""
    row = file_or_404(seen_or_404(request, pk), position)
    facts = Examined.from_json(row.examined).facts if row.examined else None
    around = row.dataset.files.of_version(row.first_version).taken()
    context: dict[str, Any] = {
        "dataset": row.dataset,
        "file": row,
        "facts": facts,
        "instruments": [instrument_name(program) for program in facts.programs] if facts else [],
        "measures": [
            (measure, f"{value:.{measure.decimals}f}")
            for measure, value in zip(MEASURES, facts.measures() if facts else (), strict=bool(facts))
            if value == value and not measure.published
        ]
        if facts
        else [],
        "before": around.filter(position__lt=position).last(),
        "after": around.filter(position__gt=position).first(),
        "may_change": may_change_dataset(request.user, row.dataset),
        "may_download": may_download_files(request.user, row.dataset),
        "may_hear": may_hear_files(request.user, row.dataset),
        "sound": _sound(row),
    }
    return render(request, "training/dataset_file.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_file_sound(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """Whether its sound is there; POST has it made."""
    row = _audible(request, pk, position)
    if request.method == "POST":
        file_sound_ask(dataset=row.dataset, sha256=row.sha256)
        if not getattr(request, "htmx", False):
            return redirect("training:dataset_file_about", pk, position)
    context = {"dataset": row.dataset, "file": row, "sound": _sound(row), "may_hear": True}
    return render(request, "training/parts/_file_sound.html", context)


@require_safe
def dataset_file_audio(request: HttpRequest, pk: int, position: int) -> HttpResponseBase:
    """Its sound, in ranges as players ask for them."""
    row = _audible(request, pk, position)
    sound = _sound(row)
    try:
        path = shared.fetch(sound.path) if sound else None
    except OSError as error:
        raise Http404 from error
    if path is None or not path.is_file():
        raise Http404
    return RangedFile(path, "audio/ogg; codecs=opus", row.sha256[:32], "private, max-age=3600").response(
        request
    )


def _audible(request: HttpRequest, pk: int, position: int) -> DatasetFile:
    row = file_or_404(seen_or_404(request, pk), position)
    if not may_hear_files(request.user, row.dataset):
        raise PermissionDenied
    return row


def _sound(row: DatasetFile) -> FileSound | None:
    return FileSound.objects.filter(dataset=row.dataset, sha256=row.sha256).first()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def dataset_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add files, which makes a new version. They were received piece by piece before."""
    row = changeable_or_403(request, pk)
    assert isinstance(request.user, User)  # whoever may change it has an account
    sent = request.POST if request.method == "POST" else None
    form = DatasetFilesForm(sent, owner=request.user)
    problem, status = "", 200
    if request.method == "POST":
        is_script = request.headers.get("Accept", "") == "application/json"
        if form.is_valid():
            try:
                dataset_add_files(dataset=row, received=list(form.cleaned_data["received"]))
            except DatasetInUseError as error:
                problem, status = str(error), 409
            else:
                if is_script:
                    return JsonResponse({"location": row.get_absolute_url()}, status=201)
                return redirect(row)
        else:
            status = 422
        if is_script:
            return JsonResponse({"problem": problem or _("No files came with it.")}, status=status)
    context = {
        "dataset": row,
        "form": form,
        "problem": problem,
        "max_bytes": settings.MUSICGEN_DATASET_MAX_BYTES,
        "max_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
    }
    return render(request, "training/dataset_add.html", context, status=status)


@require_POST
@login_required
def dataset_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the named files (`position`) out of a new version."""
    row = changeable_or_403(request, pk)
    positions = [int(value) for value in request.POST.getlist("position") if value.isdigit()]
    try:
        count = dataset_drop_files(dataset=row, positions=positions)
    except DatasetInUseError as error:
        messages.error(request, str(error))
    else:
        said = ngettext(
            "%(count)s file is left out from now on.", "%(count)s files are left out from now on.", count
        )
        messages.success(request, said % {"count": count})
    return redirect(row)
