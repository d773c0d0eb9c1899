"""`manage.py study FOLDER OUT`: what is usual in music of which only the networks are shipped."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from generator.bands import bands_of, spread
from musicgen.midi import MidiError, read_midi


class Command(BaseCommand):
    """Measures a folder of MIDI once; the site shows songs of such networks beside it."""

    help = "Measure a folder of MIDI and write what is usual in it, for generator/studies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FOLDER OUT."""
        parser.add_argument("folder", type=Path, help="folder of MIDI files, read with all below it")
        parser.add_argument("out", type=Path, help="the JSON file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, measure, write."""
        files = sorted(
            file for file in options["folder"].rglob("*") if file.suffix.lower() in (".mid", ".midi")
        )
        scores = []
        for file in files[spread(len(files))]:
            try:
                scores.append(read_midi(file))
            except (OSError, MidiError) as error:
                self.stderr.write(f"{file.name}: {error}")
        if not scores:
            raise CommandError(f"There is no MIDI file to be read in {options['folder']}.")
        bands, count = bands_of(scores)
        content = json.dumps({"piece_count": count, "bands": bands}, indent=1, sort_keys=True)
        options["out"].write_text(f"{content}\n")
        self.stdout.write(f"{count} of {len(files)} pieces measured")
