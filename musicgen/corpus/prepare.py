"""Make a corpus of MIDI files: examine, deduplicate, split, encode and pack.

The same files with the same settings give the same bytes, wherever, by however many processes
and machines and after however many interruptions they are prepared. The source is read three
times, file by file, so that memory holds about 8 KB a file and none of the music.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from musicgen.corpus.encoding import Encoded, Transposing, encode_files, scratch, train_scores
from musicgen.corpus.errors import CorpusError
from musicgen.corpus.packing import folder_in_place, write_json, write_split
from musicgen.corpus.quality import QUALITY, quality_report
from musicgen.corpus.reader import (
    FORMAT_VERSION,
    MANIFEST,
    SPLITS,
    VOCABULARY,
    Shape,
    hash_of_corpus,
    hash_of_file,
    shard_names,
)
from musicgen.corpus.sources import Source, SourceFile
from musicgen.corpus.styles import styles_of
from musicgen.corpus.survey import FileReport, Progress, examine_source, open_large, survey
from musicgen.midi import DEFAULT_LIMITS, MidiLimits
from musicgen.representation import ChordVocabulary, EventVocabulary, Tones, Vocabulary
from musicgen.score import Score

# How each representation makes its vocabulary, or its scaling, out of the train split's scores.
REPRESENTATIONS: Final[Mapping[str, Callable[..., Vocabulary | Tones]]] = {
    ChordVocabulary.name: ChordVocabulary.build,
    EventVocabulary.name: EventVocabulary.build,
    Tones.name: Tones.build,
}
VERDICTS: Final = ("taken", "duplicate", "refused")


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What a split holds: pieces and tokens, or cells of tones, with transposed copies; the rest without."""

    pieces: int
    tokens: int
    notes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PrepareReport:
    """The outcome of `prepare`.

    Attributes:
        folder: the corpus.
        corpus_hash: see `musicgen.corpus.reader.Corpus`.
        representation: its name.
        vocabulary_size: how many tokens there are; 0 where tones are continuous.
        files: one report a file, in the order of names.
        splits: by name.
        quality: see `musicgen.corpus.quality.quality_report`.
    """

    folder: Path
    corpus_hash: str
    representation: str
    vocabulary_size: int
    files: tuple[FileReport, ...]
    splits: Mapping[str, SplitReport]
    quality: Mapping[str, Any]

    def count(self, verdict: str) -> int:
        """How many files met with a verdict: "taken", "duplicate" or "refused"."""
        return sum(file.verdict == verdict for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {**asdict(self), "folder": str(self.folder)}


def prepare(
    source: Path,
    out: Path,
    *,
    representation: str = ChordVocabulary.name,
    options: Mapping[str, Any] | None = None,
    transpositions: Sequence[int] = (0,),
    one_key: bool = False,
    limits: MidiLimits = DEFAULT_LIMITS,
    split_by: str = "work",
    styles_by: str = "",
    curated: bool = False,
    processes: int = 1,
    work: Path | None = None,
    on_progress: Progress | None = None,
) -> PrepareReport:
    """Make a corpus; see `musicgen.corpus.reader` for what lies in the folder.

    Args:
        source: a folder, archive or file of MIDI; published layouts are known by themselves.
        out: the folder to make. A corpus already there is replaced once the new one is whole.
        representation: a name in `REPRESENTATIONS`.
        options: of the representation, handed to its `build`, such as `tones_per_cell`.
        transpositions: semitones by which every piece of the train split is copied; 0 is the
            piece itself and must be among them. A copy that would leave the range of MIDI
            pitches is left out. The other splits hold each piece once, as it is.
        one_key: whether every piece is first brought to C major or A minor; by how much it was
            moved stands with it in the manifest.
        limits: for each file.
        split_by: what stays together in one split: "work", "composer" or "piece".
        styles_by: what styles are told apart by, for representations that have them: "folder",
            "dataset" (what a published dataset itself calls its groups) or, by nothing, "".
        curated: whether files outside the subset that a dataset has checked itself are left out.
        processes: that share the work; with two or more a file that crashes its reader is refused.
        work: a folder that keeps what was examined, so that a run that was cut goes on, and
            where the shards of several machines come together (see `examine_source`).
        on_progress: told (done, total) steps: examining a file is one, encoding it another.

    Raises:
        CorpusError: nothing usable or too few pieces, or `out` holds something else.
        ArchiveError: a damaged or hostile archive.
    """
    _check(representation, transpositions, styles_by)
    with folder_in_place(out) as folder, open_large(source, limits) as opened:
        layout, reports, quality = _judged(
            opened,
            limits,
            split_by=split_by,
            processes=processes,
            work=work,
            curated=curated,
            on_progress=on_progress and _first_half(on_progress),
        )
        write_json(folder / QUALITY, quality)
        styles = styles_of(reports, styles_by)
        transposing = Transposing(tuple(transpositions), one_key)
        task = _Task(opened, folder, reports, limits, transposing, styles, processes)
        made = task.representation(representation, options or {})
        write_json(folder / VOCABULARY, made.to_json())
        splits, origin_lists = task.encode(made, on_progress)
        hashes = {name: hash_of_file(folder / name) for name in shard_names(Shape.of(made).kind)}
        report = PrepareReport(
            folder=out,
            corpus_hash=hash_of_corpus(hashes),
            representation=made.name,
            vocabulary_size=0 if isinstance(made, Tones) else made.size,
            files=reports,
            splits=splits,
            quality=quality,
        )
        manifest = _manifest(report, origin_lists, hashes)
        manifest["source"] = source.name
        manifest["layout"] = layout
        manifest["settings"] = {
            "transpositions": list(transpositions),
            "one_key": one_key,
            "limits": asdict(limits),
            "split_by": split_by,
            "styles_by": styles_by,
            "curated": curated,
            "representation": dict(options or {}),
        }
        write_json(folder / MANIFEST, manifest)
    return report


def _check(representation: str, transpositions: Sequence[int], styles_by: str) -> None:
    if representation not in REPRESENTATIONS:
        known = ", ".join(REPRESENTATIONS)
        raise CorpusError(f"There is no representation {representation!r}; known: {known}.")
    if styles_by and representation != EventVocabulary.name:
        raise CorpusError(f"The representation {representation} has no styles; events have.")
    if 0 not in transpositions or len(set(transpositions)) != len(transpositions):
        raise CorpusError("The transpositions must be different numbers of semitones, 0 among them.")


def _judged(
    source: Source, limits: MidiLimits, *, split_by: str, **options: Any
) -> tuple[str, tuple[FileReport, ...], dict[str, Any]]:
    """Layout, verdicts and quality of a source; all else that was found in its files is let go."""
    surveyed = survey(*examine_source(source, limits, **options), split_by=split_by)
    return surveyed.layout, tuple(surveyed.reports), quality_report(surveyed)


@dataclass(frozen=True, slots=True)
class _Task:
    """The second half of preparing: what is done with the files that are taken."""

    source: Source
    folder: Path
    reports: tuple[FileReport, ...]
    limits: MidiLimits
    transposing: Transposing
    styles: Mapping[str, str]
    processes: int

    def representation(self, name: str, options: Mapping[str, Any]) -> Vocabulary | Tones:
        """The vocabulary, or the scaling, of the train split."""
        styles = {"styles": sorted(set(self.styles.values()))} if self.styles else {}
        return REPRESENTATIONS[name](self.scores(), **options, **styles)

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
        self, representation: Vocabulary | Tones, on_progress: Progress | None
    ) -> tuple[dict[str, SplitReport], dict[str, list[tuple[int, int]]]]:
        """Write all splits; gives what they hold and where each of their pieces comes from."""
        steps = 2 * len(self.reports)
        done = steps - sum(bool(report.split) for report in self.reports)
        with scratch(self.folder).open("w+b") as file:
            encoded = Encoded(file, Shape.of(representation))
            for name, pieces in encode_files(
                self._taken(),
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
            written = self._written(encoded, Shape.of(representation))
        scratch(self.folder).unlink()
        return written

    def _written(
        self, encoded: Encoded, shape: Shape
    ) -> tuple[dict[str, SplitReport], dict[str, list[tuple[int, int]]]]:
        splits: dict[str, SplitReport] = {}
        origins: dict[str, list[tuple[int, int]]] = {}
        place = {report.name: index for index, report in enumerate(self.reports)}
        for split in SPLITS:
            members = [report for report in self.reports if report.split == split]
            names = [report.name for report in members]
            listed = encoded.listed(names)
            lengths = [length for _, _, length in listed]
            rows = write_split(self.folder, split, lengths, encoded.pieces(names), shape)
            notes, seconds = sum(each.notes for each in members), sum(each.seconds for each in members)
            splits[split] = SplitReport(len(listed), rows, notes, seconds)
            origins[split] = [(place[name], shift) for name, shift, _ in listed]
        return splits, origins

    def _train(self) -> frozenset[str]:
        return frozenset(report.name for report in self.reports if report.split == "train")

    def _taken(self) -> Iterator[SourceFile]:
        taken = {report.name for report in self.reports if report.split}
        return (file for file in self.source if file.name in taken)


def _first_half(on_progress: Progress) -> Progress:
    return lambda done, total: on_progress(done, 2 * total)


def _manifest(
    report: PrepareReport, origins: Mapping[str, list[tuple[int, int]]], hashes: Mapping[str, str]
) -> dict[str, Any]:
    """What manifest.json says, but for the settings.

    `origins` of a split lists for each piece which file it is (by place in `files`) and by how
    many semitones it is moved.
    """
    return {
        "format_version": FORMAT_VERSION,
        "representation": report.representation,
        "vocabulary_size": report.vocabulary_size,
        "corpus_hash": report.corpus_hash,
        "sha256": dict(hashes),
        "counts": {verdict: report.count(verdict) for verdict in VERDICTS},
        "notes": sum(split.notes for split in report.splits.values()),
        "seconds": sum(split.seconds for split in report.splits.values()),
        "splits": {
            name: {**asdict(split), "origins": origins[name]} for name, split in report.splits.items()
        },
        "files": [asdict(file) for file in report.files],
    }
