"""`python -m tests.browser.clips`: clips for the listening tests of a running site, at once.

The site makes its own when nobody waits for a song, which takes minutes. Here every published song gets
one and the same clip, and so do two pieces of real music and two of random notes.
"""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np


def main() -> None:
    """Write the sound once, and a finished excerpt for each song."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen_site.settings")
    django.setup()
    from django.conf import settings

    from generator.models import Song
    from listening.models import Excerpt
    from listening.models.excerpt import RANDOM, REAL, system_of
    from training.models import WorkState

    for anchor, kind in ((REAL, "human"), (RANDOM, "machine")):
        if not Song.objects.filter(settings__anchor=anchor).exists():
            for number in (1, 2):
                facts = {"anchor": anchor}
                Song.objects.create(title=f"{anchor} {number}", kind=kind, seconds=60, settings=facts)
    path = Path(settings.DATA_DIR, "excerpts", "tone.opus")
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(tone())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    ready = {"state": WorkState.FINISHED, "path": f"excerpts/{path.name}", "sha256": digest}
    count = 0
    for song in Song.objects.filter(seconds__gte=20).select_related("checkpoint"):
        if song.is_published or song.settings.get("anchor"):
            Excerpt.objects.update_or_create(
                song=song, defaults=ready, create_defaults={**ready, "system": system_of(song)}
            )
            count += song.checkpoint is not None
    sys.stdout.write(f"{count}\n")


def tone() -> bytes:
    """Twenty seconds of a chord, as every excerpt is written."""
    from tempfile import TemporaryDirectory

    from musicgen.audio.encode import encode
    from musicgen.audio.excerpt import EXCERPT_SECONDS, FILE_BYTES
    from musicgen.audio.limits import SAMPLE_RATE
    from musicgen.audio.ogg import uniform_opus

    time = np.arange(round(EXCERPT_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(0.05 * np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 277.2, 329.6))
    samples = np.stack([chord, chord], axis=1).astype(np.float32)
    with TemporaryDirectory() as folder:
        encoded = encode(samples, SAMPLE_RATE, Path(folder, "tone.opus"), "opus")
        return uniform_opus(encoded.path.read_bytes(), FILE_BYTES)


if __name__ == "__main__":
    main()
