"""What goes into an archive for a paper."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from generator.models import Collection, Song
from listening.models import Study
from training.models import Checkpoint

MOST_DIGITS: Final = 18


class PaperExportForm(forms.Form):
    """A title, and whose songs."""

    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("As the collection is cited."))
    authors = forms.CharField(
        label=_("Authors"), max_length=300, required=False, help_text=_("Separated by semicolons.")
    )
    checkpoints = forms.ModelMultipleChoiceField(
        label=_("Songs of checkpoints"),
        queryset=Checkpoint.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    studies = forms.ModelMultipleChoiceField(
        label=_("Songs and answers of your studies"),
        queryset=Study.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    collections = forms.ModelMultipleChoiceField(
        label=_("Songs of your collections"),
        queryset=Collection.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    songs = forms.CharField(
        label=_("Single songs"),
        max_length=20_000,
        required=False,
        help_text=_("Their numbers, as in the addresses of their pages, with spaces or commas between."),
    )
    with_human = forms.BooleanField(
        label=_("Human music of this site too"),
        required=False,
        initial=True,
        help_text=_("As the other side of comparisons."),
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        """Offer every published checkpoint, and the owner's studies and collections where there are any."""
        super().__init__(*args, **kwargs)
        offered = {
            "checkpoints": Checkpoint.objects.published(),
            "studies": Study.objects.filter(owner=owner),
            "collections": Collection.objects.filter(listener__user=owner),
        }
        for name, rows in offered.items():
            field: Any = self.fields[name]
            field.queryset = rows
            if not rows.exists():
                del self.fields[name]

    def clean_songs(self) -> list[Song]:
        """The published songs that the numbers name."""
        words = self.cleaned_data["songs"].replace(",", " ").split()
        wrong = [word for word in words if not (word.isdecimal() and len(word) < MOST_DIGITS)]
        numbers = {int(word) for word in words if word not in wrong}
        found = Song.objects.published().in_bulk(numbers)
        wrong += [str(number) for number in sorted(numbers - found.keys())]
        if wrong:
            raise forms.ValidationError(
                _("No published song has the number %(name)s."), params={"name": wrong[0][:20]}
            )
        return list(found.values())

    def clean(self) -> dict[str, Any]:
        """Something must be chosen; collections are taken as the songs in them."""
        said: dict[str, Any] = super().clean() or {}
        collections = said.pop("collections", [])
        in_them = Song.objects.published().filter(collection_items__collection__in=collections).distinct()
        said["songs"] = [*said.get("songs", []), *in_them]
        chosen = any(said.get(name) for name in ("checkpoints", "studies", "songs"))
        if not chosen and not self.errors:
            raise forms.ValidationError(_("Choose whose songs go into it."))
        return said
