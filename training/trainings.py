"""What can be trained: each network with its settings, presets and representations.

All of it is read from the core's own descriptions, so that a network that is added there appears
in forms, in the API and on pages by itself. Loads no Keras.
"""

import importlib
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from musicgen import networks
from musicgen.learning import SettingsError, TrainSettings

NETWORK_TITLES: Final = {"lstm": "LSTM", "transformer": "Transformer", "crnn_gan": "C-RNN-GAN"}
ABOUT: Final = {
    "lstm": _("reads one note or chord after another and remembers"),
    "transformer": _("looks back at everything it has just read"),
    "crnn_gan": _("two networks: one composes, the other learns to tell it from real music"),
}
TOKENS: Final = ("chords", "events")
TONES: Final = ("tones",)
DEFAULT_PRESET: Final = "standard"
QUICK_PRESET: Final = "quick"
# A first look in minutes on a laptop; what a network does not know is left out.
_QUICK: Final[Mapping[str, Mapping[str, Any]]] = {
    "lstm": {
        "embedding_dim": 64,
        "units": 96,
        "dropout": 0.1,
        "sequence_length": 64,
        "batch_size": 16,
        "max_epochs": 4,
    },
    "transformer": {
        "embedding_dim": 64,
        "layers": 2,
        "heads": 2,
        "context": 128,
        "dropout": 0.1,
        "sequence_length": 128,
        "batch_size": 8,
        "max_epochs": 4,
    },
    "crnn_gan": {
        "units": 48,
        "discriminator_units": 32,
        "batch_size": 16,
        "pretraining_steps": 200,
        "adversarial_steps": 60,
        "evaluation_steps": 40,
        "samples": 16,
    },
}
# Settings of one network's shape that stand among those of another.
_FOREIGN: Final[Mapping[str, frozenset[str]]] = {
    "lstm": frozenset({"heads", "context"}),
    "transformer": frozenset({"units"}),
}
# Worth a thought before every run, in this order; the others are folded away.
_MAIN: Final = (
    *("max_epochs", "pretraining_steps", "adversarial_steps", "units", "embedding_dim", "layers", "heads"),
    *("context", "output", "game", "batch_size", "sequence_length", "learning_rate", "seed"),
)
# What a run may be given more of, and still be the same training from the step where it ended.
LENGTHENING: Final = ("max_epochs", "max_steps", "adversarial_steps")
_WORDS: Final[Mapping[str, tuple[Any, Any]]] = {
    "max_epochs": (
        _("Epochs"),
        _("How often it reads all training pieces, at most. It stops once it learns no more."),
    ),
    "units": (_("Units"), _("Memory cells in each layer. More can learn more, and take longer.")),
    "layers": (_("Layers"), _("Nets stacked on each other.")),
    "embedding_dim": (_("Embedding"), _("Numbers by which each note or chord is described.")),
    "dropout": (
        _("Dropout"),
        _("Share of signals left out while learning, 0 to 0.9. More hinders learning by heart."),
    ),
    "batch_size": (_("Batch"), _("Pieces read side by side.")),
    "sequence_length": (_("Sequence length"), _("Read between two corrections of the weights.")),
    "learning_rate": (
        _("Learning rate"),
        _("How far the weights move at each correction. Too high, and it learns nothing."),
    ),
    "patience": (_("Patience"), _("Looks at the validation pieces without progress before it stops.")),
    "clip_norm": (_("Gradient clipping"), _("The longest correction allowed, against sudden leaps.")),
    "seed": (
        _("Seed"),
        _("Decides all that is random: the same seed and settings give the same network."),
    ),
    "heads": (_("Heads"), _("Places that each layer can look at, at once.")),
    "context": (_("Context"), _("How many tokens back it sees.")),
    "max_steps": (_("Most steps"), _("Corrections of the weights, at most; 0 for no such limit.")),
    "pretraining_steps": (
        _("Steps of pretraining"),
        _("Learning to go on with real music, before the game."),
    ),
    "adversarial_steps": (_("Game"), _("Steps in which two networks play: one composes, one judges.")),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a training.

    Attributes:
        name: as the core calls it.
        kind: int, float or str.
        default: its value if nothing is said.
        label, help: for people.
        choices: what a str may be; empty if the core does not list it.
    """

    name: str
    kind: type
    default: Any
    label: Any
    help: Any
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Training:
    """One network and how it is trained.

    Attributes:
        network: its name.
        representations: what its corpus may be prepared as, the usual one first.
        settings_class: the core's, with `from_json` and `to_json`.
        presets: whole sets of values by name, the standard one first.
        settings: those of this network, in the order of a form.
    """

    network: str
    representations: tuple[str, ...]
    settings_class: Any
    presets: Mapping[str, Mapping[str, Any]]
    settings: tuple[Setting, ...]

    @property
    def title(self) -> str:
        """As people write it."""
        return NETWORK_TITLES.get(self.network, self.network)

    @property
    def main(self) -> tuple[Setting, ...]:
        """What is worth a thought before every run."""
        found = {setting.name: setting for setting in self.settings}
        return tuple(found[name] for name in _MAIN if name in found)

    @property
    def further(self) -> tuple[Setting, ...]:
        """What seldom needs changing."""
        return tuple(setting for setting in self.settings if setting.name not in _MAIN)


@cache
def trainings() -> Mapping[str, Training]:
    """Every training there is, by the name of its network."""
    found = {name: _training(name, TOKENS, TrainSettings) for name in networks.NETWORK_NAMES}
    for name in getattr(networks, "TONE_NETWORK_NAMES", ()):
        core = importlib.import_module("musicgen.learning.adversarial_settings")
        found[name] = _training(name, TONES, core.AdversarialSettings)
    return found


def settings_of(data: Mapping[str, Any]) -> Any:
    """The core's settings for the network that the values name.

    Raises:
        SettingsError: an unknown network or setting, or a value that cannot be used.
    """
    network = data.get("network", TrainSettings().network)
    if network not in trainings():
        known = ", ".join(trainings())
        raise SettingsError("network", f"network is {network!r}, must be one of: {known}.")
    return trainings()[network].settings_class.from_json({**data, "network": network})


def settings_in_order(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Training settings under the names and in the order of the form."""
    network = settings.get("network", "")
    shown = {**settings, "network": NETWORK_TITLES.get(network, network)}
    training = trainings().get(network)
    known = [(str(_("Network")), shown["network"])] if network else []
    settings_known = (*training.main, *training.further) if training else ()
    known += [(str(one.label), shown[one.name]) for one in settings_known if one.name in shown]
    names = {one.name for one in settings_known} | {"network"}
    rest = [(name, value) for name, value in shown.items() if name not in names]
    return known + ([] if training else rest)


def _training(network: str, representations: tuple[str, ...], settings_class: Any) -> Training:
    said = _explained(settings_class)
    defaults = settings_class.from_json({"network": network}).to_json()
    core = importlib.import_module(settings_class.__module__)
    choices = {"precision": getattr(core, "PRECISIONS", ()), **getattr(core, "CHOICES", {})}
    left_out = {"network"} | _FOREIGN.get(network, frozenset())
    settings = tuple(
        _setting(field.name, defaults[field.name], said, choices)
        for field in fields(settings_class)
        if field.name not in left_out
    )
    return Training(network, representations, settings_class, _presets(network, settings_class), settings)


def _setting(
    name: str, default: Any, said: Mapping[str, str], choices: Mapping[str, tuple[str, ...]]
) -> Setting:
    label, words = _WORDS.get(name, (capfirst(name.replace("_", " ")), said.get(name, "")))
    return Setting(name, type(default), default, label, words, tuple(choices.get(name, ())))


def _presets(network: str, settings_class: Any) -> dict[str, Mapping[str, Any]]:
    """Standard, quick, and whatever else the core names."""

    def whole(values: Mapping[str, Any]) -> Mapping[str, Any]:
        content: Mapping[str, Any] = settings_class.from_json({**values, "network": network}).to_json()
        return content

    core = importlib.import_module(settings_class.__module__)
    named = getattr(core, "PRESETS", {})
    named = (
        named.get(network, {}) if network in named else named if settings_class is not TrainSettings else {}
    )
    return {
        DEFAULT_PRESET: whole({}),
        QUICK_PRESET: whole(_QUICK.get(network, {})),
        **{name: whole(values) for name, values in named.items() if values},
    }


def _explained(settings_class: Any) -> dict[str, str]:
    """What the class says about each of its attributes; names that share a sentence share it here."""
    text = (settings_class.__doc__ or "").partition("Attributes:")[2]
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?= {8}\w)", "\n" + text.strip("\n")):
        names, colon, words = " ".join(entry.split()).partition(": ")
        if colon and re.fullmatch(r"[\w, ]+", names):
            for name in names.replace(" ", "").split(","):
                found[name] = capfirst(words)
    return found
