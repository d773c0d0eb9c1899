"""The anchors: real music and random notes among the networks, and shuffled copies for checks.

Real pieces come from the bundled dataset. Random notes have the onsets, lengths and loudness of a
real piece and pitches drawn by chance; shuffled copies its very pitches in another order. Both are
kept from the lists of songs: they are yardsticks, no music. Reads MIDI files; only for jobs.
"""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db import transaction

from generator.models import RenderRequest, Song, SongKind
from listening.models.excerpt import RANDOM, REAL, SHUFFLED
from musicgen.audio.excerpt import EXCERPT_SECONDS
from musicgen.learning.durable import write_file
from musicgen.midi import read_midi, write_midi
from musicgen.score import Notes, Score
from musicgen.statistics import chance_score, song_statistics
from training import shared
from training.models import Dataset, DatasetFile, Verdict
from training.services import work_enqueue

REAL_PIECES: Final = 12
YARDSTICKS: Final = 6  # of random notes, and of shuffled copies
_SPARE_SECONDS: Final = 5.0  # longer than an excerpt, so that its place can be drawn


def anchors_missing(dataset: Dataset | None) -> bool:
    """Whether there are pieces to make anchors of, and none made yet."""
    if dataset is None or Song.objects.filter(settings__anchor=REAL).exists():
        return False
    return bool(_candidates(dataset).exists())


def _candidates(dataset: Dataset) -> Any:
    return DatasetFile.objects.filter(
        dataset=dataset, verdict=Verdict.TAKEN, seconds__gte=EXCERPT_SECONDS + _SPARE_SECONDS
    ).order_by("path")


@transaction.atomic
def anchors_create(*, dataset: Dataset) -> list[Song]:
    """Make songs of some of the dataset's pieces, spread over it; done twice, it adds nothing."""
    if not anchors_missing(dataset):
        return []
    files = list(_candidates(dataset))
    chosen = files[:: max(1, len(files) // REAL_PIECES)][:REAL_PIECES]
    made = []
    for number, file in enumerate(chosen):
        score = read_midi(dataset.midi_path(file.sha256))
        title = score.title or Path(file.path).stem
        source = f"{title} ({dataset.source.partition(',')[0]})"[:120]
        real = _song(dataset, source, score, {"anchor": REAL, "piece": file.sha256}, "")
        made.append(real)
        if number < YARDSTICKS:
            asides = {"drawn_by": real.pk, "seed": number}
            random = chance_score(score, number)
            made += [
                _song(
                    dataset,
                    f"Random notes no. {number + 1}",
                    random,
                    {"anchor": RANDOM, **asides},
                    "random notes, a yardstick of the listening tests",
                ),
                _song(
                    dataset,
                    f"Shuffled pitches no. {number + 1}",
                    shuffled_score(score, number),
                    {"anchor": SHUFFLED, **asides},
                    "a piece with its pitches shuffled, a check of the listening tests",
                ),
            ]
    return made


def shuffled_score(score: Score, seed: int) -> Score:
    """The score with its pitches dealt out anew among its notes; rhythm and loudness stay."""
    random = np.random.default_rng(seed)
    pitches = random.permutation(np.concatenate([part.notes.pitch for part in score.parts]))
    parts, place = [], 0
    for part in score.parts:
        notes = part.notes
        dealt = pitches[place : place + len(notes)]
        place += len(notes)
        parts.append(
            replace(part, notes=Notes(notes.start_ticks, dealt, notes.duration_ticks, notes.velocity))
        )
    return replace(score, parts=tuple(parts))


def _song(dataset: Dataset, title: str, score: Score, facts: dict[str, Any], flaw: str) -> Song:
    midi = write_midi(score)
    song = Song.objects.create(
        title=title,
        kind=SongKind.MACHINE if flaw else SongKind.HUMAN,
        settings=facts,
        midi_sha256=hashlib.sha256(midi).hexdigest(),
        seconds=score.duration_seconds,
        note_count=score.note_count,
        statistics=song_statistics(score).to_json(),
        flaw=flaw,  # a flawed take is never published by itself
    )
    # Older than anything a network composed here: it does not push that from the lists of the newest.
    Song.objects.filter(pk=song.pk).update(created_at=dataset.created_at - timedelta(days=1))
    song.folder.mkdir(parents=True, exist_ok=True)
    write_file(song.folder / "song.mid", midi)
    shared.share(song.folder / "song.mid")
    song.midi_path = str((song.folder / "song.mid").relative_to(settings.DATA_DIR))
    song.save(update_fields=["midi_path"])
    work_enqueue(row=RenderRequest.objects.create(song=song))
    return song
