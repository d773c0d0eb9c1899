"""A backup of a site at work, put back somewhere else."""

import io
import os
import sqlite3
import subprocess
import sys
import tarfile
import threading

import pytest
from django.db import connection

from generator.models import Song
from musicgen_site.backups import BackupError, backup_check, backup_make
from musicgen_site.backups.manifest import KEPT_FOLDERS
from tests.conftest import ROOT
from tests.generator.conftest import make_song

__all__ = ["make_song"]

LAID_OUT = "datasets/1/versions/1/a.mid"


@pytest.fixture
def backup(transactional_db, make_song, data_dir, tmp_path_factory):
    """A backup of three songs, made while a fourth is being made again and again."""
    for _ in range(3):
        make_song()
    (data_dir / "uploads" / "half.part").write_bytes(b"on its way")
    weights = data_dir / "runs" / "1" / "weights"
    for path in (weights, data_dir / "checkpoints" / "one" / "weights", data_dir / LAID_OUT):
        path.parent.mkdir(parents=True)
        if path == weights:
            path.write_bytes(b"learned")
        else:
            os.link(weights, path)  # as training and preparing do
    target = tmp_path_factory.mktemp("backups") / "site.tar"
    over = threading.Event()

    def write():
        while not over.is_set():
            Song.objects.create(title="meanwhile").delete()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backup_make(data_dir, target)
    finally:
        over.set()
        writer.join()
    return target


def restore(archive, data_dir):
    environment = {
        **os.environ,
        "MUSICGEN_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "musicgen_site.settings",
    }
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(archive)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_comes_back_whole_elsewhere_and_only_once(backup, data_dir, tmp_path_factory):
    assert connection.vendor == "sqlite", "on PostgreSQL pg_dump and pg_restore do this"
    other = tmp_path_factory.mktemp("other")
    done = restore(backup, other)
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(other / "db.sqlite3") as database:
        songs = database.execute("SELECT midi_path FROM generator_song WHERE midi_path != ''").fetchall()
    assert len(songs) == 3
    for (path,) in songs:
        assert (other / path).read_bytes() == (data_dir / path).read_bytes()
    assert not (other / "uploads" / "half.part").exists()
    assert (other / "runs" / "1" / "weights").read_bytes() == b"learned"
    assert (other / "checkpoints" / "one" / "weights").read_bytes() == b"learned"
    assert not (other / LAID_OUT).exists(), "made again when it is needed"
    again = restore(backup, other)
    assert again.returncode == 1
    assert "holds a site already" in again.stderr


def test_it_is_readable_by_its_owner_alone_and_notices_damage(backup):
    assert backup.stat().st_mode & 0o077 == 0
    whole = backup.read_bytes()
    with tarfile.open(backup) as archive:
        members = [info for info in archive if info.size]
    for chosen in (members[0], members[len(members) // 2], members[-1]):
        content = bytearray(whole)
        content[chosen.offset_data + chosen.size // 2] ^= 1
        backup.write_bytes(content)
        with pytest.raises(BackupError):
            backup_check(backup)
    for share in (0.0, 0.3, 0.8):
        backup.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(BackupError):
            backup_check(backup)


@pytest.mark.parametrize("name", ["../escaped", "/etc/passwd", "songs/../../escaped", "elsewhere/file"])
def test_it_puts_nothing_outside_its_folders(tmp_path, name):
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(hostile, "w") as archive:
        info = tarfile.TarInfo(name)
        info.size = 3
        archive.addfile(info, io.BytesIO(b"bad"))
    with pytest.raises(BackupError, match="no backup of a site holds"):
        backup_check(hostile)


def test_it_keeps_every_folder_that_rows_point_into():
    assert {"datasets", "runs", "checkpoints", "songs", "corpora"} <= set(KEPT_FOLDERS)


def test_it_overwrites_nothing(data_dir, tmp_path_factory, db):
    target = tmp_path_factory.mktemp("backups") / "site.tar"
    target.write_bytes(b"precious")
    with pytest.raises(BackupError, match="exists"):
        backup_make(data_dir, target)
    assert target.read_bytes() == b"precious"
