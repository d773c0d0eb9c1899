"""One checkpoint's samples from fixed seeds, measured beside the references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from musicgen.evaluation.references import References, excerpt_of
from musicgen.learning.checkpoint import CheckpointInfo, read_checkpoint
from musicgen.midi import MidiError, read_midi, write_midi
from musicgen.sampling.settings import MOST_TAKES, SamplingSettings
from musicgen.score import Score
from musicgen.statistics import CopyIndex, SongFeatures, song_features
from musicgen.statistics.comparison import Comparison, compare

_LENGTH_SHARE: Final = 1.3  # of an excerpt that is asked for: a piece may end at 0.8 of its length


@dataclass(frozen=True, slots=True)
class Copying:
    """What samples share with the training pieces, beside what real held-out pieces do.

    Attributes:
        flagged_percent: of the samples, those that share more than is usual.
        shared_percent: mean share of a sample's figures that stand in one training piece.
        longest_run: notes in a row that are those of a training piece, the most of any sample.
        usual_shared_percent: the 95th percentile among real held-out pieces, whole; None of too few.
    """

    flagged_percent: float
    shared_percent: float
    longest_run: int
    usual_shared_percent: float | None


@dataclass(frozen=True, slots=True)
class Judgment:
    """What was found of a checkpoint.

    Attributes:
        checkpoint: its folder's name, with its run's before it.
        network: its name.
        step: batches learned.
        songs: samples that were measured.
        valid_percent: of the samples, those whose MIDI file can be read and holds enough notes.
        unstuck_percent: of the samples, those that neither repeat themselves nor are silent.
        first_takes_percent: those of which the first take was already so.
        nats_per_token: held-out likelihood where the network has one.
        comparison: with the real pieces as set A; None of too few samples.
        copying: None where it was not looked for.
    """

    checkpoint: str
    network: str
    step: int
    songs: int
    valid_percent: float
    unstuck_percent: float
    first_takes_percent: float
    nats_per_token: float | None
    nats_per_note: float | None
    comparison: Comparison | None
    copying: Copying | None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        plain["comparison"] = None if self.comparison is None else self.comparison.to_json()
        plain["copying"] = None if self.copying is None else asdict(self.copying)
        return plain


@dataclass(frozen=True, slots=True)
class Sampling:
    """How samples are drawn: the same for all checkpoints.

    Attributes:
        songs: how many.
        seconds: of an excerpt.
        seed: of the first; the others follow.
        temperature, top_p: how boldly.
    """

    songs: int
    seconds: float
    seed: int
    temperature: float
    top_p: float


def judge(
    folder: Path,
    references: References,
    sampling: Sampling,
    *,
    corpus_hash: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> Judgment:
    """Compose with a checkpoint and measure what comes.

    Args:
        folder: the checkpoint's.
        references: to measure beside.
        sampling: how samples are drawn.
        corpus_hash: of the corpus that the references are from: the likelihood that a checkpoint
            was found to have counts only if it was measured there.
        on_progress: given how many samples are done, of how many.

    Raises:
        CheckpointError: it cannot be composed from.
    """
    info = read_checkpoint(folder)
    made = _samples(folder, sampling, on_progress)
    excerpts = [_readable(score, sampling.seconds) for score, _, _ in made]
    features = [song_features(score) for score in excerpts if score is not None]
    nats = _likelihood(info, corpus_hash)
    return Judgment(
        checkpoint=f"{folder.parent.parent.name}/{folder.name}"
        if folder.parent.name == "checkpoints"
        else folder.name,
        network=info.network,
        step=info.step,
        songs=len(features),
        valid_percent=_percent([score is not None for score in excerpts]),
        unstuck_percent=_percent([not stuck for _, stuck, _ in made]),
        first_takes_percent=_percent([not stuck and takes == 1 for _, stuck, takes in made]),
        nats_per_token=nats[0],
        nats_per_note=nats[1],
        comparison=compare(references.real, features, seed=sampling.seed) if features else None,
        copying=_copying(references.index, [score for score, _, _ in made]),
    )


def seen_judgment(references: References, seed: int) -> Comparison:
    """The same comparison for pieces that were learned from: the best to hope for."""
    seen: Sequence[SongFeatures] = references.seen
    return compare(references.real, seen, seed=seed)


def _samples(
    folder: Path, sampling: Sampling, on_progress: Callable[[int, int], None] | None
) -> list[tuple[Score, bool, int]]:
    """Score, whether it is stuck, and how many takes it took, of each."""
    from musicgen.sampling.composers import composer_of  # loads Keras

    composer = composer_of(folder)
    found: list[tuple[Score, bool, int]] = []
    while len(found) < sampling.songs:
        count = min(MOST_TAKES, sampling.songs - len(found))
        settings = SamplingSettings(
            seed=sampling.seed + len(found),
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            length_seconds=max(5.0, _LENGTH_SHARE * sampling.seconds),
        )
        found += [
            (piece.score, piece.stuck, piece.takes) for piece in composer.compose_takes(settings, count)
        ]
        if on_progress is not None:
            on_progress(len(found), sampling.songs)
    return found


def _readable(score: Score, seconds: float) -> Score | None:
    """The excerpt of a sample as whoever opens its file would find it; None if that cannot be read."""
    try:
        return excerpt_of(read_midi(write_midi(score)), seconds)
    except MidiError:
        return None


def _likelihood(info: CheckpointInfo, corpus_hash: str) -> tuple[float | None, float | None]:
    """Nats per token and per note that the run found on the corpus's held-out pieces."""
    if info.corpus_hash != corpus_hash:
        return None, None
    for split in ("test", "validation"):
        found = info.metrics.get(split)
        if isinstance(found, dict) and "nats_per_token" in found:
            return found["nats_per_token"], found.get("nats_per_note")
    return None, None


def _copying(index: CopyIndex | None, scores: Sequence[Score]) -> Copying | None:
    if index is None:
        return None
    reports = [index.report(score) for score in scores if score.note_count]
    shares = [report.shared_percent for report in reports if report.shared_percent is not None]
    return Copying(
        flagged_percent=_percent([report.flagged for report in reports]),
        shared_percent=float(np.mean(shares)) if shares else 0.0,
        longest_run=max((r.passage.notes for r in reports if r.passage), default=0),
        usual_shared_percent=None if index.baseline is None else index.baseline.shared_percent,
    )


def _percent(answers: Sequence[bool]) -> float:
    return 100.0 * sum(answers) / max(1, len(answers))
