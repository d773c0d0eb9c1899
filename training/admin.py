"""Datasets, runs and checkpoints, for operators. What work does is shown, not edited."""

from django.contrib import admin
from django.http import HttpRequest

from training.models import Checkpoint, Corpus, Dataset, DatasetFile, Run

WORK_FIELDS = (
    "state",
    "progress",
    "message",
    "reason",
    "attempts",
    "deaths",
    "cancel_requested",
    "queued_at",
    "started_at",
    "heartbeat_at",
    "ended_at",
)


@admin.register(Dataset)
class DatasetAdmin(admin.ModelAdmin[Dataset]):
    """Datasets with their licence and how taking them in went."""

    list_display = ("name", "owner", "licence", "state", "created_at")
    list_filter = ("state", "licence")
    search_fields = ("name", "owner__email", "source")
    raw_id_fields = ("owner",)
    readonly_fields = (*WORK_FIELDS, "bundled", "created_at")
    exclude = ("claim",)

    def has_delete_permission(self, request: HttpRequest, obj: Dataset | None = None) -> bool:
        """Deleted on the site, where the files go with it."""
        return False


@admin.register(DatasetFile)
class DatasetFileAdmin(admin.ModelAdmin[DatasetFile]):
    """Verdicts on files; read only."""

    list_display = ("path", "dataset", "verdict", "note_count", "seconds", "reason")
    list_filter = ("verdict",)
    search_fields = ("path", "sha256", "dataset__name")
    list_select_related = ("dataset",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Written by workers alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: DatasetFile | None = None) -> bool:
        """Written by workers alone."""
        return False


@admin.register(Corpus)
class CorpusAdmin(admin.ModelAdmin[Corpus]):
    """Corpora; read only."""

    list_display = ("dataset", "representation", "options", "vocabulary_size", "created_at")
    list_select_related = ("dataset",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Written by workers alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Corpus | None = None) -> bool:
        """Written by workers alone."""
        return False


@admin.register(Run)
class RunAdmin(admin.ModelAdmin[Run]):
    """Runs with their state and how far they are; read only."""

    list_display = (
        "id",
        "dataset",
        "network",
        "owner",
        "state",
        "step",
        "total_steps",
        "validation_loss",
    )
    list_filter = ("state", "network")
    search_fields = ("dataset__name", "owner__email", "reason")
    list_select_related = ("dataset", "owner")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Started on the site."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        """Written by workers and the site."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        """Songs name their runs' checkpoints."""
        return False


@admin.register(Checkpoint)
class CheckpointAdmin(admin.ModelAdmin[Checkpoint]):
    """Checkpoints; whether one is published can be changed."""

    list_display = ("slug", "title", "network", "step", "is_best", "is_published", "created_at")
    list_filter = ("is_published", "network")
    search_fields = ("slug", "title", "weights_sha256")
    readonly_fields = (
        "slug",
        "title",
        "run",
        "dataset",
        "network",
        "representation",
        "step",
        "weights_sha256",
        "corpus_hash",
        "parameters",
        "metrics",
        "is_best",
        "created_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Registered by runs."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Checkpoint | None = None) -> bool:
        """Songs name it; withdraw it instead."""
        return False
