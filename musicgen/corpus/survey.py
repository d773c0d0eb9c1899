"""A verdict on every file of a source: taken, duplicate or refused, why, and into which split."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.examining import DUPLICATE, REFUSED, TAKEN, Examined, examine
from musicgen.corpus.journal import Journal
from musicgen.corpus.layouts import Origin, Origins, origins_of
from musicgen.corpus.likeness import alike_pairs
from musicgen.corpus.sources import LARGE_ARCHIVE_LIMITS, Source, SourceFile, open_source
from musicgen.corpus.splitting import Belonging, split_of_pieces
from musicgen.corpus.workforce import Failure, worked
from musicgen.midi import MidiLimits

Progress = Callable[[int, int], None]
SPLIT_BY: Final = ("work", "composer", "piece")  # what is kept together in one split


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    Attributes:
        name: within the source.
        sha256: of its bytes, in hex; of a file beyond the size limit, of its beginning.
        verdict: "taken", "duplicate" or "refused".
        reason: why it is not taken, for people; empty if it is.
        notes: read in it, 0 if refused.
        seconds: that it lasts, 0 if refused.
        fingerprint: of its notes; empty if refused.
        split: empty if it is not taken.
        composer, title, work, style, licence: see `musicgen.corpus.layouts.Origin`.
        repairs: what had to be put right to read it, by kind.
    """

    name: str
    sha256: str
    verdict: str
    reason: str
    notes: int
    seconds: float
    fingerprint: str
    split: str
    composer: str = ""
    title: str = ""
    work: str = ""
    style: str = ""
    licence: str = ""
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """All that is known of a source before it is encoded.

    Attributes:
        layout: see `musicgen.corpus.layouts.Origins`.
        files: what was found, in the order of names.
        reports: the verdicts, in the same order.
        alike: pairs of the pieces that are taken, see `musicgen.corpus.likeness.alike_pairs`.
    """

    layout: str
    files: Sequence[Examined]
    reports: Sequence[FileReport]
    alike: Sequence[tuple[int, int, float]] = ()

    def splits(self) -> dict[str, str]:
        """The split of every file that is taken, by name."""
        return {report.name: report.split for report in self.reports if report.split}


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a worker does with a file."""

    limits: MidiLimits

    def __call__(self, file: SourceFile) -> Examined:
        return examine(file.name, file.data, self.limits)


@contextmanager
def open_large(path: Path, limits: MidiLimits) -> Iterator[Source]:
    """A source on the own machine, as large as the largest datasets; see `open_source`."""
    with open_source(path, replace(LARGE_ARCHIVE_LIMITS, max_file_bytes=limits.max_bytes)) as opened:
        yield opened


def examine_source(
    source: Source,
    limits: MidiLimits,
    *,
    processes: int = 1,
    work: Path | None = None,
    shard: tuple[int, int] = (1, 1),
    curated: bool = False,
    on_progress: Progress | None = None,
) -> tuple[list[Examined], Origins]:
    """Examine every file of a source, or a shard of it.

    Args:
        source: opened by `open_large`.
        limits: for each file.
        processes: that share the work; with two or more a crash costs one file.
        work: a folder that keeps what was examined, so that a run that was cut goes on.
        shard: (3, 8) examines the third of eight shares of the files.
        curated: whether files outside the subset that a dataset has checked itself are left out.
        on_progress: told (done, total) after each file.

    Returns:
        What was found, in the order of names, and what the dataset says about its files.

    Raises:
        CorpusError: no file is asked for.
        ArchiveError: the archive is damaged or hostile.
    """
    origins = origins_of(source)
    wanted = _wanted(source, origins, shard=shard, curated=curated)
    if not wanted:
        raise CorpusError(f"{source.label} holds no file that is asked for.")
    journal = Journal(work, _settings(limits), shard)
    found: list[Examined] = []

    def keep(examined: Examined) -> None:
        found.append(examined)
        if on_progress:
            on_progress(len(found), len(wanted))

    def unknown() -> Iterator[SourceFile]:
        for file in source:
            if file.name in wanted:
                known = journal.find(file.name, hashlib.sha256(file.data).hexdigest())
                if known is None:
                    yield file
                else:
                    keep(known)

    with journal.writing() as writer:
        for file, result in worked(_Reader(limits), unknown(), processes):
            examined = _refused(file, result.reason) if isinstance(result, Failure) else result
            writer.write(examined)
            keep(examined)
    return sorted(found, key=lambda examined: examined.name), origins


def unexamined(source: Source, limits: MidiLimits, *, work: Path, curated: bool) -> int:
    """How many files of a source, of whatever share, nobody has written down in `work` yet."""
    wanted = _wanted(source, origins_of(source), shard=(1, 1), curated=curated)
    return len(wanted - Journal(work, _settings(limits)).names())


def _wanted(source: Source, origins: Origins, *, shard: tuple[int, int], curated: bool) -> set[str]:
    return {
        name
        for name in source.names
        if (not curated or origins.by_name[name].curated) and shard_of(name, shard[1]) == shard[0]
    }


def _settings(limits: MidiLimits) -> dict[str, Any]:
    """What decides about what is found in a file."""
    return {"limits": asdict(limits)}


def shard_of(name: str, shards: int) -> int:
    """1 to the number of shards; the same on every machine."""
    return zlib.crc32(name.encode("utf-8", "surrogateescape")) % shards + 1


def _refused(file: SourceFile, reason: str) -> Examined:
    text = f"The file could not be read: {reason}."
    return Examined(file.name, hashlib.sha256(file.data).hexdigest(), text, "crashed")


def survey(files: Sequence[Examined], origins: Origins, *, split_by: str = "work") -> Survey:
    """Decide about every file. Of equal files, and of files with equal notes, the first is taken.

    Pieces that are nearly alike come into one split, whatever else decides.

    Args:
        files: in the order of names.
        origins: what the dataset says about them.
        split_by: what stays together in one split: "work", "composer" (and his works) or "piece".

    Raises:
        CorpusError: too few pieces, or nothing that `split_by` names.
    """
    if split_by not in SPLIT_BY:
        raise CorpusError(f"Pieces cannot be split by {split_by!r}; known: {', '.join(SPLIT_BY)}.")
    name_of: dict[str, str] = {}  # of hashes and fingerprints met before
    verdicts = [_verdict(file, name_of) for file in files]
    taken = [file for file, (verdict, _) in zip(files, verdicts, strict=True) if verdict == TAKEN]
    alike = alike_pairs([file.likeness_sketch() for file in taken])
    split_of = split_of_pieces(
        {file.fingerprint: _belonging(origins.by_name[file.name], split_by) for file in taken},
        [(taken[first].fingerprint, taken[second].fingerprint) for first, second, _ in alike],
    )
    reports = [
        _report(file, verdict, reason, split_of, origins.by_name[file.name])
        for file, (verdict, reason) in zip(files, verdicts, strict=True)
    ]
    return Survey(origins.layout, files, reports, alike)


def _belonging(origin: Origin, split_by: str) -> Belonging:
    return Belonging(_group(origin, split_by), origin.split)


def _group(origin: Origin, split_by: str) -> str:
    if split_by == "piece":
        return ""
    if split_by == "composer" and origin.composer:
        return f"composer {origin.composer}"
    return f"work {origin.work}" if origin.work else ""


def _verdict(file: Examined, name_of: dict[str, str]) -> tuple[str, str]:
    if file.refusal:
        return REFUSED, file.refusal
    for known, likeness in ((file.sha256, "The same file as"), (file.fingerprint, "The same notes as")):
        if known in name_of:
            return DUPLICATE, f"{likeness} {name_of[known]}."
    name_of[file.sha256] = name_of[file.fingerprint] = file.name
    return TAKEN, ""


def _report(
    file: Examined, verdict: str, reason: str, split_of: Mapping[str, str], origin: Origin
) -> FileReport:
    return FileReport(
        name=file.name,
        sha256=file.sha256,
        verdict=verdict,
        reason=reason,
        notes=file.notes,
        seconds=file.seconds,
        fingerprint=file.fingerprint,
        split=split_of[file.fingerprint] if verdict == TAKEN else "",
        composer=origin.composer,
        title=origin.title,
        work=origin.work,
        style=origin.style,
        licence=origin.licence,
        repairs=file.repairs,
    )
