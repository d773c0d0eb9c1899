"""The second half of preparing: from verdicts on files to vocabulary and encoded splits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from musicgen.corpus.encoding import Encoded, Transposing, encode_files, scratch, train_scores
from musicgen.corpus.packing import write_split
from musicgen.corpus.reader import SPLITS, Shape
from musicgen.corpus.shares import Shares
from musicgen.corpus.sources import Source
from musicgen.corpus.survey import FileReport, Progress, shard_of
from musicgen.midi import MidiLimits
from musicgen.representation import ChordVocabulary, EventVocabulary, Tones, Vocabulary, load_representation
from musicgen.score import Score

# How each representation makes its vocabulary, or its scaling, out of the train split's scores.
REPRESENTATIONS: Final[Mapping[str, Callable[..., Vocabulary | Tones]]] = {
    ChordVocabulary.name: ChordVocabulary.build,
    EventVocabulary.name: EventVocabulary.build,
    Tones.name: Tones.build,
}


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What a split holds: pieces and tokens, or cells of tones, with transposed copies; the rest without."""

    pieces: int
    tokens: int
    notes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class EncodingTask:
    """What is done with the files of a source that are taken.

    Attributes:
        source: opened.
        reports: on all its files, in the order of names.
        limits: for each file.
        transposing: in which keys pieces are wanted.
        styles: by name of the file.
        processes: that share the work.
        work: where shares are kept; None keeps nothing.
    """

    source: Source
    reports: tuple[FileReport, ...]
    limits: MidiLimits
    transposing: Transposing
    styles: Mapping[str, str]
    processes: int
    work: Path | None

    def shares(self, name: str, options: Mapping[str, Any]) -> Shares:
        """Where what others have encoded of the same files under the same settings is found."""
        taken = [
            (report.name, report.sha256, report.split, self.styles.get(report.name, ""))
            for report in self.reports
            if report.split
        ]
        settings = {"transposing": asdict(self.transposing), "limits": asdict(self.limits)}
        return Shares(self.work, {"representation": [name, dict(options)], **settings, "files": taken})

    def representation(self, name: str, options: Mapping[str, Any], shares: Shares) -> Vocabulary | Tones:
        """The vocabulary, or the scaling, of the train split; from another share that has made it."""
        known = shares.vocabulary()
        if known is not None:
            return load_representation(known)
        styles = {"styles": sorted(set(self.styles.values()))} if self.styles else {}
        made = REPRESENTATIONS[name](self.scores(), **options, **styles)
        shares.keep_vocabulary(made.to_json())
        return made

    def scores(self) -> Iterator[Score]:
        """Every piece of the train split in every transposition, in no certain order."""
        return train_scores(
            self.source,
            limits=self.limits,
            transposing=self.transposing,
            train=self._train(),
            processes=self.processes,
        )

    def encode(
        self, representation: Vocabulary | Tones, folder: Path, shares: Shares, on_progress: Progress | None
    ) -> tuple[dict[str, SplitReport], dict[str, list[tuple[int, int]]]]:
        """Write all splits; gives what they hold and where each of their pieces comes from."""
        shape = Shape.of(representation)
        taken = {report.name for report in self.reports if report.split}
        with scratch(folder).open("w+b") as file:
            encoded = Encoded(file, shape)
            for name, pieces in shares.pieces(shape):
                encoded.add(name, pieces)
            self._encode(representation, taken - encoded.places.keys(), encoded, on_progress)
            written = self._written(encoded, folder, shape)
        scratch(folder).unlink()
        return written

    def encode_share(
        self,
        representation: Vocabulary | Tones,
        shares: Shares,
        shard: tuple[int, int],
        on_progress: Progress | None,
    ) -> int:
        """Encode the files of a share if it was not done before; gives how many pieces they are."""
        shape = Shape.of(representation)
        names = {report.name for report in self.reports if report.split}
        names = {name for name in names if shard_of(name, shard[1]) == shard[0]}
        if not shares.has(shard):
            with shares.writing(shard, shape) as encoded:
                self._encode(representation, names, encoded, on_progress)
        return sum(len(pieces) for name, pieces in shares.pieces(shape) if name in names)

    def _encode(
        self,
        representation: Vocabulary | Tones,
        names: Set[str],
        encoded: Encoded,
        on_progress: Progress | None,
    ) -> None:
        steps = 2 * len(self.reports)
        done = steps - len(names)
        for name, pieces in encode_files(
            (file for file in self.source if file.name in names),
            representation,
            limits=self.limits,
            transposing=self.transposing,
            train=self._train(),
            styles=self.styles,
            processes=self.processes,
        ):
            encoded.add(name, pieces)
            done += 1
            if on_progress:
                on_progress(done, steps)

    def _written(
        self, encoded: Encoded, folder: Path, shape: Shape
    ) -> tuple[dict[str, SplitReport], dict[str, list[tuple[int, int]]]]:
        splits: dict[str, SplitReport] = {}
        origins: dict[str, list[tuple[int, int]]] = {}
        place = {report.name: index for index, report in enumerate(self.reports)}
        for split in SPLITS:
            members = [report for report in self.reports if report.split == split]
            names = [report.name for report in members]
            listed = encoded.listed(names)
            lengths = [length for _, _, length in listed]
            rows = write_split(folder, split, lengths, encoded.pieces(names), shape)
            notes, seconds = sum(each.notes for each in members), sum(each.seconds for each in members)
            splits[split] = SplitReport(len(listed), rows, notes, seconds)
            origins[split] = [(place[name], shift) for name, shift, _ in listed]
        return splits, origins

    def _train(self) -> frozenset[str]:
        return frozenset(report.name for report in self.reports if report.split == "train")
