"""Byte ranges of a file, without a site around them."""

import pytest
from django.test import RequestFactory

from training.ranges import (
    BLOCK_BYTES,
    OPEN_RANGE_BYTES,
    ByteRange,
    RangedFile,
    UnsatisfiableRangeError,
    parse_range,
)

CONTENT = bytes(range(256)) * 8  # 2,048 bytes
ETAG = '"abc"'


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sound.opus"
    path.write_bytes(CONTENT)
    return RangedFile(path, "audio/ogg; codecs=opus", "abc", "public, max-age=60")


def ask(file, method="get", **headers):
    request = getattr(RequestFactory(), method)(
        "/sound", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    return file.response(request)


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=10-", 10, 100),
        ("bytes=-5", 95, 100),
        ("bytes=-1000", 0, 100),
        ("bytes=90-1000", 90, 100),
        ("bytes=99-99", 99, 100),
        ("Bytes=1-2", 1, 3),
        ("bytes= 1-2 ", 1, 3),
    ],
)
def test_it_reads_a_single_range(header, start, stop):
    found = parse_range(header, 100)
    assert (found.start, found.stop) == (start, stop)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-3",
        "bytes=1-2,5-6",
        "bytes=--5",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes=١-٢",
        "items=0-1",
        "bytes=" + "9" * 30 + "-",
    ],
)
def test_it_ignores_what_is_no_single_range(header):
    assert parse_range(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=500-600"])
def test_it_refuses_a_range_outside_of_the_file(header):
    with pytest.raises(UnsatisfiableRangeError):
        parse_range(header, 100)


def test_it_refuses_every_range_of_an_empty_file():
    with pytest.raises(UnsatisfiableRangeError):
        parse_range("bytes=0-", 0)
    with pytest.raises(UnsatisfiableRangeError):
        parse_range("bytes=-5", 0)


def test_it_knows_which_ranges_are_open():
    assert parse_range("bytes=5-", 100) == ByteRange(5, 100, is_open=True)
    assert parse_range("bytes=5-9", 100) == ByteRange(5, 10)
    assert parse_range("bytes=-9", 100) == ByteRange(91, 100)


def test_it_sends_the_whole_file(file):
    answer = ask(file)
    assert answer.status_code == 200
    assert body(answer) == CONTENT
    assert answer["Content-Length"] == "2048"
    assert answer["Content-Type"] == "audio/ogg; codecs=opus"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"] == ETAG
    assert answer["Cache-Control"] == "public, max-age=60"
    assert "Last-Modified" in answer
    assert "Content-Range" not in answer
    assert "Content-Disposition" not in answer


def test_it_sends_a_part(file):
    answer = ask(file, range="bytes=100-299")
    assert answer.status_code == 206
    assert body(answer) == CONTENT[100:300]
    assert answer["Content-Range"] == "bytes 100-299/2048"
    assert answer["Content-Length"] == "200"
    assert answer["ETag"] == ETAG


def test_it_sends_the_end(file):
    answer = ask(file, range="bytes=-48")
    assert (answer.status_code, body(answer)) == (206, CONTENT[-48:])
    assert answer["Content-Range"] == "bytes 2000-2047/2048"


def test_it_says_how_long_the_file_is_when_a_range_is_outside(file):
    answer = ask(file, range="bytes=2048-")
    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */2048"
    assert body(answer) == b""


@pytest.mark.parametrize("header", ["bytes=0-9,20-29", "nonsense", "bytes=9-3"])
def test_it_sends_everything_for_a_range_that_it_does_not_serve(file, header):
    answer = ask(file, range=header)
    assert (answer.status_code, body(answer)) == (200, CONTENT)


def test_it_streams_more_than_one_block(tmp_path):
    content = bytes(i % 251 for i in range(3 * BLOCK_BYTES + 17))
    path = tmp_path / "long.wav"
    path.write_bytes(content)
    file = RangedFile(path, "audio/wav", "abc", "private")
    blocks = list(ask(file).streaming_content)
    assert len(blocks) == 4
    assert b"".join(blocks) == content
    assert body(ask(file, range=f"bytes=5-{2 * BLOCK_BYTES}")) == content[5 : 2 * BLOCK_BYTES + 1]


def test_it_answers_an_open_range_in_pieces_that_join_to_the_file(tmp_path):
    content = bytes(i % 253 for i in range(2 * OPEN_RANGE_BYTES + 5))
    path = tmp_path / "long.flac"
    path.write_bytes(content)
    file = RangedFile(path, "audio/flac", "abc", "private")
    received = b""
    while len(received) < len(content):
        answer = ask(file, range=f"bytes={len(received)}-")
        assert answer.status_code == 206
        assert int(answer["Content-Length"]) <= OPEN_RANGE_BYTES
        assert answer["Content-Range"].endswith(f"/{len(content)}")
        received += body(answer)
    assert received == content


def test_it_resumes_a_download_to_the_end_at_once(tmp_path):
    content = bytes(2 * OPEN_RANGE_BYTES)
    path = tmp_path / "long.flac"
    path.write_bytes(content)
    file = RangedFile(path, "audio/flac", "abc", "private", download_name="a song.flac")
    answer = ask(file, range="bytes=100-")
    assert int(answer["Content-Length"]) == len(content) - 100
    assert answer["Content-Disposition"] == 'attachment; filename="a song.flac"'


def test_it_honours_if_range_with_the_etag(file):
    assert ask(file, range="bytes=0-9", if_range=ETAG).status_code == 206
    assert ask(file, range="bytes=0-9", if_range='"other"').status_code == 200
    assert ask(file, range="bytes=0-9", if_range=f"W/{ETAG}").status_code == 200  # weak: never for ranges


def test_it_honours_if_range_with_a_date(file):
    modified = ask(file)["Last-Modified"]
    assert ask(file, range="bytes=0-9", if_range=modified).status_code == 206
    assert ask(file, range="bytes=0-9", if_range="Mon, 01 Jan 2001 00:00:00 GMT").status_code == 200
    assert ask(file, range="bytes=0-9", if_range="yesterday").status_code == 200


def test_it_sends_everything_when_if_range_fails_on_a_range_outside(file):
    assert ask(file, range="bytes=9999-", if_range='"other"').status_code == 200


@pytest.mark.parametrize("header", [ETAG, f"W/{ETAG}", "*", f'"x", {ETAG}'])
def test_it_says_that_nothing_changed(file, header):
    answer = ask(file, if_none_match=header, range="bytes=0-9")
    assert answer.status_code == 304
    assert answer["ETag"] == ETAG
    assert "Cache-Control" in answer
    assert body(answer) == b""


def test_it_sends_what_changed(file):
    assert ask(file, if_none_match='"older"').status_code == 200


def test_it_prefers_the_etag_to_the_date(file):
    modified = ask(file)["Last-Modified"]
    assert ask(file, if_modified_since=modified).status_code == 304
    assert ask(file, if_modified_since=modified, if_none_match='"older"').status_code == 200
    assert ask(file, if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT").status_code == 200
    assert ask(file, if_modified_since="never").status_code == 200


def test_it_answers_head_with_the_length_alone(file):
    answer = ask(file, method="head", range="bytes=0-9")
    assert answer.status_code == 200
    assert answer["Content-Length"] == "2048"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"] == ETAG
    assert body(answer) == b""


def test_it_names_a_download_in_any_script(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    file = RangedFile(path, "audio/midi", "abc", "private", download_name="آهنگ.mid")
    assert "filename*=utf-8''" in ask(file)["Content-Disposition"]


def test_it_leaves_a_missing_file_to_its_caller(tmp_path):
    file = RangedFile(tmp_path / "gone", "audio/wav", "abc", "private")
    with pytest.raises(FileNotFoundError):
        ask(file)
