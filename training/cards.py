"""Model cards: what a checkpoint is, in words, kept beside its weights wherever they go."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from musicgen.learning import CheckpointInfo
from training.models import Run
from training.trainings import NETWORK_TITLES

CARD_NAME: Final = "card.md"
CURVE_NAME: Final = "loss.svg"
PROVENANCE_NAME: Final = "provenance.json"


def run_card(run: Run, info: CheckpointInfo) -> str:
    """The card of a run's checkpoint, Markdown."""
    dataset = run.dataset
    facts = {
        "Network": NETWORK_TITLES.get(info.network, info.network),
        "Weights": f"{info.parameters:,}, stored as {info.dtype}",
        "Representation": info.vocabulary["representation"],
        "Step": f"{info.step:,} (epoch {info.epoch:.1f})",
        "Seed": info.seed,
        "Corpus": f"`{info.corpus_hash}`",
        "Weights file, SHA-256": f"`{info.weights_sha256}`",
        "Made": info.created_at,
    }
    music = {
        "Dataset": f"{_one_line(dataset.name)}, version {run.dataset_version}",
        "Licence": " – ".join(
            part for part in (dataset.get_licence_display(), _one_line(dataset.licence_note)) if part
        ),
        "Source": _one_line(dataset.source) or "not told",
    }
    sections = [
        f"# {NETWORK_TITLES.get(info.network, info.network)} trained on {_one_line(dataset.name)}",
        f"Step {info.step:,} of run {run.pk} on this site.",
        "## What it is",
        _table(("", ""), facts.items()),
        "## What it learned from",
        _table(("", ""), music.items()),
        "Music composed with it may owe something to these pieces: heed their licence.",
        "## How well it predicts",
        _table(("nats per token, lower is better", ""), _figures(info.metrics)),
        "## Settings",
        _table(("setting", "value"), sorted(info.settings.items())),
    ]
    return "\n\n".join(sections) + "\n"


def _figures(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    figures = []
    for split, title in (("validation", "validation pieces"), ("test", "test pieces")):
        nats = split_figure(metrics, split)
        if nats is not None:
            figures.append((title, f"{nats:.4f}"))
        chance = baseline_figure(metrics, split)
        if chance is not None:
            figures.append((f"{title}, knowing only how often each token occurs", f"{chance:.4f}"))
    return figures


def split_figure(metrics: Mapping[str, Any], split: str) -> float | None:
    """Nats per token on a split, if it was judged."""
    return _nats(metrics.get(split))


def baseline_figure(metrics: Mapping[str, Any], split: str) -> float | None:
    """Nats per token of the unigram baseline on a split, if it is known."""
    return _nats((metrics.get("unigram") or {}).get(split))


def _nats(likelihood: Any) -> float | None:
    value = likelihood.get("nats_per_token") if isinstance(likelihood, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def _table(head: tuple[str, str], rows: Iterable[tuple[str, Any]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {_cell(value)} |" for name, value in rows])


def _cell(value: Any) -> str:
    return str(value).replace("|", "/")


def _one_line(text: str) -> str:
    return " ".join(text.split())
