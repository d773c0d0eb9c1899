"""List the trained networks that are shipped, by the names that sample takes."""

from __future__ import annotations

import argparse

from musicgen.cli.output import print_json, print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--json", action="store_true", help="print JSON, with the model cards")


def run(options: argparse.Namespace) -> int:
    """List them."""
    from musicgen.learning.shipped import shipped_checkpoints

    shipped = shipped_checkpoints()
    if options.json:
        print_json(
            [
                {
                    "name": row.name,
                    "folder": str(row.folder),
                    "network": row.info.network,
                    "config": row.info.config,
                    "parameters": row.info.parameters,
                    "step": row.info.step,
                    "epoch": row.info.epoch,
                    "seed": row.info.seed,
                    "metrics": row.info.metrics,
                    "corpus_hash": row.info.corpus_hash,
                    "weights_sha256": row.info.weights_sha256,
                    "created_at": row.info.created_at,
                    "card": row.card,
                }
                for row in shipped
            ]
        )
        return 0
    rows = [["name", "network", "parameters", "step", "test nats per token"]]
    for row in shipped:
        nats = row.info.metrics.get("test", {}).get("nats_per_token")
        rows.append(
            [
                row.name,
                row.info.network,
                f"{row.info.parameters:,}",
                f"{row.info.step:,}",
                "not measured" if nats is None else f"{nats:.4f}",
            ]
        )
    print_table(rows)
    return 0
