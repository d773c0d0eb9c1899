"""Level and true peak against signals whose values are known."""

import numpy as np
import pytest

from musicgen.audio import SilentAudioError
from musicgen.audio.loudness import level, loudness_lufs, true_peak_dbtp

RATE = 48_000


def sine(frequency, seconds, *, amplitude=1.0, phase=0.0):
    time = np.arange(int(seconds * RATE)) / RATE
    wave = amplitude * np.sin(2 * np.pi * frequency * time + phase)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def test_it_measures_the_reference_tone():
    # BS.1770: 997 Hz at full scale in one channel is −3.01 LUFS, in both 3.01 LU more.
    assert loudness_lufs(sine(997, 5), RATE) == pytest.approx(0.0, abs=0.05)
    left = sine(997, 5) * np.float32([1, 0])
    assert loudness_lufs(left, RATE) == pytest.approx(-3.01, abs=0.05)


def test_it_finds_peaks_between_the_samples():
    # A quarter of the sample rate, sampled at 45°: every sample is at 0.707, the crest at 1.
    hidden = sine(RATE / 4, 1, phase=np.pi / 4) * np.hanning(RATE).astype(np.float32)[:, None]
    assert 20 * np.log10(np.abs(hidden).max()) == pytest.approx(-3.01, abs=0.05)
    assert true_peak_dbtp(hidden) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("amplitude", [1e-3, 0.05, 1.0, 8.0])
def test_it_brings_any_level_to_the_target(amplitude):
    levelled = level(sine(440, 3, amplitude=amplitude), RATE)
    assert levelled.loudness_lufs == pytest.approx(-23.0, abs=0.1)
    assert loudness_lufs(levelled.samples, RATE) == pytest.approx(-23.0, abs=0.1)


def test_it_limits_peaks_and_keeps_the_level():
    # Soft music with drum-like strokes 35 dB over it: one gain alone would clip.
    music = sine(330, 6, amplitude=0.01)
    for start in range(0, len(music), RATE):
        stroke = np.random.default_rng(start).uniform(-1, 1, (240, 2)).astype(np.float32)
        music[start : start + 240] += stroke * np.linspace(1, 0, 240, dtype=np.float32)[:, None]
    one_gain = music * np.float32(10 ** ((-23.0 - loudness_lufs(music, RATE)) / 20))
    assert true_peak_dbtp(one_gain) > -1.0
    levelled = level(music, RATE)
    assert levelled.true_peak_dbtp <= -1.0
    assert levelled.loudness_lufs == pytest.approx(-23.0, abs=0.5)


def test_it_measures_a_sound_shorter_than_a_gate_block():
    assert level(sine(440, 0.1), RATE).loudness_lufs == pytest.approx(-23.0, abs=0.1)


def test_it_refuses_silence():
    for silence in (
        np.zeros((RATE, 2), np.float32),
        np.zeros((0, 2), np.float32),
        sine(440, 1, amplitude=1e-6),
    ):
        with pytest.raises(SilentAudioError):
            level(silence, RATE)
