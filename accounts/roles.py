"""Who may do what: everybody listens; researchers upload and train; moderators keep order."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User

RESEARCHER: Final = "researcher"
MODERATOR: Final = "moderator"
ROLES: Final = (RESEARCHER, MODERATOR)

AnyUser = User | AnonymousUser


def has_role(user: AnyUser, role: str) -> bool:
    """Whether the user holds the role; superusers hold them all."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_superuser or user.groups.filter(name=role).exists()


def is_researcher(user: AnyUser) -> bool:
    """Whether the user may upload datasets and train."""
    return has_role(user, RESEARCHER)


def is_moderator(user: AnyUser) -> bool:
    """Whether the user may publish, withdraw and correct what others made."""
    return has_role(user, MODERATOR)


def researcher_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lets researchers in; sends visitors to sign in and tells others how to get the role."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not is_researcher(request.user):
            return render(request, "accounts/role_needed.html", {"role": RESEARCHER}, status=403)
        return view(request, *args, **kwargs)

    return guarded
