"""Short files and functions, with a reason beside every exception."""

import ast

import pytest

from tests.architecture.sources import PACKAGES, name_of, python_files

FILE_LINES = 400
FUNCTION_LINES = 60  # its docstring is not counted

# "path" or "path::function" -> why it is one thing that would be worse in two
EXCEPTIONS: dict[str, str] = {}

FILES = python_files(*PACKAGES, "deploy", "benchmarks", "tests")


def lines_without_docstring(function):
    length = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        length -= first.end_lineno - first.lineno + 1
    return length


def overlong(path):
    """What in `path` is over its budget."""
    text = path.read_text("utf-8")
    if len(text.splitlines()) > FILE_LINES:
        yield name_of(path)
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and lines_without_docstring(node) > FUNCTION_LINES
        ):
            yield f"{name_of(path)}::{node.name}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_it_stays_within_its_budget(path):
    over = sorted(set(overlong(path)) - EXCEPTIONS.keys())
    assert not over, f"split by a noun of the domain, or say in EXCEPTIONS why not: {over}"


def test_it_keeps_no_exception_that_is_not_needed():
    needed = {name for path in FILES for name in overlong(path)}
    assert needed >= EXCEPTIONS.keys()
