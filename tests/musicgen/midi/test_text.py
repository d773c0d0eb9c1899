"""Names whose encoding no one wrote down."""

import pytest

from musicgen.midi import read_midi
from musicgen.midi.text import decode_text
from tests.musicgen.midi.midi_bytes import midi_file, name, note


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Grüner Flügel", "latin-1"),
        ("Flûte à bec", "cp1252"),
        ("Piano — «deux»", "cp1252"),
        ("ピアノ 伴奏", "cp932"),
        ("ﾋﾟｱﾉ", "cp932"),
        ("Фортепиано", "cp1251"),
        ("РОЯЛЬ и скрипка", "cp1251"),
        ("آهنگ ايراني", "cp1256"),
        ("دستگاه شور", "utf-8"),
        ("دستگاه شور", "utf-16"),
    ],
)
def test_it_finds_the_encoding(text, encoding):
    assert decode_text(text.encode(encoding)) == text


def test_it_never_fails():
    for first in range(256):
        for second in range(256):
            assert isinstance(decode_text(bytes((first, second, 0x81))), str)


def test_it_decodes_the_names_of_parts_and_pieces():
    score = read_midi(midi_file(name("Ноты".encode("cp1251")), name("Grün".encode("latin-1")) + note()))
    assert (score.title, score.parts[0].name) == ("Ноты", "Grün")
