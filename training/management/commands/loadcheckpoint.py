"""`manage.py loadcheckpoint ARCHIVE`: take a checkpoint of another site in."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.services.exchange import CheckpointRefusedError, checkpoint_load
from training.signing import public_key


class Command(BaseCommand):
    """Loads only what a trusted key has signed, or what the operator names by its hash."""

    help = "Load the archive of a checkpoint that was downloaded from another site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """ARCHIVE [--accept SHA256] [--publish] | --key."""
        parser.add_argument("archive", type=Path, nargs="?", help="a zip file from a checkpoint's page")
        parser.add_argument(
            "--accept", default="", metavar="SHA256", help="load it although nobody trusted vouches for it"
        )
        parser.add_argument("--publish", action="store_true", help="let everybody compose from it at once")
        parser.add_argument("--key", action="store_true", help="show the public key of this site and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, or say why not."""
        if options["key"]:
            self.stdout.write(public_key())
            return
        if options["archive"] is None:
            raise CommandError("Name the archive.")
        try:
            row = checkpoint_load(
                path=options["archive"], accepted_sha256=options["accept"], publish=options["publish"]
            )
        except CheckpointRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Loaded: {row.label}, {row.get_absolute_url()}")
