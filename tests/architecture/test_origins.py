"""Pages load nothing from elsewhere and run no script that a strict content security policy would stop."""

import re

import pytest

from tests.architecture.sources import ROOT, SITE_PACKAGES, name_of

NAMESPACES = ("http://www.w3.org/",)  # names in SVG and XHTML; nothing is fetched
# Addresses in the words of error messages, which a person may follow; nothing is fetched.
IN_MESSAGES = (
    "https://stuk.github.io/jszip/documentation/howto/read_zip.html",
    "https://github.com/0xfe/vexflow/issues/104",
)
ADDRESS = re.compile(r"(?:https?:)?//[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+[^\s\"'`)]*")
SHORT_LINE = 500  # minified code has no comments, and its lines are longer

TEMPLATES = [
    path
    for folder in ("templates", *(f"{name}/templates" for name in SITE_PACKAGES))
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file()
]
STATIC = [
    path for path in sorted((ROOT / "static").rglob("*")) if path.suffix in {".js", ".css", ".svg", ".html"}
]


def without_links(text):
    """The template without what a reader may follow: a link loads nothing by itself."""
    return re.sub(r"<a\s[^>]*>", "<a>", text)


def is_comment(line, start):
    before = line[:start]
    return len(line) < SHORT_LINE and bool(
        re.search(r"//\s|/\*|^\s*\*|#", before) or line.lstrip().startswith("//")
    )


def foreign_addresses(text):
    for line in text.splitlines():
        for found in ADDRESS.finditer(line):
            if not found.group().startswith((*NAMESPACES, *IN_MESSAGES)) and not is_comment(
                line, found.start()
            ):
                yield found.group()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_it_loads_nothing_from_elsewhere_in_templates(path):
    assert not list(foreign_addresses(without_links(path.read_text("utf-8"))))


@pytest.mark.parametrize("path", STATIC, ids=name_of)
def test_it_loads_nothing_from_elsewhere_in_static_files(path):
    text = path.read_text("utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL) if path.suffix == ".css" else text
    assert not list(foreign_addresses(text))


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example.com/htmx.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.com/css">',
        '@import url("https://example.com/a.css");',
        'import x from "https://esm.example.com/x.js";',
    ],
)
def test_it_would_notice_a_foreign_address(text):
    assert list(foreign_addresses(without_links(text)))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_it_puts_no_script_or_style_into_attributes(path):
    assert not re.findall(r"<[a-z][^>{]*?\s(?:on[a-z]+|style)\s*=", path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_it_gives_every_inline_script_and_style_its_nonce(path):
    opened = re.findall(r"<(?:script|style)\b[^>]*>", path.read_text("utf-8"))
    assert not [
        tag for tag in opened if " src=" not in tag and "nonce=" not in tag and "application/json" not in tag
    ]
