"""The API's description (OpenAPI), completed by what every operation may answer."""

from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from accounts.api.problems import CONTENT_TYPE

_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
# What limits, tokens and readers of requests answer before an operation is reached.
_EVERYWHERE: Final = {
    "400": "The request cannot be read.",
    "401": "The token is missing or not usable.",
    "403": "Not with this token, or not yours.",
    "422": "Fields that cannot be used, each with why.",
    "429": "Too many requests; `Retry-After` says when to come back.",
}


class DescribedAPI(NinjaAPI):
    """An API whose errors are described as what they are: problem details."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Ninja's description, completed."""
        schema = super().get_openapi_schema(**options)
        for methods in schema["paths"].values():
            for operation in methods.values():
                _complete(operation["responses"])
        return schema


def _complete(responses: dict[Any, Any]) -> None:
    for status, words in _EVERYWHERE.items():
        if not {status, int(status)} & responses.keys():
            responses[int(status)] = {"description": words}
    for status, response in responses.items():
        if int(status) >= 400:
            response["content"] = {CONTENT_TYPE: {"schema": _PROBLEM}}
