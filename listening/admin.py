"""Ratings, for operators to look at; they are written by listeners alone."""

from django.contrib import admin
from django.http import HttpRequest

from listening.models import Rating


@admin.register(Rating)
class RatingAdmin(admin.ModelAdmin[Rating]):
    """Read-only: a changed rating would leave the song's sums untrue."""

    list_display = ("song", "listener", "stars", "updated_at")
    list_filter = ("stars",)
    list_select_related = ("song", "listener")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody rates in another's name."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Rating | None = None) -> bool:
        """Nobody changes another's rating."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Rating | None = None) -> bool:
        """Nothing is deleted."""
        return False
