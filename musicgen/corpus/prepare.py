"""Make a corpus of MIDI files: read, judge, deduplicate, split by piece, encode and pack.

The same files with the same settings give the same bytes, wherever and whenever they are
prepared. Memory holds all accepted pieces at once, about 20 bytes a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.judging import TAKEN, JudgedFile, Progress, judge
from musicgen.corpus.packing import folder_in_place, write_json, write_split
from musicgen.corpus.reader import (
    FORMAT_VERSION,
    MANIFEST,
    SPLITS,
    VOCABULARY,
    TokenArray,
    hash_of_corpus,
    hash_of_file,
    shard_names,
)
from musicgen.corpus.splitting import split_of_fingerprint
from musicgen.midi import DEFAULT_LIMITS, MidiLimits
from musicgen.representation import ChordVocabulary
from musicgen.score import Notes, Part, Score

_Members = Sequence[tuple[int, Score]]  # (index of the file, its score)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file; see `JudgedFile`. `split` is empty if it is not taken."""

    name: str
    sha256: str
    verdict: str
    reason: str
    notes: int
    seconds: float
    fingerprint: str
    split: str


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What a split holds: pieces and tokens with transposed copies, notes and seconds without."""

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
        vocabulary_size: how many tokens there are.
        files: one report a file, in the source's order.
        splits: by name.
    """

    folder: Path
    corpus_hash: str
    representation: str
    vocabulary_size: int
    files: tuple[FileReport, ...]
    splits: Mapping[str, SplitReport]

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
    transpositions: Sequence[int] = (0,),
    limits: MidiLimits = DEFAULT_LIMITS,
    on_progress: Progress | None = None,
) -> PrepareReport:
    """Make a corpus; see `musicgen.corpus.reader` for what lies in the folder.

    Args:
        source: a folder, zip archive or file of MIDI.
        out: the folder to make. A corpus already there is replaced once the new one is whole.
        representation: only "chords" so far.
        transpositions: semitones by which every piece of the train split is copied; 0 is the
            piece itself and must be among them. A copy that would leave the range of MIDI
            pitches is left out. The other splits hold each piece once, as it is.
        limits: for each file.
        on_progress: told (done, total) steps: reading a file is one, encoding it another.

    Raises:
        CorpusError: nothing usable or too few pieces, or `out` holds something else.
        ArchiveError: a damaged or hostile archive.
    """
    if representation != ChordVocabulary.name:
        raise CorpusError(f"There is no representation {representation!r}; known: {ChordVocabulary.name}.")
    if 0 not in transpositions or len(set(transpositions)) != len(transpositions):
        raise CorpusError("The transpositions must be different numbers of semitones, 0 among them.")
    with folder_in_place(out) as folder:
        judged = judge(source, limits, on_progress and _first_half(on_progress))
        split_of = split_of_fingerprint(file.fingerprint for file in judged if file.verdict == TAKEN)
        members: dict[str, list[tuple[int, Score]]] = {split: [] for split in SPLITS}
        for index, file in enumerate(judged):
            if file.score is not None:
                members[split_of[file.fingerprint]].append((index, file.score))
        vocabulary = ChordVocabulary.build(score for _, _, score in _copies(members["train"], transpositions))
        write_json(folder / VOCABULARY, vocabulary.to_json())
        splits: dict[str, SplitReport] = {}
        origins: dict[str, list[tuple[int, int]]] = {}
        done = 2 * len(judged) - len(split_of)
        for split in SPLITS:
            pieces: list[TokenArray] = []
            origins[split] = []
            shifts = transpositions if split == "train" else (0,)
            for index, shift, score in _copies(members[split], shifts):
                pieces.append(vocabulary.encode(score))
                origins[split].append((index, shift))
                if on_progress and shift == 0:
                    done += 1
                    on_progress(done, 2 * len(judged))
            # Half the disk where the vocabulary allows it.
            dtype = np.uint16 if vocabulary.size <= 2**16 else np.int32
            tokens = write_split(folder, split, pieces, dtype)
            splits[split] = _split_report(judged, members[split], len(pieces), tokens)
        hashes = {name: hash_of_file(folder / name) for name in shard_names()}
        report = PrepareReport(
            folder=out,
            corpus_hash=hash_of_corpus(hashes),
            representation=vocabulary.name,
            vocabulary_size=vocabulary.size,
            files=tuple(_file_report(file, split_of) for file in judged),
            splits=splits,
        )
        manifest = _manifest(report, origins, hashes)
        manifest["source"] = source.name
        manifest["settings"] = {"transpositions": list(transpositions), "limits": asdict(limits)}
        write_json(folder / MANIFEST, manifest)
    return report


def _first_half(on_progress: Progress) -> Progress:
    return lambda done, total: on_progress(done, 2 * total)


def _copies(members: _Members, shifts: Sequence[int]) -> Iterator[tuple[int, int, Score]]:
    """(index of the file, semitones, score) of every piece in every transposition it can take."""
    for index, score in members:
        pitches = score.all_notes(drums=False).pitch
        low, high = int(pitches.min()), int(pitches.max())
        for shift in shifts:
            if low + shift >= 0 and high + shift <= 127:
                yield index, shift, _transposed(score, shift) if shift else score


def _transposed(score: Score, semitones: int) -> Score:
    """All pitched notes moved; drums left out."""
    notes = score.all_notes(drums=False)
    moved = Notes(
        notes.start_ticks, notes.pitch + semitones, notes.duration_ticks, notes.velocity, notes.cents
    )
    return Score((Part(moved),), score.tempos, score.time_signatures, score.ticks_per_quarter)


def _split_report(judged: list[JudgedFile], members: _Members, pieces: int, tokens: int) -> SplitReport:
    files = [judged[index] for index, _ in members]
    return SplitReport(pieces, tokens, sum(f.notes for f in files), sum(f.seconds for f in files))


def _file_report(file: JudgedFile, split_of: Mapping[str, str]) -> FileReport:
    split = split_of[file.fingerprint] if file.verdict == TAKEN else ""
    return FileReport(
        file.name,
        file.sha256,
        file.verdict,
        file.reason,
        file.notes,
        file.seconds,
        file.fingerprint,
        split,
    )


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
        "counts": {verdict: report.count(verdict) for verdict in ("taken", "duplicate", "refused")},
        "notes": sum(split.notes for split in report.splits.values()),
        "seconds": sum(split.seconds for split in report.splits.values()),
        "splits": {
            name: {**asdict(split), "origins": origins[name]} for name, split in report.splits.items()
        },
        "files": [asdict(file) for file in report.files],
    }
