"""What researchers fill in about datasets."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from training.models import Dataset, Licence, Upload
from training.selectors.quota import usage_of
from training.services import ARCHIVE_SUFFIXES, UPLOAD_SUFFIXES, known_suffix


class _ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ManyFilesField(forms.FileField):
    """One or more files; each is cleaned as a single one is."""

    widget = _ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """The files as a list.

        Raises:
            forms.ValidationError: none, an empty one, or one of a kind that no dataset is made of.
        """
        given = data if isinstance(data, list) and data else [None]
        files = [super(ManyFilesField, self).clean(one, initial) for one in given]
        for file in files:
            if not known_suffix(str(file.name)):
                raise forms.ValidationError(
                    _("%(name)s is neither a zip or tar archive nor a MIDI file (%(endings)s)."),
                    params={
                        "name": file.name,
                        "endings": ", ".join(sorted(UPLOAD_SUFFIXES - ARCHIVE_SUFFIXES)),
                    },
                )
        return files


class DatasetForm(forms.ModelForm[Dataset]):
    """What is said about a dataset."""

    class Meta:
        model = Dataset
        fields = ("name", "licence", "licence_note", "source", "visibility")
        widgets = {
            "licence_note": forms.Textarea(attrs={"rows": 2}),
            "source": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "name": _("What others will know it by."),
            "licence": _("What may be done with these files. It goes wherever their music goes."),
            "licence_note": _("For another licence, which; for any, its own words, a link, or whom to name."),
            "source": _("Where the files come from: who made or collected them, and when you got them."),
            "visibility": _("Whoever sees it sees its report, and may train on it if a researcher."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Who says nothing about visibility keeps what is there."""
        super().__init__(*args, **kwargs)
        if "visibility" in self.fields:
            self.fields["visibility"].required = False

    def clean(self) -> dict[str, Any]:
        """Another licence must be named."""
        cleaned = super().clean() or {}
        if "visibility" in self.fields:
            cleaned["visibility"] = cleaned.get("visibility") or self.instance.visibility
        if cleaned.get("licence") == Licence.OTHER and not cleaned.get("licence_note", "").strip():
            self.add_error("licence_note", _("Say which licence it is."))
        return cleaned


class DatasetUploadForm(DatasetForm):
    """A dataset with its files: in the form itself, or received piece by piece before.

    Args:
        owner: whose received files may be named.
    """

    uploads = ManyFilesField(
        label=_("Files"),
        help_text=_("A zip or tar archive, or any number of MIDI files."),
        widget=_ManyFilesInput(attrs={"accept": ",".join(sorted(UPLOAD_SUFFIXES))}),
    )
    received = forms.ModelMultipleChoiceField(
        queryset=Upload.objects.none(), required=False, widget=forms.MultipleHiddenInput
    )

    def __init__(self, *args: Any, owner: User | None = None, **kwargs: Any) -> None:
        """Let in what this owner has sent."""
        super().__init__(*args, **kwargs)
        received = self.fields["received"]
        assert isinstance(received, forms.ModelMultipleChoiceField)  # for the type checker
        received.queryset = Upload.objects.filter(owner=owner).exclude(sha256="")
        self._owner = owner
        if self.is_bound and self.data.getlist("received"):  # type: ignore[attr-defined]
            del self.fields["uploads"]

    def clean(self) -> dict[str, Any]:
        """The files of both ways; those that come here and now must fit into the owner's room."""
        cleaned = super().clean()
        cleaned.setdefault("uploads", [])
        left = usage_of(self._owner).disk_left if self._owner else None
        if left is not None and sum(file.size or 0 for file in cleaned["uploads"]) > left:
            said = _("Of the room that you have, %(left)s are left. Delete a dataset, or ask for more.")
            self.add_error("uploads", said % {"left": filesizeformat(left)})
        cleaned["received"] = list(cleaned.get("received") or ())
        return cleaned


class DatasetFilesForm(forms.Form):
    """More files for a dataset that is there; they were received piece by piece before.

    Args:
        owner: whose received files may be named.
    """

    uploads = ManyFilesField(
        label=_("Files"),
        required=False,
        help_text=_("A zip or tar archive, or any number of MIDI files."),
        widget=_ManyFilesInput(attrs={"accept": ",".join(sorted(UPLOAD_SUFFIXES)), "required": True}),
    )
    received = forms.ModelMultipleChoiceField(
        queryset=Upload.objects.none(), widget=forms.MultipleHiddenInput
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        """Let in what this owner has sent."""
        super().__init__(*args, **kwargs)
        received = self.fields["received"]
        assert isinstance(received, forms.ModelMultipleChoiceField)  # for the type checker
        received.queryset = Upload.objects.filter(owner=owner).exclude(sha256="")
        if self.is_bound:
            del self.fields["uploads"]
