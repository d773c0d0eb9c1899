"""`manage.py loaddemo`: what a new site has to show; the real queues do the work."""

from typing import Any, Final

from django.core.management.base import BaseCommand

from generator.services import compose_request_ensure
from musicgen.sampling.settings import SamplingSettings
from training.services import checkpoints_register_shipped, demo_dataset_ensure

# Length and temperature of the first songs; their seeds are 1, 2, 3 … The first is short, so that
# there soon is something to hear. Ten, so that eight remain if a take or two turn out flawed.
FIRST_SONGS: Final = (
    (30.0, 0.9),
    (45.0, 1.0),
    (60.0, 0.9),
    (60.0, 1.0),
    (75.0, 0.95),
    (60.0, 0.8),
    (90.0, 1.0),
    (60.0, 1.05),
    (60.0, 0.9),
    (120.0, 1.0),
)


class Command(BaseCommand):
    """Registers the shipped checkpoints, asks them for the first songs, adds the demo dataset.

    Done again, it adds nothing twice.
    """

    help = "Register the shipped checkpoints, ask for the site's first songs, add the demo dataset."

    def handle(self, *args: Any, **options: Any) -> None:
        """Songs first: somebody may be waiting to hear one."""
        checkpoints = checkpoints_register_shipped()
        asked = 0
        for number, (seconds, temperature) in enumerate(FIRST_SONGS):
            if not checkpoints:
                break
            _, is_new = compose_request_ensure(
                checkpoint=checkpoints[number % len(checkpoints)],
                sampling=SamplingSettings(seed=number + 1, length_seconds=seconds, temperature=temperature),
            )
            asked += is_new
        dataset = demo_dataset_ensure()
        self.stdout.write(
            f"{len(checkpoints)} shipped checkpoints known, {asked} songs asked for, dataset: {dataset.name}"
        )
