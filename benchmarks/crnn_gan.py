"""C-RNN-GAN's table: published figures, our networks, real music and chance, row by row.

    python -m benchmarks.crnn_gan --corpus CORPUS --checkpoint NAME=FOLDER … [--steps RUN]

Each column is made of sequences of as many notes as the networks were trained on (the paper's 100),
from one fixed seed; real music is the corpus's validation and test pieces, cut likewise. Prints
Markdown. Needs a corpus of tones, of one tone a cell.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np
from keras import ops

from musicgen.corpus.reader import Corpus, open_corpus
from musicgen.learning.checkpoint import load_network, read_checkpoint
from musicgen.learning.tone_quality import ROWS, Quartiles, distance, quartiles, rows_inside, scores_of
from musicgen.learning.tone_samples import real_sequences
from musicgen.networks.tone_output import choose_plainly
from musicgen.statistics import MEASURES, chance_score

LENGTH: Final = 100  # tones, as in the paper
SEQUENCES: Final = 128  # in each column
# Medians read from figure 3 of arXiv:1611.09904; the paper prints no table. Its code's formulas.
PUBLISHED: Final = {
    "published_scale_consistency": (69.7, 64.1, 61.9, 83.8),
    "tone_span": (9.3, 18.4, 54.9, 48),
    "unique_tones": (7.5, 16.3, 37.0, 44),
    "intensity_span": (74.9, 88.3, 95.2, 36),
    "published_polyphony": (None, 0.9, 70.3, 54.7),
    "published_three_tone_repetitions": (7.6, 2.7, 4.3, "≥ 82"),
}
_PAPER: Final = ("MLE", "C-RNN-GAN", "C-RNN-GAN-3", "its real music")


def made(folder: Path, corpus: Corpus, seed: int, temperature: float, top_p: float) -> Quartiles:
    """The rows of sequences from a checkpoint, drawn as they are when it composes."""
    network = load_network(folder)
    of_pitches = float(read_checkpoint(folder).settings.get("pitch_temperature", 1.0))

    def choose(logits: Any, uniforms: Any, is_pitch: bool) -> Any:
        own = temperature * of_pitches if is_pitch else temperature
        return choose_plainly(_likeliest(logits / own, top_p), uniforms)

    noise = np.random.default_rng(seed).random((SEQUENCES, LENGTH, network.noise), np.float32)
    if network.lens is None:
        noise = 0.5 + (noise - 0.5) * np.float32(min(temperature, 1.0))
    return quartiles(scores_of(np.asarray(network(noise, choose=choose)[0]), corpus.tones, LENGTH))


def _likeliest(logits: Any, top_p: float) -> Any:
    """What `choose_tokens` keeps, by sorting: quicker where nothing is compiled."""
    shares = ops.softmax(logits, axis=-1)
    ranked = ops.flip(ops.sort(shares, axis=-1), axis=-1)
    kept = ops.sum(ops.cast(ops.cumsum(ranked, axis=-1) - ranked < top_p, "int32"), axis=-1, keepdims=True)
    return ops.where(shares >= ops.take_along_axis(ranked, kept - 1, axis=-1), logits, -1e9)


def real(corpus: Corpus) -> tuple[Quartiles, Quartiles]:
    """The rows of held-out music, and of the same with pitches drawn at random."""
    cells = [
        real_sequences(corpus.cells(split), corpus.tones, length=LENGTH, count=SEQUENCES // 2)
        for split in ("validation", "test")
    ]
    scores = scores_of(np.concatenate(cells), corpus.tones, LENGTH)
    return quartiles(scores), quartiles(chance_score(score, number) for number, score in enumerate(scores))


def table(columns: dict[str, Quartiles], data: Quartiles) -> str:
    """All rows beside the published figures; ● where a median lies within the data's quartiles."""
    labels = {measure.name: f"{measure.label}, {measure.unit}".rstrip(", ") for measure in MEASURES}
    names = [f"{name} (published)" for name in _PAPER]
    lines = ["| row | " + " | ".join([*names, *columns, "our real music"]) + " |"]
    lines.append("|---" * (len(names) + len(columns) + 2) + "|")
    for row in ROWS:
        published = ["–" if value is None else str(value) for value in PUBLISHED.get(row, (None,) * 4)]
        ours = [
            f"{_cell(rows.get(row))}{' ●' if row in rows_inside(rows, data) else ''}"
            for rows in columns.values()
        ]
        lines.append(f"| {labels[row]} | " + " | ".join([*published, *ours, _cell(data.get(row))]) + " |")
    summary = [f"{len(rows_inside(rows, data))} of {len(ROWS)}" for rows in columns.values()]
    lines.append("| rows inside | " + " | ".join(["–"] * 4 + summary + ["–"]) + " |")
    apart = [f"{distance(rows, data):.2f}" for rows in columns.values()]
    lines.append("| distance | " + " | ".join(["–"] * 4 + apart + ["0"]) + " |")
    return "\n".join(lines)


def steps_table(rows_by_step: dict[int, Quartiles], data: Quartiles) -> str:
    """Medians against training step."""
    short = [row.replace("published_", "its ").replace("_", " ") for row in ROWS]
    lines = ["| step | " + " | ".join(short) + " | rows inside | distance |", "|---" * (len(ROWS) + 3) + "|"]
    for step, rows in rows_by_step.items():
        medians = [f"{rows[row][1]:.1f}" if row in rows else "–" for row in ROWS]
        end = f"{len(rows_inside(rows, data))} | {distance(rows, data):.2f}"
        lines.append(f"| {step:,} | " + " | ".join(medians) + f" | {end} |")
    lines.append(
        "| real music | "
        + " | ".join(f"{data[row][1]:.1f} ({data[row][0]:.1f}–{data[row][2]:.1f})" for row in ROWS)
        + " | 9 | 0 |"
    )
    return "\n".join(lines)


def _cell(quartile: list[float] | None) -> str:
    return "–" if quartile is None else f"{quartile[1]:.1f} ({quartile[0]:.1f}–{quartile[2]:.1f})"


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description="C-RNN-GAN's table.")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--checkpoint", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--steps", type=Path, help="a folder of checkpoints of a run, for the table by step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--top-p", type=float, default=0.95)
    options = parser.parse_args()
    corpus = open_corpus(options.corpus)
    data, chance = real(corpus)
    boldness = (options.seed, options.temperature, options.top_p)
    print(f"corpus {corpus.corpus_hash[:12]}, {SEQUENCES} sequences of {LENGTH} notes, seed {options.seed}, ")
    print(f"temperature {options.temperature:g}, top-p {options.top_p:g}\n")
    named = dict(argument.split("=", 1) for argument in options.checkpoint)
    columns = {name: made(Path(folder), corpus, *boldness) for name, folder in named.items()}
    print(table({**columns, "random pitches": chance}, data))
    if options.steps is not None:
        infos = sorted(options.steps.glob("*/checkpoint.json"))
        folders = {read_checkpoint(info.parent).step: info.parent for info in infos}
        by_step = {step: made(folders[step], corpus, *boldness) for step in sorted(folders)}
        print("\n" + steps_table(by_step, data))


if __name__ == "__main__":
    main()
