"""What researchers fill in to start a run, and to say more about one."""

from typing import Any, Final

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from accounts.roles import is_moderator
from musicgen.learning import SettingsError
from training.models import Dataset, Run
from training.trainings import ABOUT, DEFAULT_PRESET, Setting, settings_of, trainings

REPRESENTATIONS: Final = {
    "chords": _("notes and chords"),
    "events": _("events, several instruments"),
    "tones": _("continuous tones"),
}
TAGS_EACH: Final = 12
TAG_LENGTH: Final = 30


class RunForm(forms.Form):
    """How to train on which dataset. The fields and bounds of settings are those of the core.

    Args:
        user: who sees which datasets.
        network: whose settings stand in the form.
        preset: whose values it begins with.
    """

    dataset = forms.ModelChoiceField(
        label=_("Dataset"),
        queryset=Dataset.objects.none(),
        empty_label=None,
        help_text=_("What the network learns from: its newest version. Only what was taken in stands here."),
    )
    network = forms.ChoiceField(label=_("Network"), help_text=_("The kind of neural net."))
    representation = forms.ChoiceField(
        label=_("Representation"), required=False, help_text=_("How it sees the music.")
    )
    transposed = forms.BooleanField(
        label=_("Learn every piece in all twelve keys"),
        required=False,
        help_text=_("Twelve times as much to learn from, and twelve times as long an epoch."),
    )
    take_samples = forms.BooleanField(
        label=_("Compose a few pieces on the way"),
        required=False,
        help_text=_(
            "From the same seeds at every checkpoint, to hear how it gets better. Takes a little time."
        ),
    )
    needs_gpu = forms.BooleanField(
        label=_("Wait for a worker with a GPU"),
        required=False,
        help_text=_("It waits as long as there is none."),
    )
    needs_memory_mb = forms.IntegerField(
        label=_("Memory it needs, MB"),
        required=False,
        min_value=0,
        help_text=_("Workers with less leave it to others; 0 for any."),
    )

    def __init__(
        self,
        *args: Any,
        user: Any = None,
        network: str = "lstm",
        preset: str = DEFAULT_PRESET,
        **kwargs: Any,
    ) -> None:
        """Take the settings of the network from the core."""
        self.training = trainings().get(network) or next(iter(trainings().values()))
        presets = self.training.presets
        values = presets.get(preset) or presets[DEFAULT_PRESET]
        begin = {"network": self.training.network, "take_samples": True, "needs_memory_mb": 0, **values}
        kwargs["initial"] = {**begin, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        names: Any = [(name, f"{one.title}: {ABOUT.get(name, '')}") for name, one in trainings().items()]
        self._choices("network").choices = names
        self._choices("representation").choices = [
            (name, REPRESENTATIONS.get(name, name)) for name in self.training.representations
        ]
        dataset = self.fields["dataset"]
        assert isinstance(dataset, forms.ModelChoiceField)  # for the type checker
        dataset.queryset = Dataset.objects.ready().seen_by(
            user or AnonymousUser(), everything=bool(user) and is_moderator(user)
        )
        for setting in self.training.settings:
            self.fields[setting.name] = _field(setting)

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # for the type checker
        return field

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """What is worth a thought before every run."""
        return [self[setting.name] for setting in self.training.main]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        """What seldom needs changing."""
        return [self["needs_memory_mb"], *(self[setting.name] for setting in self.training.further)]

    @property
    def has_further_errors(self) -> bool:
        """Whether something that is folded away needs correcting."""
        return any(field.errors for field in self.further_fields)

    def clean(self) -> dict[str, Any]:
        """Everything together must be settings that training takes."""
        cleaned = super().clean() or {}
        cleaned["representation"] = cleaned.get("representation") or self.training.representations[0]
        cleaned["needs_memory_mb"] = cleaned.get("needs_memory_mb") or 0
        if not self.errors:
            values = {setting.name: cleaned[setting.name] for setting in self.training.settings}
            try:
                cleaned["settings"] = settings_of({**values, "network": self.training.network})
            except SettingsError as error:
                self.add_error(error.field if error.field in self.fields else None, str(error))
        return cleaned


def _field(setting: Setting) -> forms.Field:
    said: dict[str, Any] = {"label": setting.label, "help_text": setting.help}
    if setting.kind is int:
        return forms.IntegerField(**said)
    if setting.kind is float:
        return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **said)
    if setting.choices:
        return forms.ChoiceField(choices=[(name, name.replace("_", " ")) for name in setting.choices], **said)
    return forms.CharField(**said)


class RunNotesForm(forms.ModelForm[Run]):
    """What its owner writes about a run."""

    words = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=TAGS_EACH * (TAG_LENGTH + 2),
        help_text=_("Words to find it by, with commas between them."),
    )

    class Meta:
        model = Run
        fields = ("notes",)
        widgets = {"notes": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with the tags it has."""
        super().__init__(*args, **kwargs)
        self.fields["words"].initial = ", ".join(self.instance.tags)

    def clean_words(self) -> list[str]:
        """The tags, each once."""
        given = str(self.cleaned_data["words"]).replace("\n", ",").split(",")
        tags = dict.fromkeys(" ".join(tag.split())[:TAG_LENGTH].lower() for tag in given)
        return [tag for tag in tags if tag][:TAGS_EACH]
