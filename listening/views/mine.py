"""What is kept of a listener: to see, to take away, to delete."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import listener_of
from listening.selectors.mine import kept_of
from listening.services.privacy import listening_data_delete


@require_safe
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """How much there is of what."""
    listener = listener_of(request).known()
    kept = kept_of(listener) if listener else {}
    context = {"kept": kept, "counts": {name: len(rows) for name, rows in kept.items()}, "listener": listener}
    return render(request, "listening/mine.html", context)


@require_safe
@never_cache
def mine_export(request: HttpRequest) -> HttpResponse:
    """All of it, as a file."""
    listener = listener_of(request).known()
    content = kept_of(listener) if listener else {}
    response = JsonResponse(content, json_dumps_params={"indent": 1, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="musicgen-my-listening.json"'
    return response


@require_POST
def mine_delete(request: HttpRequest) -> HttpResponse:
    """Delete all of it."""
    listener = listener_of(request).known()
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Tick the box if you are sure."))
    elif listener is not None:
        listening_data_delete(listener=listener)
        messages.success(request, _("Everything you said while listening is deleted."))
    return redirect("listening:mine")
