"""Who is listening: reads the signed cookie, and sets it once there is something to remember."""

import uuid
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import Listener, User
from accounts.services import listener_ensure

COOKIE: Final = "listener"
COOKIE_SALT: Final = "musicgen.listener"
COOKIE_SECONDS: Final = 400 * 24 * 3600  # the longest that browsers keep a cookie


class ListenerOfRequest:
    """The listener behind one request; made in the database only when something must be kept."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._made: Listener | None = None
        try:
            self._cookie_id: uuid.UUID | None = uuid.UUID(
                request.get_signed_cookie(COOKIE, default="", salt=COOKIE_SALT) or ""
            )
        except ValueError:
            self._cookie_id = None

    @property
    def cookie_id(self) -> uuid.UUID | None:
        """The id that the browser brought, if it is one that we signed."""
        return self._cookie_id

    def known(self) -> Listener | None:
        """The listener if there is one already. Never writes."""
        if self._made is not None:
            return self._made
        if isinstance(self._request.user, User):
            return Listener.objects.filter(user=self._request.user).first()
        return Listener.objects.filter(id=self._cookie_id, user=None).first() if self._cookie_id else None

    def ensure(self) -> Listener:
        """The listener, made now if needed; the response will carry the cookie."""
        if self._made is None:
            user = self._request.user if isinstance(self._request.user, User) else None
            self._made = listener_ensure(listener_id=self._cookie_id, user=user)
        return self._made

    def set_cookie(self, response: HttpResponse) -> None:
        """Remember an anonymous listener that this request made."""
        made = self._made
        if made is None or made.user_id is not None or made.id == self._cookie_id:
            return
        response.set_signed_cookie(
            COOKIE,
            str(made.id),
            salt=COOKIE_SALT,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


class ListenerMiddleware:
    """Puts `request.listener` (a `ListenerOfRequest`) on every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach before the view, set the cookie after it."""
        listener = ListenerOfRequest(request)
        request.listener = listener  # type: ignore[attr-defined]
        response = self.get_response(request)
        listener.set_cookie(response)
        return response


def listener_of(request: HttpRequest) -> ListenerOfRequest:
    """The listener behind the request, typed."""
    found: ListenerOfRequest = request.listener  # type: ignore[attr-defined]
    return found
