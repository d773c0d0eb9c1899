from __future__ import annotations

import subprocess
import sys

import pytest

from musicgen.sampling import SamplingSettings, SamplingSettingsError


def test_it_reads_back_what_it_wrote() -> None:
    settings = SamplingSettings(seed=3, temperature=0.9, top_k=40, tempo_bpm=72.0, key="Eb minor")
    assert SamplingSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"seed": 1.5},
        {"seed": True},
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"length_seconds": float("inf")},
        {"length_seconds": "60"},
        {"tempo_bpm": 0},
        {"min_p": -0.1},
        {"repetition": float("nan")},
        {"length_bars": 0},
        {"length_notes": 10, "length_bars": 4},
        {"key": "H minor"},
        {"density": 0},
        {"instrument": "kazoo"},
        {"volume": 11},
    ],
)
def test_it_names_the_setting_that_cannot_be_used(wrong: dict[str, object]) -> None:
    with pytest.raises(SamplingSettingsError) as caught:
        SamplingSettings.from_json(wrong)
    assert caught.value.field == next(iter(wrong))
    assert caught.value.field in str(caught.value)


def test_it_loads_without_keras() -> None:
    program = "import sys, musicgen.sampling; assert not {'keras', 'tensorflow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
