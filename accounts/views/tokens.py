"""One's own tokens: made, shown once, revoked."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import ApiTokenForm
from accounts.models import ApiToken, User
from accounts.services import ApiTokenError, api_token_create, api_token_revoke

_SHOWN_ONCE: Final = "new_api_token"  # in the session, until the next page has shown it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The list, and the form that makes another."""
    assert isinstance(request.user, User)
    form = ApiTokenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            _row, words = api_token_create(user=request.user, **form.cleaned_data)
        except ApiTokenError as error:
            form.add_error(None, str(error))
        else:
            request.session[_SHOWN_ONCE] = words
            return redirect("accounts:tokens")
    context = {
        "form": form,
        "tokens": ApiToken.objects.filter(user=request.user, revoked_at=None),
        "words": request.session.pop(_SHOWN_ONCE, "") if not form.is_bound else "",
    }
    return render(request, "accounts/tokens.html", context, status=422 if form.is_bound else 200)


@require_POST
@login_required
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Let nobody in by it any more."""
    assert isinstance(request.user, User)
    row = get_object_or_404(ApiToken, pk=pk, user=request.user)
    api_token_revoke(token=row)
    messages.success(request, _("“%(name)s” lets nobody in any more.") % {"name": row.name})
    return redirect("accounts:tokens")
