"""From a MIDI file to sound files as listeners get them."""

import hashlib

import numpy as np
import pytest
import soundfile

from musicgen.audio import FORMATS, RenderError, SilentAudioError, Tags, iter_renditions, make_renditions
from musicgen.audio.encode import encode
from musicgen.audio.loudness import loudness_lufs
from musicgen.audio.peaks import waveform_peaks
from musicgen.audio.soundfonts import GRAND_PIANO
from musicgen.score import Part, Score
from tests.musicgen.audio.pieces import midi_of, scale

TAGS = Tags(title="Étude\nin C", artist="a network", comment="seed 7")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_renditions(midi_of(scale(bars=3)), tmp_path_factory.mktemp("song"), name="etude", tags=TAGS)


def test_it_makes_every_format_from_one_rendering(made):
    assert [rendition.format for rendition in made] == ["opus", "mp3", "flac", "wav"]
    decoded = {r.format: soundfile.read(str(r.path), dtype="float32") for r in made}
    for rendition in made:
        samples, rate = decoded[rendition.format]
        content = rendition.path.read_bytes()
        assert rendition.path.name == f"etude.{rendition.format}"
        assert (rendition.byte_count, rendition.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert rate == 48_000
        assert len(samples) / rate == pytest.approx(rendition.seconds, abs=0.1)
        assert loudness_lufs(samples, rate) == pytest.approx(-23.0, abs=0.5)
        assert np.abs(samples).max() < 10 ** (-1 / 20)
    assert np.array_equal(decoded["wav"][0], decoded["flac"][0])
    assert made[0].loudness_lufs == pytest.approx(-23.0, abs=0.1)


def test_it_keeps_the_dying_away_and_no_silence_after_it(made):
    assert 6.0 < made[0].seconds < 9.0  # the last note ends at 6 s
    samples = soundfile.read(str(made[2].path))[0]
    rest = samples[-12_000:]
    assert np.abs(rest).max() < np.abs(samples).max() / 1000
    assert np.abs(samples[-36_000:-12_000]).max() > np.abs(samples).max() / 2000


def test_it_writes_tags_on_one_line(made):
    for rendition in made:
        with soundfile.SoundFile(str(rendition.path)) as file:
            assert (file.title, file.artist, file.comment) == ("Étude in C", "a network", "seed 7")


def test_it_gives_each_format_as_soon_as_it_is_finished(tmp_path):
    folder = tmp_path / "new"
    renditions = iter_renditions(midi_of(scale()), folder, formats=("flac", "wav"))
    assert next(renditions).path == folder / "song.flac"
    assert [path.name for path in folder.iterdir()] == ["song.flac"]
    renditions.close()
    assert [path.name for path in folder.iterdir()] == ["song.flac"]


def test_it_makes_equal_bytes_of_lossless_formats(tmp_path):
    first, second = (
        make_renditions(midi_of(scale()), tmp_path / name, formats=("flac", "wav")) for name in ("a", "b")
    )
    assert [r.sha256 for r in first] == [r.sha256 for r in second]


def test_it_refuses_an_unknown_format_before_the_work(tmp_path):
    with pytest.raises(RenderError, match="no audio format 'ogg'"):
        make_renditions(midi_of(scale()), tmp_path / "none", formats=("opus", "ogg"))
    assert not (tmp_path / "none").exists()


def test_it_refuses_a_piece_that_no_instrument_plays(tmp_path):
    # The piano's soundfont has no drums, so the part makes no sound.
    drums = Score((Part(scale().parts[0].notes, is_drum=True),))
    with pytest.raises(SilentAudioError, match="no instrument"):
        make_renditions(midi_of(drums), tmp_path, soundfont=GRAND_PIANO)
    assert list(tmp_path.iterdir()) == []


def test_it_leaves_nothing_half_written(tmp_path):
    noise = np.zeros((1000, 2), np.float32)
    blocked = tmp_path / "taken.wav"
    blocked.mkdir()
    with pytest.raises(RenderError, match=r"taken\.wav cannot be written"):
        encode(noise, 48_000, blocked, "wav")
    assert list(tmp_path.iterdir()) == [blocked]


def test_it_names_the_type_that_browsers_ask_for():
    assert {name: row.media_type.split(";")[0] for name, row in FORMATS.items()} == {
        "opus": "audio/ogg",
        "mp3": "audio/mpeg",
        "flac": "audio/flac",
        "wav": "audio/wav",
    }


def test_it_draws_the_outline_of_a_sound():
    samples = np.zeros((8000, 2), np.float32)
    samples[1500, 0], samples[7999, 1] = 0.25, -0.5
    assert waveform_peaks(samples, 8) == [0, 0.5, 0, 0, 0, 0, 0, 1.0]
    assert waveform_peaks(samples[:3], 8) == [0.0, 0.0, 0.0]
    assert waveform_peaks(np.zeros((0, 2), np.float32), 8) == []


def test_it_stores_the_outline_with_each_rendition(made):
    peaks = made[0].peaks
    assert len(peaks) == 800
    assert (min(peaks) >= 0, max(peaks)) == (True, 1.0)
    assert peaks == made[3].peaks
