"""MIDI files for tests. Knows no Django: processes that read files import it."""

import io
import random
import tarfile
import zipfile

from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature


def midi_bytes(seed, notes=40):
    """A melody drawn from the seed; another seed is another melody, in any key."""
    draw = random.Random(seed)
    tones = [Note(480 * i, draw.randint(55, 80), 240 * draw.randint(1, 4), 80) for i in range(notes)]
    return write_midi(
        Score(
            parts=(Part(Notes.of(tones)),),
            tempos=(TempoChange(0, 100.0),),
            time_signatures=(TimeSignature(0, 4, 4),),
            ticks_per_quarter=480,
            title=f"melody {seed}",
        )
    )


def zip_bytes(files):
    """A zip archive of contents by name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tar_bytes(files):
    """A tar archive, packed by gzip, of contents by name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
