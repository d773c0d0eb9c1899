"""Training speed: tokens per second here and in PyTorch, the same network, both in one run.

Both sides take whole steps of an LSTM and of a small Transformer of equal shape: forward, loss,
backward, gradient clipping, Adam; the same batch of random tokens, the same precision, the same
number of threads. PyTorch's side is written the way its own documentation does it (`nn.LSTM`,
`scaled_dot_product_attention`) and compiled with `torch.compile` where that works. Sides take
turns, so that whatever else the machine does falls on both.

PyTorch is no part of this project. To have the other side:

    python -m pip install --target /tmp/torch --no-deps torch
    python -m pip install --target /tmp/torch filelock fsspec jinja2 networkx sympy typing_extensions
    PYTHONPATH=/tmp/torch python benchmarks/bench_training.py

(where pip offers a PyTorch with CUDA for a machine without a GPU, `--index-url` of PyTorch's own
CPU wheels saves the gigabytes.) Without PyTorch, our side is measured alone.

    python benchmarks/bench_training.py [--rounds 5] [--steps 4] [--threads 2] [--out result.json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

VOCABULARY: Final = 460  # of the piano corpus
SHAPES: Final[dict[str, dict[str, int]]] = {
    "lstm": {"width": 256, "units": 256, "layers": 2, "rows": 16, "time": 128},
    "transformer": {"width": 256, "heads": 4, "layers": 4, "rows": 8, "time": 256},
}
RATE: Final = 1e-3
CLIP: Final = 1.0


def our_step(name: str, shape: dict[str, int]) -> Callable[[Any, Any], Any]:
    """One step of `musicgen train`."""
    import keras
    import numpy as np

    from musicgen.learning.likelihood import StreamedNetwork
    from musicgen.networks import build_network

    config = {"vocabulary_size": VOCABULARY, "layers": shape["layers"], "dropout": 0.0}
    if name == "lstm":
        config |= {"embedding_dim": shape["width"], "units": shape["units"]}
    else:
        config |= {"width": shape["width"], "heads": shape["heads"], "context": shape["time"]}
    model = StreamedNetwork(build_network(name, config, seed=1), shape["rows"])
    model.compile(
        optimizer=keras.optimizers.Adam(RATE, global_clipnorm=CLIP),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=keras.backend.backend() == "jax",
    )
    starts = np.ones(shape["rows"], np.float32)  # pieces begin: nothing is carried, as on the other side

    def step(tokens: Any, targets: Any) -> float:
        return float(model.train_on_batch({"tokens": tokens, "starts": starts}, targets))

    return step


def their_step(name: str, shape: dict[str, int], threads: int) -> tuple[Callable[[Any, Any], Any], str]:
    """The same network and step in PyTorch; and whether it was compiled."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = _torch_lstm(shape) if name == "lstm" else _torch_transformer(shape)
    optimizer = torch.optim.Adam(model.parameters(), RATE)

    def forward(tokens: Any, targets: Any) -> Any:
        logits = model(tokens)
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def step_with(loss_of: Callable[[Any, Any], Any]) -> Callable[[Any, Any], float]:
        def step(tokens: Any, targets: Any) -> float:
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(torch.from_numpy(tokens).long(), torch.from_numpy(targets).long())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            return float(loss)

        return step

    try:
        step = step_with(torch.compile(forward))
        _warm(step, shape)
    except RuntimeError as error:  # no compiler, or a layer that it cannot do
        return step_with(forward), f"not compiled ({type(error).__name__})"
    return step, "compiled"


def _torch_lstm(shape: dict[str, int]) -> Any:
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width, units = shape["width"], shape["units"]
            self.embedding = nn.Embedding(VOCABULARY, width)
            self.first = nn.LSTM(width, units, batch_first=True)
            self.others = nn.ModuleList(
                nn.LSTM(units, units, batch_first=True) for _ in range(shape["layers"] - 1)
            )
            self.norm = nn.LayerNorm(units)
            self.projection = nn.Linear(units, width, bias=False)
            self.bias = nn.Parameter(torch.zeros(VOCABULARY))

        def forward(self, tokens: Any) -> Any:
            hidden, _ = self.first(self.embedding(tokens))
            for layer in self.others:
                hidden = hidden + layer(hidden)[0]
            hidden = self.projection(self.norm(hidden))
            return hidden @ self.embedding.weight.T + self.bias

    return Network()


