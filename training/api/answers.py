"""What the API tells of datasets, runs and checkpoints."""

from datetime import datetime
from typing import Any

from ninja import Schema

from training.models import Checkpoint, Dataset, Run


class DatasetAnswer(Schema):
    """A dataset; counts are of its files."""

    id: int
    name: str
    state: str
    progress: float
    reason: str
    licence: str
    licence_note: str
    source: str
    taken: int
    duplicates: int
    refused: int
    note_count: int
    seconds: float
    created_at: datetime
    page: str

    @staticmethod
    def resolve_page(row: Dataset) -> str:
        """The address of its page."""
        return row.get_absolute_url()


class DatasetFileAnswer(Schema):
    """A file of a dataset with its verdict."""

    position: int
    path: str
    verdict: str
    reason: str
    sha256: str
    bytes: int
    note_count: int
    seconds: float


class RunAnswer(Schema):
    """A run; losses are in nats per token."""

    id: int
    dataset_id: int
    network: str
    representation: str
    state: str
    progress: float
    message: str
    reason: str
    step: int
    total_steps: int
    epoch: float
    train_loss: float | None
    validation_loss: float | None
    settings: dict[str, Any]
    corpus_hash: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    page: str

    @staticmethod
    def resolve_corpus_hash(row: Run) -> str | None:
        """Of what it learns from, once that is prepared."""
        return row.corpus.corpus_hash if row.corpus else None

    @staticmethod
    def resolve_page(row: Run) -> str:
        """The address of its page."""
        return row.get_absolute_url()


class CheckpointAnswer(Schema):
    """A checkpoint that can be composed from."""

    slug: str
    title: str
    network: str
    representation: str
    step: int
    is_best: bool
    is_published: bool
    is_shipped: bool
    run_id: int | None
    dataset_id: int | None
    corpus_hash: str
    weights_sha256: str
    parameters: int
    metrics: dict[str, Any]
    created_at: datetime
    page: str

    @staticmethod
    def resolve_page(row: Checkpoint) -> str:
        """The address of its page."""
        return row.get_absolute_url()
