"""Make a corpus of MIDI files: examine, deduplicate, split, encode and pack.

The same files with the same settings give the same bytes, wherever, by however many processes
and machines and after however many interruptions they are prepared. The source is read three
times, file by file, so that memory holds about 4 KB a file and none of the music.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from musicgen.corpus.encoding import Transposing
from musicgen.corpus.encoding_task import REPRESENTATIONS, EncodingTask, SplitReport
from musicgen.corpus.errors import CorpusError
from musicgen.corpus.packing import folder_in_place, write_json
from musicgen.corpus.quality import QUALITY, quality_report
from musicgen.corpus.reader import (
    FORMAT_VERSION,
    MANIFEST,
    VOCABULARY,
    Shape,
    hash_of_corpus,
    hash_of_file,
    shard_names,
)
from musicgen.corpus.sources import Source
from musicgen.corpus.styles import styles_of
from musicgen.corpus.survey import (
    FileReport,
    Progress,
    examine_source,
    open_large,
    survey,
    unexamined,
)
from musicgen.midi import DEFAULT_LIMITS, MidiLimits
from musicgen.representation import ChordVocabulary, EventVocabulary, Tones

VERDICTS: Final = ("taken", "duplicate", "refused")


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
            where the shares of several machines come together (see `prepare_share`).
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
        task = EncodingTask(opened, reports, limits, transposing, styles, processes, work)
        shares = task.shares(representation, options or {})
        made = task.representation(representation, options or {}, shares)
        write_json(folder / VOCABULARY, made.to_json())
        splits, origin_lists = task.encode(made, folder, shares, on_progress)
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


@dataclass(frozen=True, slots=True)
class ShareReport:
    """The outcome of `prepare_share`.

    Attributes:
        examined: files of the share.
        refused: of these.
        missing: files of other shares that nobody has examined yet; while there are any, nothing
            can be encoded.
        encoded: pieces of the share, with transposed copies.
    """

    examined: int
    refused: int
    missing: int
    encoded: int


def prepare_share(
    source: Path,
    work: Path,
    shard: tuple[int, int],
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
    on_progress: Progress | None = None,
) -> ShareReport:
    """Do one machine's share of `prepare`: examine its files and, once all are examined, encode them.

    Duplicates, splits and vocabulary are decided from what all shares hold, so this is run twice:
    when `work` of all machines has come together, once more for the second half, then `prepare`
    with the same settings makes the corpus of it. Where all see one `work`, whoever is last to
    examine encodes at once.

    Args:
        source: as for `prepare`, here and below.
        work: where all is kept.
        shard: (3, 8) is the third of eight shares of the files.
        representation, options, transpositions, one_key, limits, split_by, styles_by, curated,
            processes: as for `prepare`.
        on_progress: told (done, total) steps of this share.

    Raises:
        CorpusError, ArchiveError: as `prepare`.
    """
    _check(representation, transpositions, styles_by)
    shared: dict[str, Any] = {"processes": processes, "work": work, "curated": curated}
    half = on_progress and _first_half(on_progress)
    with open_large(source, limits) as opened:
        found, _ = examine_source(opened, limits, shard=shard, on_progress=half, **shared)
        refused = sum(bool(file.refusal) for file in found)
        if missing := unexamined(opened, limits, work=work, curated=curated):
            return ShareReport(len(found), refused, missing, 0)
        _, reports, _ = _judged(opened, limits, split_by=split_by, **shared)
        styles = styles_of(reports, styles_by)
        transposing = Transposing(tuple(transpositions), one_key)
        task = EncodingTask(opened, reports, limits, transposing, styles, processes, work)
        shares = task.shares(representation, options or {})
        made = task.representation(representation, options or {}, shares)
        encoded = task.encode_share(made, shares, shard, on_progress)
    return ShareReport(len(found), refused, 0, encoded)


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
