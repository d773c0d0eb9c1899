"""Long lists, a page at a time."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def page_of(request: HttpRequest, rows: "QuerySet[Any]", size: int) -> "Page[Any]":
    """The page that the address asks for (`?page=`); the nearest there is, if it asks for none."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
