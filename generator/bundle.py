"""Everything of a song in one archive: notes, sound, score, pictures, and where it came from."""

import json
import zipfile
from io import BytesIO
from typing import Any

from django.utils import timezone

from generator.models import AudioFormat, Song
from generator.roll import roll_notes
from generator.roll.picture import roll_svg
from musicgen.midi import MidiError, read_midi

SOUND: tuple[str, ...] = (AudioFormat.MP3, AudioFormat.OPUS)  # the one of them that there is
FORMAT_VERSION = 1


def provenance(song: Song, address: str) -> dict[str, Any]:
    """Where a song came from, as JSON that a program can make it again from.

    Args:
        address: of the song's page.
    """
    checkpoint = song.checkpoint
    source: dict[str, Any] = {}
    if checkpoint is not None:
        source = {
            "network": checkpoint.network,
            "checkpoint": checkpoint.slug,
            "training_step": checkpoint.step,
            "representation": checkpoint.representation,
            "weights_sha256": checkpoint.weights_sha256,
            "corpus_hash": checkpoint.corpus_hash,
            "dataset": str(checkpoint.dataset) if checkpoint.dataset is not None else None,
            "dataset_licence": checkpoint.dataset.licence if checkpoint.dataset is not None else None,
            "seed": song.seed,
            "settings": song.settings,
        }
    return {
        "format_version": FORMAT_VERSION,
        "title": song.title,
        "composed_by": song.kind,
        "page": address,
        "composed_at": song.created_at.isoformat(),
        "bundled_at": timezone.now().isoformat(),
        "seconds": song.seconds,
        "note_count": song.note_count,
        "key": song.key,
        "tempo_bpm": song.tempo_bpm,
        "midi_sha256": song.midi_sha256,
        "flaw": song.flaw,
        "statistics": song.statistics,
        **source,
    }


def song_bundle(song: Song, address: str) -> bytes:
    """A zip archive of the song; what there is not (a score, a sound) is left out.

    Raises:
        FileNotFoundError: a file that the song names is gone.
    """
    stem = song.file_stem
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        archive.write(song.midi_file, f"{stem}/{stem}.mid")
        sounds = {rendition.format: rendition for rendition in song.renditions.all()}
        sound = next((sounds[name] for name in SOUND if name in sounds), None)
        if sound is not None:
            archive.write(sound.file, f"{stem}/{stem}.{sound.format}")
        if song.score_path:
            archive.write(song.score_file, f"{stem}/{stem}.musicxml", zipfile.ZIP_DEFLATED)
        try:
            picture = roll_svg(roll_notes(read_midi(song.midi_file)), song.title)
            archive.writestr(f"{stem}/{stem}.svg", picture, zipfile.ZIP_DEFLATED)
        except MidiError:
            pass  # a file that cannot be drawn is still handed out as it is
        told = json.dumps(provenance(song, address), indent=2, ensure_ascii=False)
        archive.writestr(f"{stem}/provenance.json", told)
    return content.getvalue()
