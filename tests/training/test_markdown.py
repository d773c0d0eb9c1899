"""Model cards as HTML."""

import pytest

from training.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A card", "<h2>A card</h2>"),
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("- a\n- b\n  more", "<ul><li>a</li><li>b more</li></ul>"),
        ("**so** `x < 1`", "<p><strong>so</strong> <code>x &lt; 1</code></p>"),
        ("```\n# no <b>\n\nx\n```", "<pre><code># no &lt;b&gt;\n\nx</code></pre>"),
        (
            "| a | b |\n|---|---:|\n| 1 | **2** |",
            (
                '<div class="table-scroll"><table><thead><tr>'
                '<th scope="col">a</th><th scope="col">b</th></tr></thead>'
                "<tbody><tr><td>1</td><td><strong>2</strong></td></tr></tbody></table></div>"
            ),
        ),
        (
            "| | |\n|---|---|\n| 1 | 2 |",
            '<div class="table-scroll"><table><tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>',
        ),
    ],
)
def test_it_knows_what_cards_are_written_in(text, html):
    assert to_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "# <img src=x onerror=alert(1)>",
        "| <b>x</b> | y |\n|---|---|\n| <i>1</i> | 2 |",
        "- <a href='javascript:x'>y</a>",
        "`<u>`",
        "```\n<s>\n```",
    ],
)
def test_it_shows_foreign_html_as_text(text):
    html = to_html(text)
    for tag in ("<script", "<img", "<b>", "<i>", "<a ", "<u>", "<s>"):
        assert tag not in html
    assert "&lt;" in html


def test_it_leaves_pictures_to_the_page():
    assert to_html("a\n\n![Loss](loss.svg)\n\nb") == "<p>a</p>\n<p>b</p>"


def test_it_closes_what_was_left_open():
    assert to_html("```\ncode") == "<pre><code>code</code></pre>"
    assert to_html("") == ""
