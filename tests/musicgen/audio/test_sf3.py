"""Compressed soundfonts made plain: built ones whose samples are known, and the bundled ones."""

import io
import struct

import numpy as np
import pytest
import soundfile

from musicgen.audio import SoundfontError
from musicgen.audio.sf3 import COMPRESSED, SAMPLE_HEADER, SILENT_FRAMES, expand_sf3, has_drum_kit
from musicgen.audio.soundfonts import GENERAL, PLAIN_PIANO

RATE = 44_100
MONO = 1
ROM = 0x8000
END = SAMPLE_HEADER.pack(b"EOS", *[0] * 9)


def sine(frames, hertz=441.0):
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(frames) / RATE)).astype(np.float32)


def vorbis(samples):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="OGG", subtype="VORBIS", compression_level=0.0)
    return file.getvalue()


def header(name, start, end, loop, kind):
    return SAMPLE_HEADER.pack(name, start, end, *loop, RATE, 60, -3, 0, kind)


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def font(headers, samples, *, banks=(0,), extra=()):
    presets = b"".join(struct.pack("<20sHHH12x", b"preset", 0, bank, 0) for bank in (*banks, 0))
    lists = (
        b"INFO" + chunk(b"ifil", struct.pack("<HH", 3, 1)) + chunk(b"INAM", b"a name\0\0"),
        b"sdta" + chunk(b"smpl", samples),
        b"pdta"
        + chunk(b"phdr", presets)
        + b"".join(chunk(b"imod", body) for body in extra)
        + chunk(b"shdr", b"".join(headers) + END),
    )
    return chunk(b"RIFF", b"sfbk" + b"".join(chunk(b"LIST", body) for body in lists))


def chunks_of(data):
    """The chunks of a soundfont by (list, name), after a check that every length adds up."""
    found = {}
    assert struct.unpack_from("<4sI4s", data) == (b"RIFF", len(data) - 8, b"sfbk")
    at = 12
    while at < len(data):
        _, length, kind = struct.unpack_from("<4sI4s", data, at)
        inner, end = at + 12, at + 8 + length
        while inner < end:
            name, size = struct.unpack_from("<4sI", data, inner)
            found[kind, name] = data[inner + 8 : inner + 8 + size]
            inner += 8 + size + size % 2
        assert inner == end
        at = end
    assert at == len(data)
    return found


def samples_of(data):
    """Each sample's header and its frames, with those up to where the next one may begin."""
    found = chunks_of(data)
    frames = np.frombuffer(found[b"sdta", b"smpl"], "<i2")
    return [
        (row, frames[row[1] : row[2]], frames[row[2] : row[2] + SILENT_FRAMES])
        for row in list(SAMPLE_HEADER.iter_unpack(found[b"pdta", b"shdr"]))[:-1]
    ]


def test_it_decodes_the_samples_and_says_where_they_lie():
    first, second = vorbis(sine(20_000)), vorbis(sine(9_000, 882.0))
    headers = [
        header(b"first", 0, len(first), (5_000, 15_000), MONO | COMPRESSED),
        header(b"second", len(first), len(first) + len(second), (8, 8_992), MONO | COMPRESSED),
    ]
    (one, a, gap), (two, b, rest) = samples_of(expand_sf3(font(headers, first + second)))
    assert one == (b"first".ljust(20, b"\0"), 0, 20_000, 5_000, 15_000, RATE, 60, -3, 0, MONO)
    at = 20_000 + SILENT_FRAMES
    assert two[1:5] == (at, at + 9_000, at + 8, at + 8_992)
    assert np.abs(a / 32_768 - sine(20_000)).max() < 0.03
    assert np.abs(b / 32_768 - sine(9_000, 882.0)).max() < 0.03
    assert len(gap) == len(rest) == SILENT_FRAMES
    assert not gap.any()
    assert not rest.any()


