"""Comparing a song with the music that its network learned from: what it copies, and what is usual."""

import shutil
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np

from generator.bands import bands_of, spread
from generator.models import DatasetStudy, SongReport
from generator.selectors.statistics import index_places
from generator.services.study import dataset_study_keep
from musicgen.corpus import CorpusError
from musicgen.corpus.copy_index import open_copy_index, write_copy_index
from musicgen.midi import MidiError, read_midi
from musicgen.score import Score
from musicgen.statistics import CopyIndex, CopyReport
from musicgen.statistics.steps import step_notes
from training import shared
from training.models import Checkpoint, Dataset, DatasetFile
from training.models.dataset import Verdict
from training.services import WorkFailedError, work_report, work_run

MOST_SHOWN: Final = 400  # notes of a passage that a page draws


def report_on_song(report_id: int) -> None:
    """Compare a song; done twice, it leaves one report."""
    work_run(SongReport, report_id, _report)


def _report(row: SongReport, stop: threading.Event) -> dict[str, Any] | None:
    song = row.song
    checkpoint = song.checkpoint
    if checkpoint is None or checkpoint.dataset is None:
        raise WorkFailedError("It is not known what the network learned from.")
    dataset = checkpoint.dataset
    try:
        score = read_midi(song.midi_file)
        index = _index_of(checkpoint, dataset)
        work_report(row=row, progress=0.6)
        if not DatasetStudy.objects.filter(dataset=dataset).exists():
            _study(dataset)
        work_report(row=row, progress=0.9)
        found = index.report(score)
    except (CorpusError, MidiError, OSError) as error:
        raise WorkFailedError(str(error)) from error
    return {"result": _named(dataset, {**found.to_json(), **_passages(dataset, score, found)})}


def _named(dataset: Dataset, result: dict[str, Any]) -> dict[str, Any]:
    """The result with files called as their senders called them, where the index knows only hashes."""
    stems = {Path(name).stem for name in (result["shared_piece"], (result["passage"] or {}).get("piece", ""))}
    files = DatasetFile.objects.filter(dataset=dataset, verdict=Verdict.TAKEN, sha256__in=stems)
    names = {f"{file.sha256}.mid": file.path for file in files}
    reasons = list(result["reasons"])
    for stored, name in names.items():
        reasons = [reason.replace(stored, name) for reason in reasons]
    return {
        **result,
        "reasons": reasons,
        "shared_piece": names.get(result["shared_piece"], result["shared_piece"]),
    }


def _index_of(checkpoint: Checkpoint, dataset: Dataset) -> CopyIndex:
    """The index of what was learned from: the run's corpus, or the dataset split as it would be.

    Raises:
        CorpusError: there is nothing to make it of.
    """
    if checkpoint.run is not None and checkpoint.run.corpus is not None:
        shared.fetch_folder(checkpoint.run.corpus.folder)
    source, folder = index_places(checkpoint, dataset)
    try:
        return open_copy_index(folder)
    except CorpusError:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)  # of another version, or half there
        if source == dataset.files_folder:
            taken = DatasetFile.objects.filter(dataset=dataset, verdict=Verdict.TAKEN)
            shared.fetch_many(dataset.midi_path(sha256) for sha256 in taken.values_list("sha256", flat=True))
        return write_copy_index(source, folder)


def _study(dataset: Dataset) -> None:
    """Measure the dataset's pieces, and the same rhythms with random pitches."""
    taken = list(DatasetFile.objects.filter(dataset=dataset, verdict=Verdict.TAKEN).order_by("position"))
    chosen = taken[spread(len(taken))]
    bands, count = bands_of(read_midi(shared.fetch(dataset.midi_path(file.sha256))) for file in chosen)
    dataset_study_keep(dataset=dataset, bands=bands, piece_count=count)


def _passages(dataset: Dataset, score: Score, found: CopyReport) -> dict[str, Any]:
    """The nearest passage as both have it, ready to be drawn and played."""
    passage = found.passage
    if passage is None:
        return {}
    file = DatasetFile.objects.filter(
        dataset=dataset, verdict=Verdict.TAKEN, sha256=Path(passage.piece).stem
    ).first()
    drawn: dict[str, Any] = {"song": _cut(score, passage.song_note, passage.notes)}
    if file is not None:
        piece = read_midi(shared.fetch(dataset.midi_path(file.sha256)))
        drawn["piece"] = _cut(piece, passage.piece_note, passage.notes)
    return {"piece_name": file.path if file is not None else passage.piece, "passages": drawn}


def _cut(score: Score, first_note: int, count: int) -> dict[str, Any]:
    """The pitched notes from one note of the steps' order on, `count` of them, as roll.js draws them."""
    starts, _ = step_notes(score)
    begin, end = starts[first_note - 1], starts[min(first_note - 1 + count, len(starts)) - 1]
    zero = float(score.seconds_at(begin))
    parts: list[dict[str, Any]] = []
    for part in score.parts:
        notes = part.notes
        inside = np.flatnonzero((notes.start_ticks >= begin) & (notes.start_ticks <= end))[:MOST_SHOWN]
        if part.is_drum or not len(inside):
            continue
        at = score.seconds_at(notes.start_ticks[inside]) - zero
        length = score.seconds_at(notes.end_ticks[inside]) - zero - at
        pitches = np.round(notes.pitch[inside] + notes.cents[inside] / 100.0, 2)
        columns = (np.rint(at * 1000), np.rint(length * 1000), pitches, notes.velocity[inside])
        flat = np.stack(columns, axis=1).ravel().tolist()
        parts.append({"program": part.program, "name": "", "drums": False, "notes": flat})
    longest = max(sum(part["notes"][i : i + 2]) for part in parts for i in range(0, len(part["notes"]), 4))
    return {"begins_seconds": round(zero, 3), "seconds": longest / 1000, "parts": parts}
