"""`manage.py backup FILE.tar`: the whole site in one file, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from musicgen_site.backups import BackupError, backup_check, backup_make
from musicgen_site.backups.restoring import is_a_backup_place


class Command(BaseCommand):
    """Makes a backup, reads it back and compares every file."""

    help = "Write the whole site (database, datasets, runs, checkpoints, songs) to one file, and check it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE [--check]."""
        parser.add_argument("file", type=Path, help="the .tar file to write")
        parser.add_argument("--check", action="store_true", help="only check a backup that exists")

    def handle(self, *args: Any, file: Path, check: bool, **options: Any) -> None:
        """Make it, or only check it.

        Raises:
            CommandError: it cannot be made or is damaged; the message says why.
        """
        try:
            if not check:
                if not is_a_backup_place(file):
                    raise BackupError(f"{file} lies inside what is backed up; name a file elsewhere.")
                backup_make(Path(settings.DATA_DIR), file)
            manifest = backup_check(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}.") from error
        total = sum(kept.bytes for kept in manifest.files.values())
        self.stdout.write(
            f"{file}: {len(manifest.files):,} files, {total:,} bytes, of {manifest.made_at}; all hashes match"
        )
        for name in manifest.gone:
            self.stdout.write(f"deleted while it was made: {name}")
