"""The API's own description (OpenAPI), arranged for a page that people read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.utils.translation import gettext as _

from musicgen_site.api.v1 import api

_METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or a field of a body.

    Attributes:
        kind: its type and bounds, in words.
    """

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for."""

    anchor: str
    method: str
    path: str
    summary: str
    needs_token: bool
    parameters: tuple[Value, ...]
    body: tuple[Value, ...]
    statuses: tuple[str, ...]

    @property
    def tables(self) -> list[tuple[str, tuple[Value, ...]]]:
        """What is sent, by where it is sent."""
        sent = [(_("In the address"), self.parameters), (_("In the body"), self.body)]
        return [(title, values) for title, values in sent if values]


@dataclass(frozen=True, slots=True)
class Section:
    """The operations about one kind of thing."""

    name: str
    operations: tuple[Operation, ...]


@cache
def reference() -> tuple[Section, ...]:
    """All operations by kind of thing."""
    schema = api.get_openapi_schema()
    schemas: Mapping[str, Any] = schema["components"]["schemas"]
    sections: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method in _METHODS:
            if method in methods:
                said = methods[method]
                sections.setdefault(said["tags"][0], []).append(_operation(method, path, said, schemas))
    return tuple(Section(name, tuple(operations)) for name, operations in sections.items())


def _operation(method: str, path: str, said: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    return Operation(
        anchor=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said.get("description") or said["summary"],
        needs_token="security" in said,
        parameters=tuple(
            Value(one["name"], _kind(one["schema"], schemas), one.get("required", False), _words(one))
            for one in said.get("parameters", ())
        ),
        body=_body(said, schemas),
        statuses=tuple(str(status) for status in said["responses"]),
    )


def _words(parameter: Mapping[str, Any]) -> str:
    return str(parameter.get("description") or parameter["schema"].get("description") or "")


def _body(said: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[Value, ...]:
    for content in said.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(content["schema"], schemas)
        required = schema.get("required", ())
        return tuple(
            Value(name, _kind(field, schemas), name in required, str(field.get("description", "")))
            for name, field in schema.get("properties", {}).items()
        )
    return ()


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return schemas[name] if name else schema


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """A type in words: "whole number, from 1 to 100"."""
    schema = _resolved(schema, schemas)
    if "anyOf" in schema:
        return " or ".join(_kind(one, schemas) for one in schema["anyOf"])
    if "allOf" in schema:
        return _kind(schema["allOf"][0], schemas)
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    names = {"integer": "whole number", "string": "text", "object": "object", "null": "nothing"}
    kind = names.get(schema.get("type", ""), str(schema.get("type", "anything")))
    if schema.get("type") == "array":
        kind = f"list of {_kind(schema['items'], schemas)}"
    if schema.get("format") == "binary":
        kind = "file"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{kind}, from {least:g} to {most:g}"
    if least is not None:
        return f"{kind}, at least {least:g}"
    return f"{kind}, at most {most:g}" if most is not None else kind
