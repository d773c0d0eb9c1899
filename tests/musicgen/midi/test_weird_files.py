"""Odd and broken files, one defect each, with what must become of them."""

import json
from pathlib import Path

import pytest

from musicgen.midi import (
    DamagedMidiError,
    MidiError,
    MidiLimitError,
    NotMidiError,
    read_midi,
    read_midi_report,
)

FOLDER = Path(__file__).parents[2] / "data" / "midi_weird"
FILES = sorted(path for path in FOLDER.iterdir() if not path.name.startswith("_"))
WHY = json.loads((FOLDER / "_why.json").read_text("utf-8"))

REFUSED = {
    NotMidiError: (
        "empty_0_bytes.mid html_404_named.mid mp3_named.mid random_4k.mid "
        "truncated_gzip_named.mid zip_named.mid"
    ),
    DamagedMidiError: (
        "MThd_then_random.mid data_first.mid division_0.mid only_header.mid tempo_0.mid truncated_at_10.mid "
        "truncated_at_14.mid truncated_at_20.mid truncated_at_22.mid truncated_at_30.mid vlq_5_bytes.mid"
    ),
    MidiLimitError: "ntrks_65535.mid one_hour_silence.mid tracks_300.mid year_long_delta.mid",
}
ERROR_OF = {name: error for error, names in REFUSED.items() for name in names.split()}
REPAIRED = {
    "format2_two_sequences.mid": ["sequences"],
    "header_len_huge.mid": ["header_length"],
    "header_says_1_has_3.mid": ["track_count"],
    "header_says_5_tracks_has_1.mid": ["track_count"],
    "hung_notes.mid": ["hanging_notes"],
    "macbinary_128_prefix.mid": ["wrapper"],
    "no_eot.mid": ["end_of_track"],
    "track_len_huge.mid": ["track_length", "end_of_track"],
    "truncated_at_104.mid": ["track_length", "broken_track"],
    "truncated_at_52.mid": ["track_length", "broken_track", "hanging_notes"],
    "zero_len_track_chunk.mid": ["end_of_track"],
}
NOTES = {
    "all_16_channels.mid": 16,
    "chord_88_keys.mid": 88,
    "double_on_same_pitch.mid": 2,
    "drums_only.mid": 24,
    "empty_track.mid": 0,
    "format2_two_sequences.mid": 16,
    "header_says_1_has_3.mid": 24,
    "monotone_2000.mid": 2000,
    "off_before_on_same_tick.mid": 2,
    "orphan_offs.mid": 0,
    "pitchbend_quarter_tones.mid": 16,
    "program_changes_mid.mid": 40,
    "running_status_after_meta.mid": 1,
    "single_note.mid": 1,
    "tempo_change_mid_note.mid": 1,
    "truncated_at_52.mid": 3,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_reads_or_refuses_as_it_should(path):
    if path.name in ERROR_OF:
        with pytest.raises(MidiError) as caught:
            read_midi(path)
        assert type(caught.value) is ERROR_OF[path.name], WHY[path.name]
    else:
        result = read_midi_report(path)
        assert result.score.note_count == NOTES.get(path.name, 8), WHY[path.name]
        assert [repair.kind for repair in result.repairs] == REPAIRED.get(path.name, []), WHY[path.name]


def test_its_files_each_have_a_reason():
    assert {path.name for path in FILES} <= WHY.keys()
    assert len(FILES) > 65


def test_it_reads_quarter_tones_as_cents():
    cents = {note.cents for note in read_midi(FOLDER / "pitchbend_quarter_tones.mid").parts[0].notes}
    assert cents == {0.0, 50.0}


def test_it_plays_the_pieces_of_format_2_one_after_the_other():
    first, second = read_midi(FOLDER / "format2_two_sequences.mid").parts
    assert second.notes[0].start_ticks >= first.notes[-1].end_ticks


def test_it_ends_hanging_notes_with_the_track():
    notes = read_midi(FOLDER / "hung_notes.mid").parts[0].notes
    assert {note.end_ticks for note in notes[:-1]} == {8 * 96}
    assert notes[-1].end_ticks == 8 * 96 + 1  # struck where the track ends


def test_it_keeps_a_pedal_that_is_never_released():
    part = read_midi(FOLDER / "sustain_never_released.mid").parts[0]
    assert part.pedal.values.tolist() == [127.0]


def test_it_times_a_tempo_change_inside_a_note():
    score = read_midi(FOLDER / "tempo_change_mid_note.mid")
    assert score.duration_seconds == pytest.approx(0.375)


def test_it_keeps_a_persian_name():
    score = read_midi(FOLDER / "name_persian_utf8.mid")
    assert score.parts[0].name == "آهنگ ایرانی ♫ دستگاه شور"
