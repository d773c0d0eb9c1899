"""`manage.py describe`: key, tempo, instruments and sketch of songs that have none yet."""

from typing import Any

from django.core.management.base import BaseCommand

from generator.models import Song
from generator.services import song_describe
from musicgen.midi import MidiError, read_midi


class Command(BaseCommand):
    """For songs from before these were kept; new ones are described when they are rendered."""

    help = "Describe songs that have no sketch, key or tempo yet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read each song's MIDI file once; one that cannot be read is named and left out."""
        count = 0
        for song in Song.objects.filter(tempo_bpm=None).exclude(midi_path="").iterator():
            try:
                song_describe(song=song, score=read_midi(song.midi_file))
            except (OSError, MidiError) as error:
                self.stderr.write(f"{song} ({song.pk}): {error}")
                continue
            count += 1
        self.stdout.write(f"{count} songs described")
