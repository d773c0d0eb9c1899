"""Composing speed: one compiled loop against Keras `predict` for every token, in one run.

The other side is the way of Classical-Piano-Composer and many Keras tutorials: the last 100
tokens go through `predict`, one token comes out, the window moves on. Both sides use the
shipped LSTM, so the ratio is about the loop, not about the network.

    python benchmarks/bench_sampling.py [--tokens 30] [--rounds 20] [--out result.json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from musicgen.learning import load_network, read_checkpoint, resolve_checkpoint
from musicgen.representation import load_vocabulary
from musicgen.sampling.choice import Choice
from musicgen.sampling.engine import Engine, Limits, Steering
from musicgen.sampling.steering import CHUNK, NEVER

WINDOW = 100  # tokens that Classical-Piano-Composer reads anew for each token it writes


class LastLogits(keras.Model):
    """The network as such programs build it: a window in, the last token's logits out."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def call(self, tokens: Any) -> Any:
        """Logits (batch, vocabulary) after tokens (batch, time)."""
        return self.network(tokens)[0][:, -1]


def predict_tokens_per_second(network: Any, tokens: int) -> float:
    model = LastLogits(network)
    window = np.ones((1, WINDOW), np.int32)
    model.predict(window, verbose=0)
    began = time.perf_counter()
    for _ in range(tokens):
        chosen = model.predict(window, verbose=0).argmax(axis=-1).astype(np.int32)
        window = np.concatenate([window[:, 1:], chosen[:, None]], axis=1)
    return tokens / (time.perf_counter() - began)


def loop_tokens_per_second(engine: Engine, size: int, rounds: int) -> float:
    random = np.random.default_rng(0)
    never = np.full(1, NEVER, np.int32)
    endless = Limits(never, never)
    steering = Steering(np.zeros(size, np.int32), np.zeros(size, np.float32), np.zeros(size, np.float32))
    takes = engine.start()
    speeds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        uniforms = random.random((CHUNK, 1), np.float32)
        takes, made = engine.advance(takes, uniforms, endless, Choice(), steering)
        speeds.append(len(made.tokens) / (time.perf_counter() - began))
    return statistics.median(speeds[1:])  # the first is compiled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tokens", type=int, default=30, help="tokens drawn by predict")
    parser.add_argument("--rounds", type=int, default=20, help=f"calls of the loop, {CHUNK} tokens each")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    checkpoint = resolve_checkpoint("lstm-chorales")
    network = load_network(checkpoint)
    vocabulary = load_vocabulary(read_checkpoint(checkpoint).vocabulary)
    predicted = predict_tokens_per_second(network, given.tokens)
    looped = loop_tokens_per_second(Engine(network, vocabulary), vocabulary.size, given.rounds)
    result = {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "predict_tokens_per_second": round(predicted, 1),
        "compiled_loop_tokens_per_second": round(looped, 1),
        "ratio": round(looped / predicted, 1),
    }
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
