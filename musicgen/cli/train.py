"""Train a network on a corpus.

The folder given with --out gets run.json, metrics.jsonl, the curve of the loss, samples as MIDI
files and the checkpoints. The same command on the same folder goes on where the training was stopped, by
Ctrl-C, SIGTERM or a crash, and ends as if it had not been.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.interruption import INTERRUPTED, stop_requests
from musicgen.cli.loading import quiet_loading
from musicgen.cli.output import clock, print_json, printable, progress_bar, say, say_beside_bar
from musicgen.cli.train_tones import add_tone_arguments, print_tones, tone_settings, train_tones
from musicgen.corpus import open_corpus
from musicgen.learning.adversarial_settings import PRESETS as TONE_PRESETS
from musicgen.learning.presets import PRESETS
from musicgen.learning.settings import TrainSettings
from musicgen.networks import NETWORK_NAMES, TONE_NETWORK_NAMES

if TYPE_CHECKING:
    from musicgen.learning.progress import TrainProgress
    from musicgen.learning.train import RunResult

_MAX_SETTINGS_BYTES: Final = 1 << 20
_HELP: Final = {
    "embedding_dim": "numbers by which a token is described",
    "units": "of each layer",
    "layers": "one upon the other",
    "dropout": "share of units left out at each step",
    "sequence_length": "tokens between corrections of the weights",
    "batch_size": "pieces learned side by side",
    "learning_rate": "the highest on its schedule",
    "max_epochs": "most passes over the pieces",
    "patience": "evaluations without progress before it stops",
    "clip_norm": "longest gradient",
    "heads": "of each attention, of a transformer",
    "context": "tokens that a transformer sees",
    "max_steps": "most corrections of the weights; 0 for no limit",
    "accumulation": "batches put together into one correction",
    "averaging": "how much of an average of the weights stays from step to step",
    "precision": "float32, mixed_bfloat16 or mixed_float16",
    "task_share": "of gaps to fill and melodies to accompany beside the pieces; for events",
    "samples": "short pieces composed at each evaluation and kept in samples/; 0 for none",
    "seed": "of all that is random",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="a folder made by prepare")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the run's folder")
    defaults = TrainSettings().to_json()
    presets = {**PRESETS, **dict.fromkeys(TONE_NETWORK_NAMES, TONE_PRESETS)}
    networks = (*NETWORK_NAMES, *TONE_NETWORK_NAMES)
    parser.add_argument("--network", choices=networks, help=f"(default: {defaults['network']})")
    parser.add_argument(
        "--preset",
        choices=sorted({name for each in presets.values() for name in each}),
        help="settings that go together, for what is not given; the first of each network's: "
        + "; ".join(f"{network}: {', '.join(names)}" for network, names in presets.items()),
    )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="settings as JSON, by the names below with _ for -; options given beside it win",
    )
    for name in _setting_names():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(defaults[name]),
            metavar={int: "N", float: "X"}.get(type(defaults[name]), "NAME"),
            help=f"{_HELP[name]} (default: {defaults[name]})",
        )
    parser.add_argument(
        "--devices",
        type=int,
        default=0,
        metavar="N",
        help="how many to learn on, each taking its share of a batch, for an lstm or a transformer "
        "(default: every GPU that there is)",
    )
    parser.add_argument(
        "--hosts",
        metavar="ADDRESS:PORT",
        help="learn together with other machines that are given the same command, with JAX: where the first "
        "of them is reached",
    )
    parser.add_argument(
        "--host", metavar="I/N", help="which of them this is, of how many; 1/2 is the first of two"
    )
    add_tone_arguments(parser, _setting_names())
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def _setting_names() -> list[str]:
    return [field.name for field in fields(TrainSettings) if field.name != "network"]


def run(options: argparse.Namespace) -> int:
    """Train until finished or stopped; exit code 0 in both cases, unless by Ctrl-C."""
    chosen = {} if options.settings is None else _settings_file(options.settings)
    is_of_tones = (options.network or chosen.get("network")) in TONE_NETWORK_NAMES
    settings = tone_settings(options, chosen) if is_of_tones else _settings(options, chosen)
    place = _place(options, is_of_tones=is_of_tones)
    remark = "Stopping: saving first (Ctrl-C again to stop at once, losing what is unsaved)."
    with stop_requests(remark) as should_stop:
        open_corpus(options.corpus)  # Keras takes seconds to load; a wrong folder needs no wait
        if isinstance(settings, TrainSettings):
            result = _train(options, settings, should_stop, place)
        else:
            result = train_tones(options, settings, should_stop)
    if options.json:
        print_json(_described(result))
    elif is_of_tones:
        print_tones(result)
    else:
        _print(result)
    return INTERRUPTED if should_stop.signal == signal.SIGINT and result.state == "stopped" else 0


def _place(options: argparse.Namespace, *, is_of_tones: bool) -> tuple[int, int] | None:
    """Which of how many hosts this is, from 0; None if it is alone."""
    if options.hosts is None and options.host is None:
        return None
    if options.hosts is None or options.host is None:
        raise CommandError("Give --hosts and --host together, on every machine.")
    if is_of_tones:
        raise CommandError("A crnn_gan learns on one machine; leave --hosts and --host out.")
    if not re.fullmatch(r"[^\s,]+:\d+", options.hosts):
        raise CommandError(
            f"--hosts is {options.hosts}; give the first one's ADDRESS:PORT, such as 10.0.0.1:9876."
        )
    place = re.fullmatch(r"(\d+)/(\d+)", options.host)
    number, count = map(int, place.groups()) if place else (0, 0)
    if not (1 <= number <= count and count >= 2):
        raise CommandError(f"--host is {options.host}; give which one of how many, such as 1/2 and 2/2.")
    return number - 1, count


def _train(
    options: argparse.Namespace,
    settings: TrainSettings,
    should_stop: Callable[[], bool],
    place: tuple[int, int] | None,
) -> RunResult:
    with quiet_loading():
        from musicgen.learning.devices import idle_gpu
        from musicgen.learning.hosts import ALONE, Hosts
        from musicgen.learning.samples import Sampling
        from musicgen.learning.train import train
        from musicgen.midi import write_midi
        from musicgen.sampling.sketches import sketches_of

    hosts = ALONE if place is None else Hosts.joined(options.hosts, *place)
    if remark := idle_gpu():
        say(remark)
    with progress_bar("training", "step") as show:

        def on_progress(progress: TrainProgress) -> None:
            show(progress.step, progress.total_steps)
            if progress.validation_loss is not None:
                said = f"validation {progress.validation_loss:.4f} nats per token"
                if progress.distance is not None:
                    said += f", samples {progress.distance:.2f} from the data"
                say_beside_bar(f"epoch {progress.epoch:.1f}, step {progress.step:,}: {said}")

        return train(
            options.corpus,
            options.out,
            settings,
            on_progress=on_progress,
            should_stop=should_stop,
            sampling=Sampling(sketches_of, write_midi),
            devices=options.devices,
            hosts=hosts,
        )


def _settings(options: argparse.Namespace, chosen: dict[str, Any]) -> TrainSettings:
    for name in ("network", *_setting_names()):
        value = getattr(options, name)
        if value is not None:
            chosen[name] = value
    return TrainSettings.from_json(chosen, options.preset)


def _settings_file(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(_MAX_SETTINGS_BYTES)
    try:
        settings = json.loads(content)
    except ValueError as error:
        raise CommandError(f"{path} holds no JSON: {error}.") from None
    if not isinstance(settings, dict):
        raise CommandError(f"{path} must hold a JSON object of settings, {{…}}.")
    return settings


def _described(result: RunResult) -> dict[str, Any]:
    return {
        "state": result.state,
        "folder": str(result.folder),
        "step": result.step,
        "best_checkpoint": None if result.best_checkpoint is None else str(result.best_checkpoint),
        "validation": result.validation,
        "test": result.test,
        "baseline": result.baseline,
        "seconds": result.seconds,
    }


def _print(result: RunResult) -> None:
    print(f"{result.state} at step {result.step:,} after {clock(result.seconds)}")
    if result.validation is not None:
        by_frequency = result.baseline["unigram"]["validation"]["nats_per_token"]
        print(
            f"  validation: {result.validation['nats_per_token']:.4f} nats per token "
            f"({by_frequency:.4f} by the frequency of tokens alone)"
        )
    if result.test is not None:
        print(f"  test: {result.test['nats_per_token']:.4f} nats per token")
    if result.best_checkpoint is not None:
        print(f"  best checkpoint: {printable(str(result.best_checkpoint))}")
    if result.state == "stopped":
        print("  give the same command to go on")
