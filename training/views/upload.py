"""Uploading a dataset: the only page that takes files."""

import errno

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.roles import researcher_required
from training.forms import DatasetUploadForm
from training.selectors.quota import usage_of
from training.services import dataset_create
from training.uploads import UploadTooLargeError, receive_files


# Protected by `_receive`: looking for the token reads the body, which must not happen before
# it is known who sends it and how much it is.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def dataset_upload(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends."""
    if request.method != "POST":
        return _form_page(request, DatasetUploadForm())
    try:
        receive_files(request)
        request.FILES.keys()  # the body is read here
    except UploadTooLargeError as error:
        return _refused(request, str(error), status=413)
    except TooManyFilesSent:
        return _refused(request, _too_many(), status=413)
    except (MultiPartParserError, UnreadablePostError):
        return _refused(request, _broken_off(), status=400)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return _refused(request, _disk_full(), status=507)
    return _receive(request)


@csrf_protect
def _receive(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)  # a researcher has an account
    form = DatasetUploadForm(request.POST, request.FILES, owner=request.user)
    if not form.is_valid():
        if _is_script(request):
            return JsonResponse({"errors": form.errors.get_json_data()}, status=422)
        return _form_page(request, form, status=422)
    try:
        said = dict(form.cleaned_data)
        row = dataset_create(owner=request.user, files=said.pop("uploads"), **said)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return _refused(request, _disk_full(), status=507)
    if _is_script(request):
        return JsonResponse({"location": row.get_absolute_url()}, status=201)
    return redirect(row)


def _refused(request: HttpRequest, problem: str, *, status: int) -> HttpResponse:
    if _is_script(request):
        return JsonResponse({"problem": problem}, status=status)
    return _form_page(request, DatasetUploadForm(), problem=problem, status=status)


def _form_page(
    request: HttpRequest, form: DatasetUploadForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    assert isinstance(request.user, User)  # a researcher has an account
    context = {
        "usage": usage_of(request.user),
        "form": form,
        "problem": problem,
        "max_bytes": settings.MUSICGEN_DATASET_MAX_BYTES,
        "form_max_bytes": settings.MUSICGEN_UPLOAD_MAX_BYTES,
        "max_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
    }
    return render(request, "training/dataset_upload.html", context, status=status)


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _too_many() -> str:
    most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    return _("These are more than %(most)s files. Pack them as one zip archive.") % {"most": most}


def _broken_off() -> str:
    return _("The upload broke off before everything was here. Nothing was kept; send it again.")


def _disk_full() -> str:
    return _("There is no room left on the site’s disk. Nothing was kept; tell the operator.")