def test_it_does_not_wrap_what_is_louder_than_full_scale():
    loud = vorbis(2.2 * sine(9_000))
    ((_, frames, _),) = samples_of(expand_sf3(font([header(b"loud", 0, len(loud), (0, 1), 17)], loud)))
    wanted = np.clip(2.2 * sine(9_000), -1, 1)
    assert np.abs(frames / 32_768 - wanted).max() < 0.1
    assert frames.max() == 32_767


def test_it_passes_on_plain_samples_beside_compressed_ones():
    plain = np.arange(100, dtype="<i2")
    stream = vorbis(sine(3_000))
    headers = [
        header(b"plain", 20, 90, (30, 80), MONO),
        header(b"packed", 200, 200 + len(stream), (1, 9_999_999), MONO | COMPRESSED),
        header(b"card", 7, 8, (7, 8), ROM | MONO),
    ]
    data = expand_sf3(font(headers, plain.tobytes() + stream))
    (one, frames, _), (two, *_), (card, *_) = samples_of(data)
    assert one[1:5] == (0, 70, 10, 60)
    assert np.array_equal(frames, plain[20:90])
    assert two[2] == two[4] == 70 + SILENT_FRAMES + 3_000  # no loop into what follows
    assert card[1:5] == (7, 8, 7, 8)


def test_it_keeps_everything_else_but_the_version():
    stream = vorbis(sine(3_000))
    before = font([header(b"a", 0, len(stream), (0, 9), 17)], stream, extra=[b"odd"])
    old, new = chunks_of(before), chunks_of(expand_sf3(before))
    assert new.pop((b"INFO", b"ifil")) == struct.pack("<HH", 2, 4)
    assert list(old) == [(b"INFO", b"ifil"), *new]
    changed = {(b"sdta", b"smpl"), (b"pdta", b"shdr")}
    assert all(old[name] == new[name] for name in set(new) - changed)
    assert new[b"pdta", b"imod"] == b"odd"


def test_it_leaves_a_plain_soundfont_as_it_is():
    plain = font([header(b"plain", 0, 100, (10, 90), MONO)], bytes(200))
    assert expand_sf3(plain) is plain


@pytest.mark.parametrize("path", [PLAIN_PIANO, GENERAL], ids=lambda path: path.stem)
def test_it_expands_the_bundled_soundfonts(path):
    data = path.read_bytes()
    expanded = expand_sf3(data)
    samples = samples_of(expanded)
    assert len(samples) == len(chunks_of(data)[b"pdta", b"shdr"]) // SAMPLE_HEADER.size - 1
    at = 0
    for row, frames, gap in samples:
        _, start, end, loop_start, loop_end, *_, kind = row
        assert (start, kind & COMPRESSED, len(gap), int(np.abs(gap).max())) == (at, 0, SILENT_FRAMES, 0)
        assert start <= loop_start <= loop_end <= end
        assert np.abs(frames.astype(int)).max() > 300
        at = end + SILENT_FRAMES
    assert len(chunks_of(expanded)[b"sdta", b"smpl"]) == 2 * at
    assert expand_sf3(data) == expanded


def test_it_knows_whether_there_are_drums():
    assert has_drum_kit(GENERAL.read_bytes())
    assert not has_drum_kit(PLAIN_PIANO.read_bytes())
    assert not has_drum_kit(font([], b"", banks=(0, 8)))
    assert has_drum_kit(font([], b"", banks=(0, 128)))


def test_it_says_what_is_wrong_with_a_damaged_soundfont():
    good = font([header(b"piano", 0, 8, (0, 9), 17)], b"not Ogg!")
    two = vorbis(np.stack([sine(3_000)] * 2, axis=1))
    for data, complaint in (
        (b"RIFF\0\0\0\0WAVE", "not a SoundFont"),
        (good[:40], "breaks off"),
        (good[:12], "no INFO and no sdta and no pdta list"),
        (good.replace(b"shdr", b"shdX"), "no shdr chunk"),
        (good, "sample 'piano' cannot be decoded"),
        (font([header(b"wide", 0, len(two), (0, 9), 17)], two), "sample 'wide' has 2 channels"),
    ):
        with pytest.raises(SoundfontError, match=complaint):
            expand_sf3(data)
