"""Users and their roles, for operators."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ApiToken, AuditEntry, Flag, Quota, User
from accounts.operating import act
from accounts.roles import RESEARCHER
from accounts.services.user import user_grant_role, user_revoke_role, user_set_active


class QuotaInline(admin.StackedInline[Quota, User]):
    """How much this user may use, where that differs from everybody's."""

    model = Quota
    can_delete = True


@admin.register(User)
class AccountAdmin(UserAdmin[User]):
    """Users by e-mail address, with their roles."""

    ordering = ("email",)
    list_display = ("email", "date_joined", "last_login", "is_active", "is_staff")
    list_filter = ("groups", "is_active", "is_staff")
    search_fields = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Roles", {"fields": ("groups", "is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    inlines = (QuotaInline,)
    actions = ("make_researchers", "make_listeners", "shut_out", "let_in")
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    @admin.action(description="Let them upload and train", permissions=["change"])
    def make_researchers(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Give them the role of a researcher."""
        act(request, queryset, "make researcher", lambda user: user_grant_role(user=user, role=RESEARCHER))

    @admin.action(description="Let them upload and train no longer", permissions=["change"])
    def make_listeners(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take the role of a researcher; what they made stays."""
        act(request, queryset, "unmake researcher", lambda user: user_revoke_role(user=user, role=RESEARCHER))

    @admin.action(description="Shut out: no signing in, no tokens", permissions=["change"])
    def shut_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Nobody signs in with these accounts; an operator cannot shut out themselves."""
        others = queryset.exclude(email=getattr(request.user, "email", ""))
        act(request, others, "shut out", lambda user: user_set_active(user=user, is_active=False))

    @admin.action(description="Let in again", permissions=["change"])
    def let_in(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """The accounts work again."""
        act(request, queryset, "let in", lambda user: user_set_active(user=user, is_active=True))


class RecordAdmin:
    """Looked at, never written by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The site writes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """What happened, happened."""
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin, admin.ModelAdmin[ApiToken]):
    """Whose programs may do what; an operator can shut one out."""

    list_display = ("name", "user", "hint", "scopes", "used_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__email", "hint")
    exclude = ("sha256",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Let nobody in by them any more."""
        queryset.filter(revoked_at=None).update(revoked_at=timezone.now())


@admin.register(Flag)
class FlagAdmin(RecordAdmin, admin.ModelAdmin[Flag]):
    """Reports, settled ones too; they are settled on the moderation page."""

    list_display = ("label", "content_type", "reason", "outcome", "created_at", "settled_at")
    list_filter = ("outcome", "reason", "content_type")
    search_fields = ("label", "words")


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin, admin.ModelAdmin[AuditEntry]):
    """What moderators and operators did, and why."""

    list_display = ("created_at", "actor_label", "action", "label", "reason")
    list_filter = ("action",)
    search_fields = ("actor_label", "label", "reason")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """A record that can be deleted proves nothing."""
        return False
