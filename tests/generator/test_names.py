"""What songs and networks are called."""

import pytest

from generator.names import network_label, song_title


def test_it_names_the_same_seed_the_same():
    assert song_title(network="lstm", seed=7) == song_title(network="lstm", seed=7)
    assert song_title(network="lstm", seed=7).endswith(" no. 7")


def test_it_names_other_seeds_and_networks_otherwise():
    titles = {
        song_title(network=network, seed=seed) for network in ("lstm", "crnn_gan") for seed in range(200)
    }
    assert len(titles) > 395


@pytest.mark.parametrize("seed", [0, 999, 1000, 2**63 - 1])
def test_it_keeps_names_short(seed):
    assert len(song_title(network="transformer", seed=seed)) < 40


def test_it_shows_an_unknown_network_as_it_is():
    assert network_label("lstm") == "LSTM"
    assert network_label("hopfield") == "hopfield"
