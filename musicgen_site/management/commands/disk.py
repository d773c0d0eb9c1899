"""`manage.py disk [--clean]`: what fills the data folder, and what nothing points at."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from musicgen_site.operating.disk import disk_usage, orphan_remove, orphans
from musicgen_site.operating.readiness import free_bytes


class Command(BaseCommand):
    """Shows; with --clean it also removes what nothing points at."""

    help = "Show what fills the data folder; with --clean remove what no row has pointed at for a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """[--clean]."""
        parser.add_argument("--clean", action="store_true", help="remove what nothing points at")

    def handle(self, *args: Any, clean: bool, **options: Any) -> None:
        """Tell, and clean where asked to."""
        for usage in disk_usage():
            self.stdout.write(f"{usage.bytes:>15,}  {usage.entries:>8,}  {usage.name}")
        self.stdout.write(f"{free_bytes():>15,}            free on the disk of {settings.DATA_DIR}")
        found = orphans()
        for orphan in found:
            self.stdout.write(f"{orphan.bytes:>15,}            nothing points at {orphan.path}")
            if clean:
                orphan_remove(orphan)
        if found:
            total = sum(orphan.bytes for orphan in found)
            done = "removed" if clean else "can be removed with --clean"
            self.stdout.write(f"{total:,} bytes {done}.")