def _torch_transformer(shape: dict[str, int]) -> Any:
    import torch
    from torch import nn

    width, heads, time_steps = shape["width"], shape["heads"], shape["time"]
    half = width // heads // 2
    angle = torch.arange(time_steps)[:, None] * 10_000.0 ** (-torch.arange(half) / half)
    cosine, sine = angle.cos(), angle.sin()

    def turned(vectors: Any) -> Any:
        first, second = vectors.split(half, dim=-1)
        return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention_norm, self.forward_norm = nn.RMSNorm(width), nn.RMSNorm(width)
            self.inward = nn.Linear(width, 3 * width, bias=False)
            self.outward = nn.Linear(width, width, bias=False)
            self.widening = nn.Linear(width, 4 * width, bias=False)
            self.narrowing = nn.Linear(4 * width, width, bias=False)

        def forward(self, hidden: Any) -> Any:
            rows = hidden.shape[0]
            projected = self.inward(self.attention_norm(hidden)).view(rows, time_steps, 3 * heads, -1)
            query, key, value = projected.transpose(1, 2).chunk(3, dim=1)
            mixed = nn.functional.scaled_dot_product_attention(
                turned(query), turned(key), value, is_causal=True
            )
            hidden = hidden + self.outward(mixed.transpose(1, 2).reshape(rows, time_steps, width))
            wide = self.widening(self.forward_norm(hidden)).relu().square()
            return hidden + self.narrowing(wide)

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, width)
            self.blocks = nn.Sequential(*(Block() for _ in range(shape["layers"])))
            self.norm = nn.RMSNorm(width)
            self.bias = nn.Parameter(torch.zeros(VOCABULARY))

        def forward(self, tokens: Any) -> Any:
            hidden = self.norm(self.blocks(self.embedding(tokens)))
            return hidden @ self.embedding.weight.T + self.bias

    return Network()


def batch(shape: dict[str, int], seed: int) -> tuple[Any, Any]:
    """Tokens and targets, int32 (rows, time) each."""
    import numpy as np

    tokens = np.random.default_rng(seed).integers(0, VOCABULARY, (shape["rows"], shape["time"] + 1))
    return tokens[:, :-1].astype(np.int32), tokens[:, 1:].astype(np.int32)


def _warm(step: Callable[[Any, Any], Any], shape: dict[str, int]) -> None:
    for seed in range(2):
        step(*batch(shape, seed))


def tokens_per_second(
    step: Callable[[Any, Any], Any], shape: dict[str, int], steps: int
) -> tuple[float, float]:
    """Of some steps: by the clock, and by the processor's time."""
    batches = [batch(shape, seed) for seed in range(steps)]
    clock, cpu = time.perf_counter(), time.process_time()
    for tokens, targets in batches:
        step(tokens, targets)
    count = steps * shape["rows"] * shape["time"]
    return count / (time.perf_counter() - clock), count / (time.process_time() - cpu)


def compared(name: str, options: argparse.Namespace, *, with_torch: bool) -> dict[str, Any]:
    """Both sides of one network, in turns."""
    shape = SHAPES[name]
    sides: dict[str, Callable[[Any, Any], Any]] = {"musicgen": our_step(name, shape)}
    _warm(sides["musicgen"], shape)
    how = "absent"
    if with_torch:
        sides["torch"], how = their_step(name, shape, options.threads)
        _warm(sides["torch"], shape)
    seen: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    for _ in range(options.rounds):
        for side, step in sides.items():
            seen[side].append(tokens_per_second(step, shape, options.steps))
    result: dict[str, Any] = {"network": name, **shape, "torch": how, "load": os.getloadavg()[0]}
    for side, rates in seen.items():
        result[f"{side}_tokens_per_second"] = statistics.median(clock for clock, _ in rates)
        result[f"{side}_tokens_per_cpu_second"] = statistics.median(cpu for _, cpu in rates)
    if with_torch:
        for kind in ("second", "cpu_second"):
            ours, theirs = result[f"musicgen_tokens_per_{kind}"], result[f"torch_tokens_per_{kind}"]
            result[f"ratio_per_{kind}"] = ours / theirs
    return result


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(options.threads)
    try:
        import torch
    except ImportError:
        torch = None
        print("PyTorch is not installed, so our side is measured alone. To have the other:\n")
        print("\n".join((__doc__ or "").splitlines()[10:14]), file=sys.stdout)
    results = [compared(name, options, with_torch=torch is not None) for name in SHAPES]
    for one in results:
        ours = one["musicgen_tokens_per_second"]
        line = f"{one['network']}: {ours:,.0f} tokens/s"
        if torch is not None:
            line += (
                f", PyTorch ({one['torch']}) {one['torch_tokens_per_second']:,.0f}; "
                f"ratio {one['ratio_per_second']:.2f} by the clock, "
                f"{one['ratio_per_cpu_second']:.2f} by the processor"
            )
        print(f"{line}; load {one['load']:.1f}")
    if options.out:
        options.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
