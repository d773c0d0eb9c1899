"""`manage.py loaddemo`: what a new site has to show; the real queues do the work."""

import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand

from generator.first_songs import FIRST_SONGS
from generator.selectors import first_songs
from generator.services import compose_request_ensure
from musicgen.sampling.settings import SamplingSettings
from training.models import Checkpoint
from training.services import checkpoints_register_shipped, demo_dataset_ensure

AT_ONCE: Final = 2  # songs of the site's own on the way: a listener waits behind no more than these
PATIENCE_SECONDS: Final = 300.0  # without workers the songs are asked for all the same
LOOK_SECONDS: Final = 0.5


class Command(BaseCommand):
    """Registers the shipped checkpoints, asks them for the first songs bit by bit, adds the demo dataset.

    Done again, it adds nothing twice.
    """

    help = "Register the shipped checkpoints, ask for the site's first songs, add the demo dataset."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """[--begin]."""
        parser.add_argument(
            "--begin", action="store_true", help="only what must be there before the first page is shown"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Songs first: somebody may be waiting to hear one."""
        registered = checkpoints_register_shipped()
        checkpoints = _introducing(registered)
        wanted = FIRST_SONGS if checkpoints else ()
        if options["begin"]:
            for number in range(min(AT_ONCE, len(wanted))):
                _ask(number, checkpoints)
            return
        patient_until = time.monotonic() + PATIENCE_SECONDS
        for number in range(len(wanted)):
            is_new = _ask(number, checkpoints)
            while is_new and first_songs().on_the_way >= AT_ONCE and time.monotonic() < patient_until:
                time.sleep(LOOK_SECONDS)
        dataset = demo_dataset_ensure()
        checkpoints_register_shipped()  # which now can name the dataset that they learned from
        self.stdout.write(
            f"{len(registered)} shipped checkpoints, {len(wanted)} first songs, dataset: {dataset.name}"
        )


def _introducing(checkpoints: list[Checkpoint]) -> list[Checkpoint]:
    """Whom to ask in turn: the best of each run, then of each run with others one from halfway."""
    best = [checkpoint for checkpoint in checkpoints if checkpoint.is_best]
    halfway = []
    for each in best:
        way = sorted(
            (other for other in checkpoints if other.title == each.title and not other.is_best),
            key=lambda other: other.step,
        )
        halfway += way[len(way) // 2 :][:1]
    return [*best, *halfway]


def _ask(number: int, checkpoints: list[Checkpoint]) -> bool:
    """Ask for one of the first songs. Returns whether nobody had yet."""
    seconds, temperature = FIRST_SONGS[number]
    _, is_new = compose_request_ensure(
        checkpoint=checkpoints[number % len(checkpoints)],
        sampling=SamplingSettings(seed=number + 1, length_seconds=seconds, temperature=temperature),
    )
    return is_new
