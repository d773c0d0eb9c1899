"""Composing speed: one compiled loop against Keras `predict` for every token, in one run.

The other side is the way of Classical-Piano-Composer and many Keras tutorials: a window of tokens
goes through `predict`, one token comes out, the window moves on. Both sides use the same weights,
so the ratio is about the loop, not about the network. Filters and grammar are part of ours.

Both sides are timed on the clock and by the CPU seconds that they take: on a machine that does
other things at the same time the clock says little, and the ratio of CPU seconds more.

    python benchmarks/bench_sampling.py [CHECKPOINT …] [--tokens 30] [--rounds 20] [--out result.json]

Contexts are timed on an untrained Transformer besides, 4 × 256 that sees 2,048 tokens: the shipped one
sees 256.
Two networks take five minutes on two quiet cores.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from musicgen.learning import load_network, read_checkpoint, resolve_checkpoint
from musicgen.networks import build_network
from musicgen.representation import Vocabulary, load_vocabulary
from musicgen.sampling.choice import Choice
from musicgen.sampling.composer import Composer
from musicgen.sampling.engine import Engine, Limits, Steering
from musicgen.sampling.settings import SamplingSettings
from musicgen.sampling.steering import CHUNK, NEVER

WINDOW = 100  # tokens that Classical-Piano-Composer reads anew for each token it writes
CONTEXTS = (128, 512, 1024, 2048)  # tokens written before those that are timed
COPIED_BYTES = 256 * 2**20  # larger than any cache
WIDE = {"width": 256, "layers": 4, "heads": 4, "context": 2048, "dropout": 0.0}
COLD = """
import time
began = time.perf_counter()
import sys
from pathlib import Path
from musicgen.sampling.composer import Composer
imported = time.perf_counter()
from musicgen.sampling.settings import SamplingSettings
composer = Composer(Path(sys.argv[1]))
loaded = time.perf_counter()
for chunk in composer.stream(SamplingSettings(seed=1, length_seconds=20.0)):
    if chunk.notes:
        break
print(imported - began, loaded - imported, time.perf_counter() - loaded)
"""


class LastLogits(keras.Model):
    """The network as such programs build it: a window in, the last token's logits out."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def call(self, tokens: Any) -> Any:
        """Logits (batch, vocabulary) after tokens (batch, time)."""
        return self.network(tokens)[0][:, -1]


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the clock, and of the CPU."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - cpu


def predict_seconds(network: Any, tokens: int) -> tuple[float, float]:
    """Seconds a token, on the clock and of the CPU."""
    model = LastLogits(network)
    window = np.ones((1, WINDOW), np.int32)
    model.predict(window, verbose=0)

    def draw() -> None:
        moving = window
        for _ in range(tokens):
            chosen = model.predict(moving, verbose=0).argmax(axis=-1).astype(np.int32)
            moving = np.concatenate([moving[:, 1:], chosen[:, None]], axis=1)

    clock, cpu = timed(draw)
    return clock / tokens, cpu / tokens


class Loop:
    """The engine, run without an end.

    Args:
        engine: to run.
        size: of its vocabulary.
    """

    def __init__(self, engine: Engine, size: int) -> None:
        never = np.full(engine.batch, NEVER, np.int32)
        self._limits = Limits(never, never)
        self._steering = Steering(
            np.zeros(size, np.int32), np.zeros(size, np.float32), np.zeros(size, np.float32)
        )
        self._engine = engine
        self._takes = engine.start()
        self._random = np.random.default_rng(0)
        self.written = 1

    def chunk(self) -> tuple[float, float]:
        """Seconds a step of all takes, on the clock and of the CPU, over one chunk."""
        uniforms = self._random.random((CHUNK, self._engine.batch), np.float32)

        def draw() -> None:
            self._takes, _ = self._engine.advance(
                self._takes, uniforms, self._limits, Choice(), self._steering
            )

        clock, cpu = timed(draw)
        self.written += CHUNK
        return clock / CHUNK, cpu / CHUNK


