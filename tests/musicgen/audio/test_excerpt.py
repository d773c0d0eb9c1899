"""Excerpts that nobody can tell apart but by listening."""

import numpy as np
import pyloudnorm
import pytest
import soundfile

from musicgen.audio.errors import RenderError, SilentAudioError
from musicgen.audio.excerpt import EXCERPT_SECONDS, FILE_BYTES, make_excerpt
from musicgen.audio.ogg import uniform_opus

RATE = 48_000


def write(path, samples):
    soundfile.write(path, np.stack([samples, samples], axis=1).astype(np.float32), RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """A soft sine of 30 s, and noise of 12 s: as unlike as can be."""
    folder = tmp_path_factory.mktemp("sounds")
    time = np.arange(30 * RATE) / RATE
    # Without the highest frequencies, which Opus leaves out: they would be missing in the loudness.
    noise = np.convolve(np.random.default_rng(1).normal(0, 0.2, 12 * RATE), np.ones(8) / 8, "same")
    sine = 0.02 * np.sin(2 * np.pi * 440 * time)
    return write(folder / "sine.flac", sine), write(folder / "noise.flac", noise)


def test_it_makes_files_that_only_sound_different(sounds, tmp_path):
    made = [
        make_excerpt(sound, tmp_path / f"{place}.opus", start_seconds=place * 2)
        for place, sound in enumerate(sounds)
    ]
    data = [excerpt.path.read_bytes() for excerpt in made]
    assert [len(content) for content in data] == [FILE_BYTES, FILE_BYTES]
    assert data[0][:47] == data[1][:47]  # the whole first page
    for content in data:
        assert b"libopus" not in content
        assert b"ENCODER" not in content.upper()
    read = [soundfile.read(excerpt.path) for excerpt in made]
    assert [len(samples) / rate for samples, rate in read] == [EXCERPT_SECONDS, EXCERPT_SECONDS]
    loudness = [pyloudnorm.Meter(rate).integrated_loudness(samples) for samples, rate in read]
    assert loudness == pytest.approx([-23, -23], abs=0.5)
    assert max(np.abs(samples).max() for samples, _ in read) <= 10 ** (-1 / 20)


def test_it_refuses_silence_and_what_is_too_short(tmp_path):
    short = write(tmp_path / "short.flac", np.random.default_rng(1).normal(0, 0.1, 4 * RATE))
    silent = write(tmp_path / "silent.flac", np.zeros(20 * RATE))
    for sound in (short, silent):
        with pytest.raises(SilentAudioError):
            make_excerpt(sound, tmp_path / "out.opus", start_seconds=0)
    assert not (tmp_path / "out.opus").exists()
    with pytest.raises(RenderError):
        make_excerpt(tmp_path / "missing.flac", tmp_path / "out.opus", start_seconds=0)


def test_it_reaches_every_size(sounds, tmp_path):
    from musicgen.audio.encode import encode

    samples, _ = soundfile.read(sounds[0], dtype="float32", always_2d=True)
    plain = encode(samples[:RATE], RATE, tmp_path / "plain.opus", "opus").path.read_bytes()
    for size in (*range(70_000, 70_040), *range(130_240, 130_300)):
        made = uniform_opus(plain, size)
        assert len(made) == size
    path = tmp_path / "made.opus"
    path.write_bytes(made)
    assert np.array_equal(soundfile.read(path)[0], soundfile.read(tmp_path / "plain.opus")[0])
    with pytest.raises(RenderError):
        uniform_opus(plain, 1_000)
