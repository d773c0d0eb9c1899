"""What a site tells of its things. Fields that this version does not know are passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Self

ENDED: Final = frozenset({"finished", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class _Record:
    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """The record in an answer."""
        told = (field for field in fields(cls) if field.name in answer or field.default is MISSING)
        return cls(**{field.name: answer[field.name] for field in told})


@dataclass(frozen=True, slots=True)
class DatasetRecord(_Record):
    """A dataset; counts are of its files."""

    id: int
    name: str
    state: str
    progress: float
    reason: str
    taken: int
    duplicates: int
    refused: int
    page: str

    @property
    def has_ended(self) -> bool:
        """Whether it is no longer being taken in."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class PaperRecord(_Record):
    """An archive for a paper."""

    key: str
    title: str
    state: str
    reason: str
    song_count: int
    sha256: str

    @property
    def has_ended(self) -> bool:
        """Whether it is there, or never will be."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class RunRecord(_Record):
    """A run; losses are in nats per token."""

    id: int
    dataset_id: int
    network: str
    state: str
    progress: float
    message: str
    reason: str
    step: int
    total_steps: int
    train_loss: float | None
    validation_loss: float | None
    page: str

    @property
    def has_ended(self) -> bool:
        """Whether it trains no longer."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class CheckpointRecord(_Record):
    """A checkpoint that can be composed from."""

    slug: str
    title: str
    network: str
    representation: str
    step: int
    is_best: bool
    is_published: bool
    weights_sha256: str
    page: str


@dataclass(frozen=True, slots=True)
class ComposeRecord(_Record):
    """A song on its way; `stage` is waiting, composing, rendering, done, failed or cancelled."""

    id: int
    stage: str
    fraction: float
    detail: str
    song_id: int | None
    takes: tuple[int, ...] = ()  # of all that were asked for together


@dataclass(frozen=True, slots=True)
class SongRecord(_Record):
    """A song.

    Attributes:
        renditions: by format, the address of the sound file.
    """

    id: int
    title: str
    checkpoint: str | None
    seed: int | None
    seconds: float
    note_count: int
    flaw: str
    midi: str
    midi_sha256: str
    page: str
    renditions: dict[str, str]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """The record in an answer."""
        sounds = {sound["format"]: sound["address"] for sound in answer["renditions"]}
        known = {field.name: answer[field.name] for field in fields(cls)}
        return cls(**{**known, "renditions": sounds})
