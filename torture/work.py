"""Datasets and runs for rows; to be used where Django is set up (see `torture.own`)."""

from __future__ import annotations

from typing import Any

from tests.training.pieces import midi_bytes

TINY = {
    "embedding_dim": 8,
    "units": 16,
    "dropout": 0.1,
    "sequence_length": 8,
    "batch_size": 4,
    "patience": 1000,
    "samples": 0,
    "seed": 3,
}


class Pieces:
    """The same files for many datasets, made once.

    Args:
        count: of files.
        notes: of each.
    """

    def __init__(self, count: int, notes: int = 40) -> None:
        self.files = [(f"{seed:04d}.mid", midi_bytes(seed, notes=notes)) for seed in range(count)]

    def dataset(self, name: str = "Tunes") -> Any:
        """A dataset that waits to be taken in; its job is on no queue yet."""
        from accounts.models import User
        from training.models import Dataset, DatasetUpload

        owner = User.objects.first() or User.objects.create_user("ada@example.org", "a-long-password")
        row = Dataset.objects.create(name=name, owner=owner, licence="cc0", source="chance")
        row.uploads_folder.mkdir(parents=True, exist_ok=True)  # of one that was rolled back
        for path, content in self.files:
            upload = DatasetUpload(dataset=row, name=path, stored_name=path, bytes=len(content), sha256="")
            upload.path.write_bytes(content)
            upload.save()
        return row


def state_of(row: Any) -> str:
    """Where a row of work stands now."""
    row.refresh_from_db()
    return str(row.state)


def is_over(row: Any) -> bool:
    """Whether it has ended, however."""
    return state_of(row) not in ("queued", "running")


def is_whole(dataset: Any, count: int) -> bool:
    """Whether a dataset was taken in completely, each file once, and nothing else lies there."""
    paths = list(dataset.files.filter(verdict="taken").values_list("path", flat=True))
    lying = [path for path in dataset.files_folder.iterdir() if not path.name.startswith(".")]
    return state_of(dataset) == "finished" and len(set(paths)) == len(paths) == len(lying) == count


def taken_in() -> Any:
    """A dataset of twelve melodies, ready to be learned from."""
    from training.jobs.ingest import dataset_ingest

    dataset = Pieces(12).dataset()
    dataset_ingest(dataset.pk)
    if state_of(dataset) != "finished":
        raise RuntimeError(dataset.reason)
    return dataset


def run_on(dataset: Any, **settings: Any) -> Any:
    """A run that is on its queue."""
    from musicgen.learning import TrainSettings
    from training.services import run_start

    wanted = TrainSettings(**{**TINY, **settings})
    return run_start(owner=dataset.owner, dataset=dataset, settings=wanted, transposed=False)
