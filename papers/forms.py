"""What goes into an archive for a paper."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from training.models import Checkpoint


class PaperExportForm(forms.Form):
    """A title, and whose songs."""

    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("As the collection is cited."))
    authors = forms.CharField(
        label=_("Authors"), max_length=300, required=False, help_text=_("Separated by semicolons.")
    )
    checkpoints = forms.ModelMultipleChoiceField(
        label=_("Songs of"), queryset=Checkpoint.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    with_human = forms.BooleanField(
        label=_("Human music of this site too"),
        required=False,
        initial=True,
        help_text=_("As the other side of comparisons."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer every published checkpoint."""
        super().__init__(*args, **kwargs)
        field = self.fields["checkpoints"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # for the type checker
        field.queryset = Checkpoint.objects.published()
