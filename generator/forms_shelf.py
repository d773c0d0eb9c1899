"""The form about a collection."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CollectionForm(forms.Form):
    """What it is called, what it is about, and whether others find it."""

    title = forms.CharField(max_length=100, label=_("Title"))
    description = forms.CharField(
        max_length=1000, required=False, label=_("About it"), widget=forms.Textarea(attrs={"rows": 3})
    )
    is_shared = forms.BooleanField(required=False, label=_("Share it: everybody finds it"))
