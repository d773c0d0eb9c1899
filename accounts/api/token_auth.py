"""Who asks: a token in the Authorization header, or nobody in particular."""

from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from accounts.api.problems import ProblemError
from accounts.models import ApiToken, Scope
from accounts.roles import is_researcher
from accounts.services import api_token_use

_SCHEME: Final = "bearer "
_RESEARCH: Final = frozenset({Scope.DATASETS, Scope.RUNS})


def token_of_request(request: HttpRequest) -> ApiToken | None:
    """The usable token that the request shows, looked up once."""
    if not hasattr(request, "api_token"):
        said = request.headers.get("Authorization", "")
        words = said[len(_SCHEME) :].strip() if said.lower().startswith(_SCHEME) else ""
        request.api_token = api_token_use(words=words) if words else None  # type: ignore[attr-defined]
    found: ApiToken | None = request.api_token  # type: ignore[attr-defined]
    return found


class Needs(HttpBearer):
    """Lets in whoever shows a token with a scope; they act as the token's user.

    Args:
        scope: what the operation needs.
    """

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken:
        """The token.

        Raises:
            ProblemError: 401 without a usable token, 403 without the scope or the role for it.
        """
        token = token_of_request(request)
        if token is None:
            raise ProblemError(
                401,
                _("Send a token: “Authorization: Bearer mg_…”. Tokens are made on the account page."),
                headers={"WWW-Authenticate": "Bearer"},
            )
        if not token.allows(self._scope):
            raise ProblemError(
                403, _("This token lacks the scope “%(scope)s”.") % {"scope": self._scope.value}
            )
        if self._scope in _RESEARCH and not is_researcher(token.user):
            raise ProblemError(403, _("Only researchers may do this. Whoever runs the site gives that role."))
        request.user = token.user
        return token

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """Ninja's own way in, which `__call__` replaces."""
        return self(request)


def anybody(request: HttpRequest) -> ApiToken | str:
    """Lets everybody in: as a token's user where one with the scope to read is shown.

    Raises:
        ProblemError: a token that is not usable; silence would look like missing data.
    """
    if "Authorization" in request.headers:
        return Needs(Scope.READ)(request)
    return "anybody"
