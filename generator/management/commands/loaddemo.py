"""`manage.py loaddemo`: what a new site has to show; the real queues do the work."""

import time
from typing import Any, Final

from django.core.management.base import BaseCommand

from generator.first_songs import FIRST_SONGS
from generator.selectors import first_songs
from generator.services import compose_request_ensure
from musicgen.sampling.settings import SamplingSettings
from training.services import checkpoints_register_shipped, demo_dataset_ensure

AT_ONCE: Final = 2  # songs of the site's own on the way: a listener waits behind no more than these
PATIENCE_SECONDS: Final = 300.0  # without workers the songs are asked for all the same
LOOK_SECONDS: Final = 0.5


class Command(BaseCommand):
    """Registers the shipped checkpoints, asks them for the first songs bit by bit, adds the demo dataset.

    Done again, it adds nothing twice.
    """

    help = "Register the shipped checkpoints, ask for the site's first songs, add the demo dataset."

    def handle(self, *args: Any, **options: Any) -> None:
        """Songs first: somebody may be waiting to hear one."""
        checkpoints = checkpoints_register_shipped()
        asked = 0
        patient_until = time.monotonic() + PATIENCE_SECONDS
        for number, (seconds, temperature) in enumerate(FIRST_SONGS if checkpoints else ()):
            _, is_new = compose_request_ensure(
                checkpoint=checkpoints[number % len(checkpoints)],
                sampling=SamplingSettings(seed=number + 1, length_seconds=seconds, temperature=temperature),
            )
            asked += is_new
            while is_new and first_songs().on_the_way >= AT_ONCE and time.monotonic() < patient_until:
                time.sleep(LOOK_SECONDS)
        dataset = demo_dataset_ensure()
        self.stdout.write(
            f"{len(checkpoints)} shipped checkpoints known, {asked} songs asked for, dataset: {dataset.name}"
        )
