"""The form that asks for a song."""

from collections import defaultdict
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from generator.names import network_label
from generator.services import seed_draw
from musicgen.sampling.settings import SamplingSettings, SamplingSettingsError
from training.models import Checkpoint

SHORTEST_SECONDS: Final = 15
LONGEST_SECONDS: Final = 180
USUAL_SECONDS: Final = 60
LARGEST_SEED: Final = 2**31 - 1
USUAL_TOP_P: Final = SamplingSettings().top_p


class ComposeForm(forms.Form):
    """Which network, how long, how bold, which seed."""

    checkpoint = forms.ModelChoiceField(
        queryset=Checkpoint.objects.none(),
        label=_("Network"),
        help_text=_("What a network has learned depends on its dataset and on how long it was trained."),
        empty_label=None,
    )
    length_seconds = forms.IntegerField(
        min_value=SHORTEST_SECONDS,
        max_value=LONGEST_SECONDS,
        initial=USUAL_SECONDS,
        label=_("Length in seconds"),
        help_text=_("15 to 180. The piece ends near it, where the network finds an ending."),
        widget=forms.NumberInput(attrs={"step": 5, "inputmode": "numeric"}),
    )
    temperature = forms.FloatField(
        min_value=0.1,
        max_value=2.0,
        initial=1.0,
        label=_("Temperature"),
        help_text=_("How bold its choices are: 0.7 is careful, 1 is as it learned, 1.3 is wild."),
        widget=forms.NumberInput(attrs={"step": 0.05, "inputmode": "decimal"}),
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_SEED,
        required=False,
        label=_("Seed"),
        help_text=_("The same seed and settings give the same piece. Left empty, one is drawn and shown."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "placeholder": _("drawn for you")}),
    )
    top_p = forms.FloatField(
        min_value=0.05,
        max_value=1.0,
        required=False,
        label=_("Top-p"),
        help_text=_("Choose only among the likeliest notes that together have this probability. 1 is all."),
        widget=forms.NumberInput(attrs={"step": 0.05, "inputmode": "decimal", "placeholder": USUAL_TOP_P}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["checkpoint"]
        assert isinstance(field, forms.ModelChoiceField)  # narrows the type
        checkpoints = Checkpoint.objects.published()
        field.queryset = checkpoints
        field.widget.choices = _grouped(list(checkpoints))
        for name, bound in self.fields.items():
            bound.widget.attrs["aria-describedby"] = f"id_{name}_help"

    def clean(self) -> dict[str, Any]:
        """Draw a missing seed and let the sampling settings have the last word."""
        data = super().clean() or {}
        if self.errors:
            return data
        if data["seed"] is None:
            data["seed"] = seed_draw()
        chosen = {name: data[name] for name in ("temperature", "top_p") if data[name] is not None}
        try:
            data["sampling"] = SamplingSettings(
                seed=data["seed"], length_seconds=float(data["length_seconds"]), **chosen
            )
        except SamplingSettingsError as error:
            self.add_error(error.field, str(error))
        return data


def _grouped(checkpoints: list[Checkpoint]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Choices by network, in the order given."""
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for checkpoint in checkpoints:
        groups[network_label(checkpoint.network)].append((checkpoint.pk, checkpoint.label))
    return list(groups.items())
