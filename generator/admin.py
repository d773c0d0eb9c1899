"""Songs and the work behind them, for operators."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.operating import OperatedAdmin, act
from generator.models import ComposeRequest, EncodeRequest, RenderRequest, Rendition, Song
from generator.services.song import song_publish, song_withdraw
from training.admin import W, WorkActions


class RenditionInline(admin.TabularInline[Rendition, Song]):
    """The sound files of a song."""

    model = Rendition
    extra = 0
    can_delete = False
    readonly_fields = ("format", "soundfont", "loudness_lufs", "bytes", "seconds", "path", "sha256")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Sound files are made by the render job."""
        return False


@admin.register(Song)
class SongAdmin(OperatedAdmin, admin.ModelAdmin[Song]):
    """Titles and publication may be changed; provenance may not."""

    actions = ("publish", "withdraw")

    list_display = ("title", "kind", "checkpoint", "seconds", "is_published", "flaw", "created_at")
    list_filter = ("is_published", "kind")
    list_select_related = ("checkpoint",)
    search_fields = ("title",)
    fields = (
        "title",
        "kind",
        "is_published",
        "checkpoint",
        "seed",
        "settings",
        "flaw",
        "midi_path",
        "midi_sha256",
    )
    readonly_fields = ("kind", "checkpoint", "seed", "settings", "flaw", "midi_path", "midi_sha256")
    inlines = (RenditionInline,)

    @admin.action(description="Publish", permissions=["operate"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Song]) -> None:
        """Let everybody hear them, also over a flaw."""
        act(request, queryset.filter(is_published=False), "publish", lambda song: song_publish(song=song))

    @admin.action(description="Withdraw", permissions=["operate"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Song]) -> None:
        """Show them only to whoever asked for them, and to moderators."""
        act(request, queryset.filter(is_published=True), "withdraw", lambda song: song_withdraw(song=song))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Songs are composed, not typed in."""
        return False


class WorkAdmin(WorkActions[W]):
    """What rows of work share: looked at, stopped, tried again, not written."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Work is asked for on the site."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Only runners write how work goes."""
        return False


@admin.register(ComposeRequest)
class ComposeRequestAdmin(WorkAdmin[ComposeRequest]):
    """Who asked for what, and how it went."""

    list_display = ("id", "checkpoint", "state", "attempts", "song", "queued_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("checkpoint", "song")


@admin.register(RenderRequest)
class RenderRequestAdmin(WorkAdmin[RenderRequest]):
    """Which songs wait for their sound."""

    list_display = ("id", "song", "state", "attempts", "queued_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("song",)


@admin.register(EncodeRequest)
class EncodeRequestAdmin(WorkAdmin[EncodeRequest]):
    """Which songs wait for their other formats."""

    list_display = ("id", "song", "state", "attempts", "queued_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("song",)
