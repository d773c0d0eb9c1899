"""Lists come a page at a time."""

from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Schema
from ninja.pagination import PaginationBase

MOST_PAGES: Final = 1_000_000
MOST_ITEMS: Final = 100


class Paged(PaginationBase):
    """Page `page` of `page_size` items, with how many there are in all."""

    class Input(Schema):
        """Which page."""

        page: int = Field(1, ge=1, le=MOST_PAGES)
        page_size: int = Field(30, ge=1, le=MOST_ITEMS)

    class Output(Schema):
        """A page."""

        items: list[Any]
        count: int
        page: int
        page_size: int

    def paginate_queryset(
        self, queryset: QuerySet[Any], pagination: Input, request: HttpRequest | None = None, **params: Any
    ) -> dict[str, Any]:
        """The items of the page asked for; none past the end."""
        first = (pagination.page - 1) * pagination.page_size
        return {
            "items": list(queryset[first : first + pagination.page_size]),
            "count": queryset.count(),
            "page": pagination.page,
            "page_size": pagination.page_size,
        }
