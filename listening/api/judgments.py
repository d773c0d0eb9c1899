"""The published verdicts: anonymised, versioned, with a codebook."""

from enum import StrEnum
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from accounts.api import Problem, anybody
from listening.selectors.boards import EXPORT_FILES, export_file
from listening.views.leaderboard import export

router = Router(tags=["judgments"])


class ExportName(StrEnum):
    """The published files; `EXPORT_FILES` as the description needs them."""

    EVERYTHING = "export.json"
    COMPARISONS = "comparisons.csv"
    GUESSES = "guesses.csv"
    LEADERBOARD = "leaderboard.csv"
    CODEBOOK = "codebook.json"


class ExportAnswer(Schema):
    """One of the published files."""

    name: str
    bytes: int
    address: str


@router.get("", auth=anybody, response=list[ExportAnswer])
def list_judgment_files(request: HttpRequest) -> Any:
    """What is published; nothing until a leaderboard has been computed."""
    found = ((name, export_file(name)[0]) for name in EXPORT_FILES)
    return [
        {"name": name, "bytes": path.stat().st_size, "address": f"/api/v1/judgments/{name}"}
        for name, path in found
        if path is not None
    ]


@router.get(
    "/{name}",
    auth=anybody,
    response={404: Problem},
    openapi_extra={"responses": {200: {"description": "the file", "content": {"text/csv": {}}}}},
)
def get_judgment_file(request: HttpRequest, name: ExportName) -> Any:
    """One published file: all verdicts, the table, or what the columns mean."""
    return export(request, name.value)
