"""Writing files and folders so that a crash at any moment leaves the old or the new, whole."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_UNFINISHED = ".writing-"


def write_file(path: Path, data: bytes) -> None:
    """Replace a file at once: written beside it, synced, renamed, and the folder synced."""
    beside = path.with_name(f"{_UNFINISHED}{path.name}-{secrets.token_hex(4)}")
    try:
        _write_synced(beside, data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a JSON file at once; keys sorted, so that equal values are equal bytes."""
    write_file(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder with these files appear at once, in the place of one of the same name.

    Args:
        folder: its path; missing parents are made.
        files: content by name.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(4)
    beside = folder.with_name(f"{_UNFINISHED}{folder.name}-{token}")
    try:
        beside.mkdir()
        for name, data in files.items():
            _write_synced(beside / name, data)
        _sync_folder(beside)
        if folder.exists():
            aside = folder.with_name(f"{_UNFINISHED}{folder.name}-{token}-old")
            folder.rename(aside)
            beside.rename(folder)
            shutil.rmtree(aside)
        else:
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _sync_folder(folder.parent)


def remove_unfinished(parent: Path) -> None:
    """Remove what a killed process left half written in a folder that nobody else writes to."""
    for path in parent.glob(f"{_UNFINISHED}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # A rename is only on the disk once the folder that holds the name is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
