from __future__ import annotations

import pytest

from musicgen.learning import SettingsError, TrainSettings
from musicgen.networks.lstm import LSTMConfig


def test_it_reads_back_what_it_wrote() -> None:
    settings = TrainSettings(units=64, learning_rate=1e-3, seed=9)
    assert TrainSettings.from_json(settings.to_json()) == settings


def test_it_describes_the_network_to_build() -> None:
    config = LSTMConfig.from_json(TrainSettings(units=64, layers=3).network_config(500, 3))
    assert (config.vocabulary_size, config.units, config.layers) == (500, 64, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"network": "gru"},
        {"units": 0},
        {"layers": 1},
        {"batch_size": 2.0},
        {"max_epochs": True},
        {"dropout": 1.0},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"clip_norm": "1"},
        {"seed": -1},
        {"momentum": 0.9},
    ],
)
def test_it_names_the_setting_that_cannot_be_used(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainSettings.from_json(wrong)
    assert caught.value.field == next(iter(wrong))
    assert caught.value.field in str(caught.value)
