"""What somebody with an account fills in."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import FlagReason, Scope
from accounts.models.flag import MOST_WORDS

_DAYS: Final = [("30", _("30 days")), ("90", _("90 days")), ("365", _("a year")), ("", _("until revoked"))]


class ApiTokenForm(forms.Form):
    """A token: its name, what it may be used for, how long."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("By which you will know it: the program, the machine.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may be used to"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.ChoiceField(label=_("Valid for"), choices=_DAYS, required=False, initial="90")

    def clean(self) -> dict[str, Any]:
        """Days become the moment at which it ends."""
        cleaned = super().clean() or {}
        days = cleaned.pop("days", "")
        ends: datetime | None = timezone.now() + timedelta(days=int(days)) if days else None
        return {**cleaned, "expires_at": ends}


class FlagForm(forms.Form):
    """Why something should not be there."""

    reason = forms.ChoiceField(label=_("What is wrong"), choices=FlagReason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your words"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Which music it copies, what the true source is, or what you see."),
    )


class SettleForm(forms.Form):
    """A moderator's word."""

    reason = forms.CharField(label=_("Why"), max_length=MOST_WORDS)
