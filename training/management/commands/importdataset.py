"""`manage.py importdataset PATH …`: make a dataset of a folder or archive that lies on this server."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.roles import is_researcher
from training.models import Licence, Visibility
from training.services import dataset_import_folder


class Command(BaseCommand):
    """The files are read where they lie; those that are taken are copied into the data folder."""

    help = "Make a dataset of a folder or archive on this server, to be taken in by the ingest worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """PATH --licence LICENCE [--name, --source, --owner, --visibility]."""
        parser.add_argument("path", type=Path, help="a folder (searched to the bottom), a zip or tar archive")
        parser.add_argument("--licence", required=True, choices=[value for value in Licence.values if value])
        parser.add_argument("--name", help="what others will know it by (default: the name of the folder)")
        parser.add_argument("--source", default="", help="where the files come from")
        parser.add_argument("--owner", metavar="EMAIL", help="a researcher (default: the site itself)")
        parser.add_argument("--visibility", choices=Visibility.values, default=Visibility.PUBLIC)

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what can be checked now, and put it on its way."""
        path: Path = options["path"].expanduser().resolve()
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        owner = None
        if options["owner"]:
            owner = User.objects.filter(email__iexact=options["owner"]).first()
            if owner is None or not is_researcher(owner):
                raise CommandError(f"{options['owner']} is no researcher on this site.")
        dataset = dataset_import_folder(
            owner=owner,
            name=options["name"] or path.name,
            licence=options["licence"],
            source=options["source"],
            visibility=options["visibility"],
            folder=path,
        )
        self.stdout.write(f"Dataset {dataset.pk} waits to be taken in: {dataset.get_absolute_url()}")
