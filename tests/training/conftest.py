"""What tests of datasets, runs and checkpoints share: MIDI files, and rows without the work behind them."""

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from musicgen.learning import CheckpointInfo, TrainSettings
from musicgen.learning.checkpoint import write_checkpoint as write_folder
from tests.training.pieces import midi_bytes
from training.models import (
    Dataset,
    DatasetFile,
    DatasetUpload,
    DatasetVersion,
    Licence,
    Run,
    Verdict,
    WorkState,
)

SMALL = TrainSettings(
    embedding_dim=8, units=8, dropout=0.0, sequence_length=16, batch_size=4, max_epochs=2, samples=0, seed=3
)


@pytest.fixture(autouse=True)
def _own_data_dir(data_dir):
    """No test sees another's files."""


def upload_form(*files, **fields):
    """What the upload page sends."""
    return {
        "name": "Melodies",
        "licence": Licence.CC0,
        "licence_note": "",
        "source": "Drawn by chance.",
        "uploads": [SimpleUploadedFile(name, content) for name, content in files],
        **fields,
    }


@pytest.fixture
def make_dataset(researcher):
    """Makes a dataset whose uploads lie on the disk and wait to be taken in."""

    def make(*files, **fields):
        row = Dataset.objects.create(
            **{"name": "Melodies", "owner": researcher, "licence": Licence.CC0, "source": "Chance.", **fields}
        )
        row.uploads_folder.mkdir(parents=True)
        for number, (name, content) in enumerate(files):
            upload = DatasetUpload(
                dataset=row,
                name=name,
                stored_name=f"{number:05d}.{name.rpartition('.')[2]}",
                bytes=len(content),
                sha256="",
            )
            upload.path.write_bytes(content)
            upload.save()
        return row

    return make


@pytest.fixture
def ready_dataset(make_dataset):
    """A dataset of one file that was taken."""
    row = make_dataset(state=WorkState.FINISHED)
    content = midi_bytes(1)
    DatasetFile.objects.create(
        dataset=row, position=0, path="folder/melody.mid", sha256="ab" * 32, verdict=Verdict.TAKEN
    )
    row.files_folder.mkdir()
    row.midi_path("ab" * 32).write_bytes(content)
    DatasetVersion.objects.create(
        dataset=row, number=1, content_hash="ef" * 32, file_count=1, note_count=40, seconds=25.0
    )
    return row


@pytest.fixture
def make_run(ready_dataset, researcher):
    """Makes a run's row."""

    def make(**fields):
        return Run.objects.create(
            **{
                "dataset": ready_dataset,
                "owner": researcher,
                "network": "lstm",
                "settings": SMALL.to_json(),
                "corpus_options": {"transpositions": [0]},
                **fields,
            }
        )

    return make


@pytest.fixture
def queued(monkeypatch):
    """Collects what is put on queues, in the place of Redis."""
    calls = []
    monkeypatch.setattr("training.queues.put", lambda **call: calls.append(call))
    return calls


@pytest.fixture
def write_checkpoint():
    """Writes a checkpoint into a run's folder, as training does; its weights are one small array."""

    def write(run, step, validation=2.0):
        folder = run.folder / "checkpoints" / f"step-{step:08d}"
        info = CheckpointInfo(
            network="lstm",
            config={},
            vocabulary={"representation": "chords"},
            corpus_hash="cd" * 32,
            step=step,
            epoch=step / 10,
            metrics={
                "validation": {"nats_per_token": validation},
                "unigram": {"validation": {"nats_per_token": 3.5}},
            },
            seed=3,
            settings=run.settings,
        )
        write_folder(folder, info, {"weights": np.full(4, step, np.float32)})
        return folder

    return write
