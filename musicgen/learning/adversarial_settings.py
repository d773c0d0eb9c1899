"""What a person chooses about a training of C-RNN-GAN. Loads no Keras.

Every device of the paper, and each that came after it, is one setting with a value that turns it
off. Two presets: `mogren2016` is the paper as printed, `modern` what measured best here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from musicgen.learning.settings import SettingsError
from musicgen.representation import Tones

_WHOLE: Final = {
    "units": (4, 2048),
    "discriminator_units": (4, 2048),
    "layers": (1, 4),
    "noise": (1, 512),
    "marks": (4, 256),
    "sequence_length": (8, 2048),
    "batch_size": (1, 1024),
    "game_batch_size": (1, 1024),
    "pretraining_steps": (0, 10**7),
    "shortest_length": (2, 2048),
    "adversarial_steps": (0, 10**7),
    "transposition": (0, 24),
    "evaluation_steps": (1, 10**7),
    "samples": (2, 1024),
    "seed": (0, 2**63 - 1),
}
_REAL: Final = {
    "pretraining_rate": (1e-7, 1.0),
    "generator_rate": (0.0, 1.0),
    "discriminator_rate": (0.0, 1.0),
    "clip_norm": (1e-3, 1e6),
    "l2": (0.0, 1.0),
    "freezing": (0.0, 1.0),
    "adversarial_weight": (0.0, 1e3),
    "feature_matching": (0.0, 1e3),
    "smoothness": (0.0, 1e4),
    "jitter": (1e-4, 1.0),
    "likelihood_weight": (0.0, 1e3),
    "averaging": (0.0, 0.99999),
    "temperature": (0.05, 5.0),
    "pitch_temperature": (0.05, 5.0),
}
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "output": ("direct", "mixture"),
    "optimizer": ("sgd", "adam"),
    "game": ("cross_entropy", "hinge", "relativistic"),
}


@dataclass(frozen=True, slots=True)
class AdversarialSettings:
    """How to train a C-RNN-GAN. The defaults are the preset `modern`.

    Attributes:
        network: "crnn_gan".
        output, units, discriminator_units, layers, noise, marks: shapes, see `CRNNGANConfig`.
        sequence_length: cells in a sequence.
        batch_size: sequences in a batch of the pretraining.
        game_batch_size: in a batch of the game, which costs several times as much a sequence.
        pretraining_steps: batches of next-event learning first; 0 for none.
        pretraining_rate: its highest learning rate.
        shortest_length: of the first sequences of the pretraining, which grow in four stages;
            `sequence_length` keeps them equal.
        adversarial_steps: batches of the game after it.
        optimizer: of all learning; "sgd" as in the paper, or "adam".
        generator_rate, discriminator_rate: learning rates of the game; two time scales if they differ.
        clip_norm: longest gradient of a network.
        game: the losses of both: the paper's "cross_entropy", "hinge", or "relativistic", where
            each real sequence is compared with a made one (Jolicoeur-Martineau 2018, arXiv:1807.00734).
        adversarial_weight: of the game's own loss in the generator's.
        feature_matching: weight of the squared distance between what the discriminator's last
            layer makes of real and of made sequences; 0 for none. The paper uses it alone.
        freezing: a network pauses while its loss is below this share of the other's; 0 never.
        l2: weight of the sum of squared weights; 0 for none.
        smoothness: weight of (D(x) − D(x + noise))² / noise², a stand-in for the gradient penalty
            R1 without second derivatives (Lin et al. 2025, arXiv:2501.08316); 0 for none.
        jitter: standard deviation of that noise.
        likelihood_weight: of the next-event loss, kept on during the game; 0 for none.
        averaging: share of the averaged weights that stays at each step; they are what is
            evaluated and kept in checkpoints. 0 for none: the weights as they are.
        transposition: sequences are moved up or down by at most so many semitones.
        evaluation_steps: batches between evaluations.
        samples: sequences made at each.
        temperature: of their choices.
        pitch_temperature: what 1 means for pitches, but not for times and loudness, when a
            checkpoint of the run composes. Learning does not depend on it.
        seed: of all that is random.
    """

    network: str = "crnn_gan"
    output: str = "mixture"
    units: int = 192
    discriminator_units: int = 80
    layers: int = 2
    noise: int = 4
    marks: int = 24
    sequence_length: int = 100
    batch_size: int = 32
    game_batch_size: int = 8
    pretraining_steps: int = 2000
    pretraining_rate: float = 4e-3
    shortest_length: int = 100
    adversarial_steps: int = 60
    optimizer: str = "adam"
    generator_rate: float = 1e-4
    discriminator_rate: float = 4e-4
    clip_norm: float = 1.0
    game: str = "relativistic"
    adversarial_weight: float = 1.0
    feature_matching: float = 0.0
    freezing: float = 0.0
    l2: float = 0.0
    smoothness: float = 1.0
    jitter: float = 0.05
    likelihood_weight: float = 0.5
    averaging: float = 0.995
    transposition: int = 6
    evaluation_steps: int = 200
    samples: int = 128
    temperature: float = 1.0
    pitch_temperature: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.network != "crnn_gan":
            raise SettingsError("network", f"network is {self.network!r}; only crnn_gan is trained so.")
        for name, (low, high) in _WHOLE.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise SettingsError(
                    name, f"{name} is {value!r}, must be a whole number from {low} to {high}."
                )
        for name, (lowest, highest) in _REAL.items():
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not lowest <= value <= highest:
                raise SettingsError(
                    name, f"{name} is {value!r}, must be a number from {lowest:g} to {highest:g}."
                )
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise SettingsError(
                    name, f"{name} is {getattr(self, name)!r}, must be one of: {', '.join(choices)}."
                )
        if not self.total_steps:
            raise SettingsError("adversarial_steps", "There is no step to train: both phases have none.")

    @property
    def total_steps(self) -> int:
        """Batches of both phases."""
        return self.pretraining_steps + self.adversarial_steps

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AdversarialSettings:
        """Read what `to_json` wrote; what is left out takes its default.

        Raises:
            SettingsError: an unknown setting, or a value that cannot be used.
        """
        known = {field.name for field in fields(cls)}
        for name in data:
            if name not in known:
                raise SettingsError(name, f"There is no training setting {name!r} for crnn_gan.")
        return cls(**data)

    def network_config(self, tones: Tones) -> dict[str, Any]:
        """The shape of both networks for a corpus, as `CRNNGANConfig` reads it."""
        # A mark for every semitone, or for every quarter of one where the corpus is microtonal.
        per_semitone = 1 if tones.scaling.pitch_step_cents == 100 else 4
        return {
            "tones_per_cell": tones.tones_per_cell,
            "units": self.units,
            "discriminator_units": self.discriminator_units,
            "layers": self.layers,
            "noise": self.noise,
            "output": self.output,
            "marks": self.marks,
            "pitch_marks": 1 + round((tones.scaling.highest - tones.scaling.lowest) * per_semitone),
            "octave_marks": 12 * per_semitone,
        }

    def batch_at(self, step: int) -> int:
        """Sequences in the batch of a step."""
        return self.batch_size if step < self.pretraining_steps else self.game_batch_size

    def length_at(self, step: int) -> int:
        """Cells in the sequences of a step: growing in four stages while pretraining, then full."""
        if step >= self.pretraining_steps or self.shortest_length >= self.sequence_length:
            return self.sequence_length
        stage = 4 * step // self.pretraining_steps
        return self.shortest_length + (self.sequence_length - self.shortest_length) * stage // 3


PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "modern": {},
    # Sections 3 and 4 of arXiv:1611.09904; 84 steps are its six epochs of pretraining, an epoch being
    # one sequence out of each of 280 pieces. The length of the game is ours: the paper does not print it.
    "mogren2016": {
        "output": "direct",
        "units": 350,
        "discriminator_units": 350,
        "noise": 4,
        "batch_size": 20,
        "game_batch_size": 20,
        "pretraining_steps": 84,
        "pretraining_rate": 0.1,
        "shortest_length": 10,
        "adversarial_steps": 42,
        "optimizer": "sgd",
        "generator_rate": 0.1,
        "discriminator_rate": 0.1,
        "clip_norm": 5.0,
        "game": "cross_entropy",
        "adversarial_weight": 0.0,
        "feature_matching": 1.0,
        "freezing": 0.7,
        "l2": 1e-4,
        "smoothness": 0.0,
        "likelihood_weight": 0.0,
        "averaging": 0.0,
        "pitch_temperature": 1.0,
        "transposition": 0,
        "evaluation_steps": 42,
    },
}
