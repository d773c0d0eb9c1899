"""Backups: the whole site in one tar file, made while it runs, checked before and after it is put back."""

from musicgen_site.backups.making import backup_make
from musicgen_site.backups.manifest import BackupError
from musicgen_site.backups.restoring import backup_check, backup_restore

__all__ = ["BackupError", "backup_check", "backup_make", "backup_restore"]
