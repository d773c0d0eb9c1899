"""Music to begin from is taken in: a listener's file, read in a process of its own, or a song of the site."""

import hashlib
import re
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Listener
from generator.models import Prompt, Song
from generator.models.prompt import prompt_file
from musicgen.learning.durable import write_file
from musicgen.midi import MidiError, MidiLimits, read_midi
from musicgen.midi.guarded import clean_midi
from musicgen.score import Score
from training import shared

# What a network is given to begin from is shorter than what a dataset may hold.
PROMPT_LIMITS: Final = MidiLimits(max_bytes=512 * 1024, max_notes=20_000, max_tracks=64, max_seconds=1200.0)
_NAME_CHARACTERS: Final = 120


class PromptRefusedError(Exception):
    """The file cannot be begun from; the message says why, and what to do."""


def prompt_take_in(*, listener: Listener, name: str, content: bytes) -> Prompt:
    """Keep a listener's MIDI file to begin from: not their bytes, but what was read, written anew.

    Raises:
        PromptRefusedError: it cannot be read, or there is nothing in it.
    """
    try:
        clean = clean_midi(content, PROMPT_LIMITS)
    except MidiError as error:
        raise PromptRefusedError(str(error)) from error
    return _keep(listener, _plain(name), clean, None)


def prompt_of_song(*, listener: Listener, song: Song) -> Prompt:
    """Keep a song's MIDI file to begin from; asked again, it is the same prompt.

    Raises:
        PromptRefusedError: the song has no notes.
    """
    known = Prompt.objects.filter(listener=listener, song=song, sha256=song.midi_sha256).first()
    if known is not None:
        return known
    try:
        content = song.midi_file.read_bytes()
    except OSError as error:
        raise PromptRefusedError(_("The song's MIDI file is gone. Choose another song.")) from error
    return _keep(listener, song.title, content, song)


def _keep(listener: Listener, name: str, content: bytes, song: Song | None) -> Prompt:
    score = read_midi(content, PROMPT_LIMITS)
    if not score.note_count:
        raise PromptRefusedError(_("There are no notes in it. Choose another."))
    sha256 = hashlib.sha256(content).hexdigest()
    # On the disk before the row is: a prompt without its file is never seen.
    path = prompt_file(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_file(path, content)
    shared.share(path)
    with transaction.atomic():
        return Prompt.objects.create(
            listener=listener,
            song=song,
            name=name,
            sha256=sha256,
            seconds=score.duration_seconds,
            note_count=score.note_count,
            instruments=_instruments(score),
        )


def _instruments(score: Score) -> list[dict[str, object]]:
    return [
        {
            "name": part.name[:60],
            "program": part.program,
            "is_drum": part.is_drum,
            "notes": len(part.notes),
        }
        for part in score.parts
    ]


def _plain(name: str) -> str:
    """A file's name as a title: no folders, no ending, nothing that is not shown."""
    stem = re.sub(r"\.(midi?|rmi|kar)$", "", name.replace("\\", "/").rpartition("/")[2], flags=re.IGNORECASE)
    shown = "".join(character if character.isprintable() else " " for character in stem)
    return " ".join(shown.split())[:_NAME_CHARACTERS] or "MIDI"
