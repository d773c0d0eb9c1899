"""What is compressed on its way, and what is not."""

import gzip

import pytest


@pytest.mark.django_db
def test_it_compresses_a_page(client):
    answer = client.get("/songs/", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    page = gzip.decompress(answer.content)
    assert b"</html>" in page
    assert len(answer.content) < len(page) / 3


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/compare/", "/turing/", "/account/login/", "/soundfont.sf3"])
def test_it_leaves_alone_what_must_not_be_told_by_its_length(client, address):
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer
