"""Training a network of continuous tones: the part of `train` that is about C-RNN-GAN."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.loading import quiet_loading
from musicgen.cli.output import clock, printable, progress_bar, say, say_beside_bar
from musicgen.learning.adversarial_settings import PRESETS, AdversarialSettings

if TYPE_CHECKING:
    from musicgen.learning.adversarial_progress import AdversarialProgress
    from musicgen.learning.train import RunResult

_HELP: Final = {
    "output": "direct, as in the paper, or mixture",
    "discriminator_units": "of each layer and direction of the discriminator",
    "noise": "random numbers that the generator reads at each step",
    "marks": "of the grids that numbers are seen on",
    "game_batch_size": "sequences in a batch of the game",
    "pretraining_steps": "batches of next-event learning first",
    "pretraining_rate": "its highest learning rate",
    "shortest_length": "cells in its first sequences, which grow",
    "adversarial_steps": "batches of the game after it",
    "optimizer": "sgd or adam",
    "generator_rate": "learning rate in the game",
    "discriminator_rate": "learning rate in the game",
    "l2": "weight of the sum of squared weights; 0 for none",
    "freezing": "a network pauses while its loss is below this share of the other's; 0 never",
    "game": "cross_entropy, hinge or relativistic",
    "adversarial_weight": "of the game's own loss in the generator's",
    "feature_matching": "weight of feature matching; 0 for none",
    "smoothness": "weight of the discriminator's smoothness; 0 for none",
    "jitter": "size of the noise that smoothness is measured with",
    "likelihood_weight": "of next-event learning during the game; 0 for none",
    "transposition": "sequences are moved by at most so many semitones",
    "evaluation_steps": "batches between evaluations",
    "samples": "sequences made at each evaluation",
    "temperature": "of their choices",
    "pitch_temperature": "what a temperature of 1 means for pitches when a checkpoint composes",
}


def add_tone_arguments(parser: argparse.ArgumentParser, known: Iterable[str]) -> None:
    """Declare the settings that only C-RNN-GAN has.

    Args:
        parser: of `train`.
        known: names that are declared already, for other networks.
    """
    group = parser.add_argument_group(
        "for crnn_gan",
        f"defaults are those of the preset modern; presets: {', '.join(PRESETS)}",
    )
    defaults = AdversarialSettings().to_json()
    for name in (name for name in _HELP if name not in known):
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(defaults[name]),
            metavar={int: "N", float: "X"}.get(type(defaults[name]), "NAME"),
            help=f"{_HELP[name]} (default: {defaults[name]})",
        )


def tone_settings(options: argparse.Namespace, chosen: Mapping[str, Any]) -> AdversarialSettings:
    """What was chosen, upon the preset.

    Args:
        options: of the command line.
        chosen: content of the settings file.

    Raises:
        CommandError: a setting or preset of other networks.
        SettingsError: a value that cannot be used.
    """
    names = [field.name for field in fields(AdversarialSettings)]
    if options.preset is not None and options.preset not in PRESETS:
        raise CommandError(
            f"There is no preset {options.preset!r} of crnn_gan; there are: {', '.join(PRESETS)}."
        )
    preset = PRESETS[options.preset or "modern"]
    given = {name: value for name in names if (value := getattr(options, name, None)) is not None}
    return AdversarialSettings.from_json({**preset, **chosen, **given})


def train_tones(
    options: argparse.Namespace, settings: AdversarialSettings, should_stop: Callable[[], bool]
) -> RunResult:
    """Train until finished or stopped."""
    with quiet_loading():
        from musicgen.learning.adversarial import train_adversarially
        from musicgen.learning.devices import idle_gpu
        from musicgen.midi import write_midi

    if remark := idle_gpu():
        say(remark)
    with progress_bar("training", "step") as show:

        def on_progress(progress: AdversarialProgress) -> None:
            show(progress.step, progress.total_steps)
            if progress.distance is not None:
                say_beside_bar(
                    f"step {progress.step:,}: {progress.rows_inside} of 9 rows within the data's quartiles, "
                    f"distance {progress.distance:.3f}, next event {progress.validation_loss:.4f}"
                )

        return train_adversarially(
            options.corpus,
            options.out,
            settings,
            on_progress=on_progress,
            should_stop=should_stop,
            to_midi=write_midi,
        )


def print_tones(result: RunResult) -> None:
    """Say in words what came of it."""
    print(f"{result.state} at step {result.step:,} after {clock(result.seconds)}")
    for split, judged in (("validation", result.validation), ("test", result.test)):
        if judged is not None:
            inside = len(judged["rows_inside"])
            print(f"  {split}: {inside} of 9 rows within its quartiles, distance {judged['distance']:.3f}")
    if result.best_checkpoint is not None:
        print(f"  best checkpoint: {printable(str(result.best_checkpoint))}")
    if result.state == "stopped":
        print("  give the same command to go on")
