"""Datasets, runs and checkpoints, for operators. What work does is shown, not edited."""

from typing import TypeVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.operating import OperatedAdmin, act
from training.models import Checkpoint, Corpus, Dataset, DatasetFile, Run, Visibility, Work, WorkState
from training.services import (
    checkpoint_publish,
    checkpoint_withdraw,
    dataset_edit,
    dataset_retry,
    run_resume,
    work_request_cancel,
    work_requeue,
)

W = TypeVar("W", bound=Work)

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


def work_stop(row: Work) -> bool:
    """Ask a row to stop. Returns whether it waited or ran."""
    was_active = row.is_active
    if was_active:
        work_request_cancel(row=row)
    return was_active


def work_again(row: Work) -> bool:
    """Let a row that failed or was stopped wait again. Returns whether it was such a one."""
    if row.state not in (WorkState.FAILED, WorkState.CANCELLED):
        return False
    if isinstance(row, Dataset):
        return dataset_retry(dataset=row)
    return run_resume(run=row) if isinstance(row, Run) else work_requeue(row=row, progress=0.0)


class WorkActions(OperatedAdmin, admin.ModelAdmin[W]):
    """What an operator does about work: stop it, or let it be tried again."""

    actions: tuple[str, ...] = ("stop", "again")

    @admin.action(description="Stop", permissions=["operate"])
    def stop(self, request: HttpRequest, queryset: QuerySet[W]) -> None:
        """What runs saves what it has first."""
        act(request, queryset, "stop", work_stop)

    @admin.action(description="Try again what failed or was stopped", permissions=["operate"])
    def again(self, request: HttpRequest, queryset: QuerySet[W]) -> None:
        """It goes on where it was, if it can."""
        act(request, queryset, "try again", work_again)


@admin.register(Dataset)
class DatasetAdmin(WorkActions[Dataset]):
    """Datasets with their licence and how taking them in went."""

    actions = ("stop", "again", "make_private")

    list_display = ("name", "owner", "licence", "state", "created_at")
    list_filter = ("state", "licence")
    search_fields = ("name", "owner__email", "source")
    raw_id_fields = ("owner",)
    readonly_fields = (*WORK_FIELDS, "bundled", "created_at")
    exclude = ("claim",)

    @admin.action(description="Make private", permissions=["operate"])
    def make_private(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        """Only the owner and moderators see them then."""
        act(request, queryset, "make private", _hide)

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
class RunAdmin(WorkActions[Run]):
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
class CheckpointAdmin(OperatedAdmin, admin.ModelAdmin[Checkpoint]):
    """Checkpoints; whether one is published can be changed."""

    actions = ("publish", "withdraw")

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

    @admin.action(description="Publish: everybody may compose from them", permissions=["operate"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Checkpoint]) -> None:
        """Offer them on the page for composing."""
        hidden = queryset.filter(is_published=False)
        act(request, hidden, "publish", lambda row: checkpoint_publish(checkpoint=row))

    @admin.action(description="Withdraw", permissions=["operate"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Checkpoint]) -> None:
        """Songs made with them stay."""
        shown = queryset.filter(is_published=True)
        act(request, shown, "withdraw", lambda row: checkpoint_withdraw(checkpoint=row))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Registered by runs."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Checkpoint | None = None) -> bool:
        """Songs name it; withdraw it instead."""
        return False


def _hide(row: Dataset) -> bool:
    if row.visibility == Visibility.PRIVATE:
        return False
    dataset_edit(
        dataset=row,
        name=row.name,
        licence=row.licence,
        licence_note=row.licence_note,
        source=row.source,
        visibility=Visibility.PRIVATE,
    )
    return True