def read_bytes_per_second() -> float:
    """Memory bandwidth of one core: bytes read by a product of a vector with itself, the best of five."""
    array = np.ones(COPIED_BYTES // 4, np.float32)
    pieces = array.reshape(-1, 2**16)  # a call each: many threads are not begun for one
    return COPIED_BYTES / min(timed(lambda: [piece.dot(piece) for piece in pieces])[0] for _ in range(5))


def by_context(network: Any, vocabulary: Vocabulary) -> dict[str, float]:
    """Milliseconds a token on the clock, after so many tokens; the better of two pieces."""
    engine = Engine(network, vocabulary)
    found: dict[str, float] = {}
    for _ in range(3):  # the first compiles
        loop = Loop(engine, vocabulary.size)
        seen = {}
        while loop.written <= CONTEXTS[-1]:
            before = loop.written
            clock, _ = loop.chunk()
            seen |= {str(context): clock for context in CONTEXTS if before <= context < loop.written}
        found = {key: min(value, found.get(key, value)) for key, value in seen.items()}
    return {key: round(1e3 * value, 3) for key, value in found.items()}


def wide(vocabulary: Vocabulary) -> dict[str, Any]:
    """A network that really sees 2,048 tokens; untrained, which costs the same."""
    network = build_network("transformer", {"vocabulary_size": vocabulary.size, **WIDE}, seed=1)
    times = by_context(network, vocabulary)
    weights = sum(int(np.prod(variable.shape)) for variable in network.weights)
    remembered = 2 * WIDE["layers"] * WIDE["context"] * WIDE["width"]  # keys and values
    return {
        **WIDE,
        "weights": weights,
        "ms_per_token_by_context": times,
        "read_gb_per_second": round(4e-6 * (weights + remembered) / times[str(CONTEXTS[-1])], 2),
    }


def measured(checkpoint: Path, tokens: int, rounds: int) -> dict[str, Any]:
    """All figures of one checkpoint."""
    info = read_checkpoint(checkpoint)
    network, size = load_network(checkpoint), load_vocabulary(info.vocabulary).size
    vocabulary = load_vocabulary(info.vocabulary)
    loop = Loop(Engine(network, vocabulary), size)
    loop.chunk()  # compiles
    chunks = [loop.chunk() for _ in range(rounds)]
    clock, cpu = (statistics.median(column) for column in zip(*chunks, strict=True))
    eight = Loop(Engine(network, vocabulary, batch=8), size)
    eight.chunk()
    of_eight = [eight.chunk() for _ in range(max(3, rounds // 2))]
    predicted = predict_seconds(network, tokens)
    bandwidth = read_bytes_per_second()
    return {
        "network": info.network,
        "weights": info.parameters,
        "predict_ms_per_token": _milliseconds(predicted),
        "loop_ms_per_token": _milliseconds((clock, cpu)),
        "ratio": {"clock": round(predicted[0] / clock, 1), "cpu": round(predicted[1] / cpu, 1)},
        "ms_per_token_by_context": by_context(network, vocabulary),
        "eight_takes_to_one": {
            "clock": round(statistics.median(c for c, _ in of_eight) / clock, 2),
            "cpu": round(statistics.median(c for _, c in of_eight) / cpu, 2),
        },
        "weights_read_gb_per_second": round(4e-9 * info.parameters / clock, 2),
        "one_core_reads_gb_per_second": round(1e-9 * bandwidth, 2),
        **pieces(checkpoint),
    }


def _milliseconds(seconds: tuple[float, float]) -> dict[str, float]:
    return {"clock": round(1e3 * seconds[0], 3), "cpu": round(1e3 * seconds[1], 3)}


def pieces(checkpoint: Path) -> dict[str, Any]:
    """A minute of music, and the first note: warm, and from a process that has just started."""
    composer = Composer(checkpoint)
    settings = SamplingSettings(seed=1, length_seconds=60.0)
    piece = composer.compose(settings)
    minute = timed(lambda: composer.compose(settings))

    def first_note() -> None:
        for chunk in composer.stream(settings):
            if chunk.notes:
                return

    warm = min(timed(first_note) for _ in range(5))
    began = time.perf_counter()
    cold = subprocess.run(
        [sys.executable, "-c", COLD, str(checkpoint)], check=True, capture_output=True, text=True
    ).stdout.split()
    whole = time.perf_counter() - began
    return {
        "minute_of_music_s": {"clock": round(minute[0], 2), "cpu": round(minute[1], 2)},
        "minute_of_music_notes": piece.note_count,
        "first_note_warm_ms": _milliseconds(warm),
        "first_note_cold_s": dict(
            zip(
                ("imports", "load", "compile_and_draw", "whole_process"),
                (*(round(float(s), 2) for s in cold), round(whole, 2)),
                strict=True,
            )
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkpoints", nargs="*", default=["lstm-piano", "transformer-piano"])
    parser.add_argument("--tokens", type=int, default=30, help="tokens drawn by predict")
    parser.add_argument("--rounds", type=int, default=20, help=f"calls of the loop, {CHUNK} tokens each")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    first = load_vocabulary(read_checkpoint(resolve_checkpoint(given.checkpoints[0])).vocabulary)
    backend = keras.backend.backend()
    result = {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": f"{backend} {importlib.import_module(backend).__version__}",
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "cores": os.cpu_count(),
        "checkpoints": {
            name: measured(resolve_checkpoint(name), given.tokens, given.rounds) for name in given.checkpoints
        },
        "wide": wide(first),
    }
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
