"""Odd and broken files, one defect each, with what must become of them."""

import json
from pathlib import Path

import pytest

from musicgen.midi import (
    DamagedMidiError,
    MidiError,
    MidiLimitError,
    NotMidiError,
    UnsupportedMidiError,
    read_midi,
)

FOLDER = Path(__file__).parents[2] / "data" / "midi_weird"
FILES = sorted(path for path in FOLDER.iterdir() if not path.name.startswith("_"))
WHY = json.loads((FOLDER / "_why.json").read_text("utf-8"))

REFUSED = {
    NotMidiError: (
        "empty_0_bytes.mid html_404_named.mid macbinary_128_prefix.mid mp3_named.mid random_4k.mid "
        "truncated_gzip_named.mid zip_named.mid"
    ),
    DamagedMidiError: (
        "MThd_then_random.mid data_first.mid division_0.mid header_len_huge.mid only_header.mid tempo_0.mid "
        "track_len_huge.mid truncated_at_10.mid truncated_at_104.mid truncated_at_14.mid truncated_at_20.mid "
        "truncated_at_22.mid truncated_at_30.mid truncated_at_52.mid vlq_5_bytes.mid"
    ),
    MidiLimitError: "ntrks_65535.mid one_hour_silence.mid tracks_300.mid year_long_delta.mid",
    UnsupportedMidiError: "format2_two_sequences.mid",
}
ERROR_OF = {name: error for error, names in REFUSED.items() for name in names.split()}
NOTES = {
    "all_16_channels.mid": 16,
    "chord_88_keys.mid": 88,
    "double_on_same_pitch.mid": 2,
    "drums_only.mid": 24,
    "empty_track.mid": 0,
    "header_says_1_has_3.mid": 24,
    "hung_notes.mid": 0,
    "monotone_2000.mid": 2000,
    "off_before_on_same_tick.mid": 2,
    "orphan_offs.mid": 0,
    "pitchbend_quarter_tones.mid": 16,
    "program_changes_mid.mid": 40,
    "running_status_after_meta.mid": 1,
    "single_note.mid": 1,
    "tempo_change_mid_note.mid": 1,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_reads_or_refuses_as_it_should(path):
    if path.name in ERROR_OF:
        with pytest.raises(MidiError) as caught:
            read_midi(path)
        assert type(caught.value) is ERROR_OF[path.name], WHY[path.name]
    else:
        assert read_midi(path).note_count == NOTES.get(path.name, 8), WHY[path.name]


def test_its_files_each_have_a_reason():
    assert {path.name for path in FILES} <= WHY.keys()
    assert len(FILES) > 65


def test_it_times_a_tempo_change_inside_a_note():
    score = read_midi(FOLDER / "tempo_change_mid_note.mid")
    assert score.duration_seconds == pytest.approx(0.375)


def test_it_keeps_a_persian_name():
    score = read_midi(FOLDER / "name_persian_utf8.mid")
    assert score.parts[0].name == "آهنگ ایرانی ♫ دستگاه شور"
