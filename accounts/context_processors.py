"""What every page knows of its reader."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.roles import is_moderator, is_researcher


def roles(request: HttpRequest) -> dict[str, object]:
    """`is_researcher` and `is_moderator`, asked of the database only where a page uses them."""
    return {
        "is_researcher": SimpleLazyObject(lambda: is_researcher(request.user)),
        "is_moderator": SimpleLazyObject(lambda: is_moderator(request.user)),
    }
