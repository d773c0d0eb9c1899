"""A version of a dataset as a folder to prepare a corpus from: its files, and a table of what they are."""

import csv
import io
import os
import shutil
import uuid
from pathlib import Path
from typing import Final

from musicgen.learning.durable import write_file
from training import shared
from training.models import Dataset, DatasetFile

TABLE: Final = "manifest.csv"
_COLUMNS: Final = ("file", "composer", "title", "work", "style", "split", "licence")


def version_laid_out(dataset: Dataset, number: int) -> Path:
    """The folder of a version, made if it is not there.

    Files are named by their hash and linked, not copied. The table beside them says what the
    dataset says of each, so that splits by work or composer hold whatever the layout was.
    """
    folder = dataset.version_folder(number)
    if (folder / TABLE).is_file():
        return folder
    files = list(DatasetFile.objects.filter(dataset=dataset).of_version(number).taken().order_by("sha256"))
    shared.fetch_many(dataset.midi_path(file.sha256) for file in files)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    try:
        beside.mkdir()
        for file in files:
            os.link(dataset.midi_path(file.sha256), beside / f"{file.sha256}.mid")
        write_file(beside / TABLE, _table(files))
        shutil.rmtree(folder, ignore_errors=True)  # left half by a crash
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _table(files: list[DatasetFile]) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, _COLUMNS)
    rows.writeheader()
    for file in files:
        said = {name: getattr(file, name) for name in _COLUMNS[1:]}
        rows.writerow({"file": f"{file.sha256}.mid", **said})
    return text.getvalue().encode("utf-8", "replace")
