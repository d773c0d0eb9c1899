"""Names that say something, and nothing left for later."""

import ast
import re

import pytest

from tests.architecture.sources import PACKAGES, name_of, python_files

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
OWN = python_files(*PACKAGES)
TESTS = python_files("tests")


@pytest.mark.parametrize("path", OWN, ids=name_of)
def test_it_names_modules_after_something(path):
    assert path.stem not in EMPTY_NAMES
    assert path.parent.name not in EMPTY_NAMES


@pytest.mark.parametrize("path", [*OWN, *TESTS], ids=name_of)
def test_it_leaves_nothing_for_later(path):
    marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]  # in two pieces: this file is looked at too
    assert not re.findall(rf"\b(?:{'|'.join(marks)})\b", path.read_text("utf-8"))


@pytest.mark.parametrize("path", [path for path in TESTS if path.name.startswith("test_")], ids=name_of)
def test_it_names_tests_as_sentences_and_skips_none(path):
    tree = ast.parse(path.read_text("utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [name for name in names if name.startswith("test") and not re.match("test_its?_", name)]
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"skip", "skipif", "xfail", "importorskip"}
