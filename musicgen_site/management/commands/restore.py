"""`manage.py restore FILE.tar`: a backup becomes the site of an empty data folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from musicgen_site.backups import BackupError, backup_restore
from musicgen_site.startup import StartupError, data_folder_owned


class Command(BaseCommand):
    """Checks every byte of a backup, then puts it back."""

    help = "Put a backup back into an empty data folder (MUSICGEN_DATA_DIR), every file checked first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE."""
        parser.add_argument("file", type=Path, help="the .tar file that `manage.py backup` wrote")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Restore, and bring the database to this program's shape.

        Raises:
            CommandError: it is damaged, or there is a site already; nothing was changed.
        """
        data_dir = Path(settings.DATA_DIR)
        try:
            with data_folder_owned(data_dir):
                manifest = backup_restore(file, data_dir)
                call_command("migrate", interactive=False, verbosity=0)
        except (BackupError, StartupError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}.") from error
        self.stdout.write(
            f"{data_dir}: {len(manifest.files):,} files as of {manifest.made_at}; `manage.py up` starts it."
        )
