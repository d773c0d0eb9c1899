"""What researchers fill in: a dataset to upload, a run to start."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import is_moderator
from musicgen.learning import SettingsError, TrainSettings
from training.cards import NETWORK_TITLES
from training.models import Dataset, Licence, Upload
from training.selectors.quota import usage_of
from training.services import ARCHIVE_SUFFIXES, UPLOAD_SUFFIXES, known_suffix

# What the form offers beside the settings themselves; each is a whole set of values.
PRESETS: Final[Mapping[str, Mapping[str, int | float]]] = {
    "standard": TrainSettings().to_json(),
    "small": TrainSettings(
        embedding_dim=64, units=96, dropout=0.1, sequence_length=64, batch_size=16, max_epochs=4
    ).to_json(),
}


def settings_in_order(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Training settings under the names and in the order of the form."""
    fields = RunForm.base_fields
    network = settings.get("network", "")
    shown = {**settings, "network": NETWORK_TITLES.get(network, network)}
    known = [(str(fields[name].label), shown[name]) for name in fields if name in shown]
    return known + [(name, value) for name, value in shown.items() if name not in fields]


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


class RunForm(forms.Form):
    """How to train on which dataset. The bounds of each value are those of `TrainSettings`."""

    dataset = forms.ModelChoiceField(
        label=_("Dataset"),
        queryset=Dataset.objects.none(),
        empty_label=None,
        help_text=_("What the network learns from. Only datasets that are taken in stand here."),
    )
    network = forms.ChoiceField(
        label=_("Network"),
        choices=[("lstm", _("LSTM: reads one note or chord after another and remembers"))],
        help_text=_("The kind of neural net."),
    )
    transposed = forms.BooleanField(
        label=_("Learn every piece in all twelve keys"),
        required=False,
        help_text=_("Twelve times as much to learn from, and twelve times as long an epoch."),
    )
    max_epochs = forms.IntegerField(
        label=_("Epochs"),
        help_text=_("How often it reads all training pieces, at most. It stops once it learns no more."),
    )
    units = forms.IntegerField(
        label=_("Units"),
        help_text=_("Memory cells in each layer. More can learn more, and take longer."),
    )
    layers = forms.IntegerField(label=_("Layers"), help_text=_("Nets stacked on each other: two or more."))
    embedding_dim = forms.IntegerField(
        label=_("Embedding"), help_text=_("Numbers by which each note or chord is described.")
    )
    dropout = forms.FloatField(
        label=_("Dropout"),
        help_text=_("Share of signals left out while learning, 0 to 0.9. More hinders learning by heart."),
    )
    batch_size = forms.IntegerField(label=_("Batch"), help_text=_("Pieces read side by side."))
    sequence_length = forms.IntegerField(
        label=_("Sequence length"),
        help_text=_("Notes and chords between two corrections of the weights."),
    )
    learning_rate = forms.FloatField(
        label=_("Learning rate"),
        help_text=_("How far the weights move at each correction. Too high, and it learns nothing."),
    )
    patience = forms.IntegerField(
        label=_("Patience"), help_text=_("Looks at the validation pieces without progress before it stops.")
    )
    clip_norm = forms.FloatField(
        label=_("Gradient clipping"), help_text=_("The longest correction allowed, against sudden leaps.")
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        help_text=_("Decides all that is random: the same seed and settings give the same network."),
    )

    MAIN: Final = ("max_epochs", "units", "layers", "batch_size", "sequence_length", "learning_rate", "seed")
    FURTHER: Final = ("embedding_dim", "dropout", "patience", "clip_norm")

    def __init__(self, *args: Any, user: Any = None, preset: str = "standard", **kwargs: Any) -> None:
        """Begin with a preset's values, and with the datasets that this user sees."""
        kwargs["initial"] = {**PRESETS[preset], **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        dataset = self.fields["dataset"]
        assert isinstance(dataset, forms.ModelChoiceField)  # for the type checker
        dataset.queryset = Dataset.objects.ready().seen_by(
            user or AnonymousUser(), everything=bool(user) and is_moderator(user)
        )
        for name in ("dropout", "learning_rate", "clip_norm"):
            self.fields[name].widget.attrs["step"] = "any"

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """What is worth a thought before every run."""
        return [self[name] for name in self.MAIN]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        """What seldom needs changing."""
        return [self[name] for name in self.FURTHER]

    @property
    def has_further_errors(self) -> bool:
        """Whether something that is folded away needs correcting."""
        return any(self[name].errors for name in self.FURTHER)

    def clean(self) -> dict[str, Any]:
        """Everything together must be settings that training takes."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                cleaned["settings"] = TrainSettings.from_json(
                    {name: cleaned[name] for name in ("network", *self.MAIN, *self.FURTHER)}
                )
            except SettingsError as error:
                self.add_error(error.field, str(error))
        return cleaned
