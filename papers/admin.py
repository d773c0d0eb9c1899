"""Archives for papers, for operators."""

from django.contrib import admin
from django.http import HttpRequest

from papers.models import PaperExport
from training.admin import WorkActions


@admin.register(PaperExport)
class PaperExportAdmin(WorkActions[PaperExport]):
    """Who asked for what, and how large it became."""

    list_display = ("title", "owner", "state", "song_count", "bytes", "created_at")
    list_filter = ("state",)
    list_select_related = ("owner",)
    search_fields = ("title", "owner__email")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Archives are asked for on the site."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Only runners write how work goes."""
        return False
