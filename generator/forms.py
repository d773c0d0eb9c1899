"""The forms that ask for a song: from nothing, or from a passage of music."""

from collections import defaultdict
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from generator.instruments import INSTRUMENTS
from generator.models import ComposeTask, Prompt
from generator.moods import MOODS, NO_MOOD
from generator.names import network_label
from generator.selectors.abilities import TASK_ABILITIES, why_not
from generator.selectors.styles import music_words, styles_of
from generator.services import MOST_TAKES, seed_draw
from musicgen.sampling.settings import SamplingSettings, SamplingSettingsError
from musicgen.sampling.wishes import KEYS, family_of
from training.models import Checkpoint

SHORTEST_SECONDS: Final = 15
LONGEST_SECONDS: Final = 180
USUAL_SECONDS: Final = 60
LARGEST_SEED: Final = 2**31 - 1
USUAL: Final = SamplingSettings()
# Fields that stand in the folded part of the form; each left empty is the mood's or the network's choice.
ADVANCED: Final = (
    "checkpoint",
    "takes",
    "seed",
    "temperature",
    "top_p",
    "key",
    "tempo_bpm",
    "density",
    "program",
)
_WISHES: Final = ("temperature", "top_p", "key", "tempo_bpm", "density")


def _number(**attributes: Any) -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "decimal", **attributes})


class ComposeForm(forms.Form):
    """A mood, a style and a length; and for whoever wants to say more, everything else."""

    mood = forms.ChoiceField(
        choices=[(name, mood.label) for name, mood in MOODS.items()],
        initial=NO_MOOD,
        required=False,
        label=_("Mood"),
        widget=forms.RadioSelect,
    )
    style = forms.ModelChoiceField(
        queryset=Checkpoint.objects.none(),
        required=False,
        label=_("Style"),
        help_text=_("The network, and the music that it learned from."),
        empty_label=None,
    )
    length_seconds = forms.IntegerField(
        min_value=SHORTEST_SECONDS,
        max_value=LONGEST_SECONDS,
        initial=USUAL_SECONDS,
        label=_("Length in seconds"),
        help_text=_("15 to 180. The piece ends near it, where the network finds an ending."),
        widget=_number(step=5, inputmode="numeric"),
    )
    checkpoint = forms.ModelChoiceField(
        queryset=Checkpoint.objects.none(),
        required=False,
        label=_("Network and training step"),
        help_text=_("Any step of any training: hear how it got better."),
        empty_label=_("as the style says"),
    )
    takes = forms.IntegerField(
        min_value=1,
        max_value=MOST_TAKES,
        required=False,
        label=_("Takes"),
        help_text=_("1 to 8, to choose from; their seeds follow each other."),
        widget=_number(inputmode="numeric", placeholder=1),
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_SEED,
        required=False,
        label=_("Seed"),
        help_text=_("The same seed and settings give the same piece. Left empty, one is drawn and shown."),
        widget=_number(inputmode="numeric", placeholder=_("drawn for you")),
    )
    temperature = forms.FloatField(
        min_value=0.1,
        max_value=2.0,
        required=False,
        label=_("Temperature"),
        help_text=_("How bold its choices are: 0.7 is careful, 1 is usual, 1.3 is wild."),
        widget=_number(step=0.05, placeholder=USUAL.temperature),
    )
    top_p = forms.FloatField(
        min_value=0.05,
        max_value=1.0,
        required=False,
        label=_("Top-p"),
        help_text=_("Choose only among the likeliest notes that together have this probability. 1 is all."),
        widget=_number(step=0.05, placeholder=USUAL.top_p),
    )
    key = forms.ChoiceField(
        choices=[("", _("the network's choice")), *((key, key) for key in KEYS)],
        required=False,
        label=_("Key"),
        help_text=_("Where a network knows keys, it keeps to this one."),
    )
    tempo_bpm = forms.FloatField(
        min_value=30,
        max_value=240,
        required=False,
        label=_("Tempo"),
        help_text=_("Quarter notes a minute, 30 to 240."),
        widget=_number(step=1, placeholder=_("the network's choice")),
    )
    density = forms.FloatField(
        min_value=0.5,
        max_value=20.0,
        required=False,
        label=_("Density"),
        help_text=_("Notes a second, 0.5 to 20; 2 is sparse, 10 is busy."),
        widget=_number(step=0.5, placeholder=_("the network's choice")),
    )
    program = forms.TypedChoiceField(
        choices=[("", _("as composed")), *((str(number), label) for number, label in INSTRUMENTS.items())],
        coerce=int,
        empty_value=None,
        required=False,
        label=_("Instrument"),
        help_text=_("What it is played with. It can be changed later without composing again."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        published = Checkpoint.objects.published()
        known = list(published)
        self._offer("checkpoint", published, _grouped(known))
        styles = styles_of(known)
        self._first_style = styles[0] if styles else None
        self._offer("style", published, [(found.pk, _style_label(found)) for found in styles])
        self.fields["style"].initial = self._first_style
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_help"

    def _offer(self, name: str, queryset: QuerySet[Checkpoint], choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # narrows the type
        field.queryset = queryset
        empty = [("", field.empty_label)] if field.empty_label else []
        field.widget.choices = [*empty, *choices]

    @property
    def advanced_is_open(self) -> bool:
        """Whether anything in the folded part was filled in, or is wrong."""
        return any(self[name].errors or self[name].value() not in (None, "") for name in ADVANCED)

    @property
    def advanced(self) -> list[forms.BoundField]:
        """The fields of the folded part."""
        return [self[name] for name in ADVANCED]

    def clean(self) -> dict[str, Any]:
        """Draw a missing seed, add what the mood wishes, and refuse what the network cannot."""
        data = super().clean() or {}
        if self.errors:
            return data
        data["checkpoint"] = data["checkpoint"] or data["style"] or self._first_style
        if data["checkpoint"] is None:
            self.add_error(None, _now("There is no trained network yet."))
            return data
        data["takes"] = data["takes"] or 1
        if data["seed"] is None:
            data["seed"] = seed_draw()
        try:
            data["sampling"] = SamplingSettings(
                seed=data["seed"], length_seconds=float(data["length_seconds"]), **self._wishes(data)
            )
        except SamplingSettingsError as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
        return data

    def _wishes(self, data: dict[str, Any]) -> dict[str, Any]:
        checkpoint: Checkpoint = data["checkpoint"]
        asked = {name: data[name] for name in _WISHES if data[name] not in (None, "")}
        for name in asked:
            if reason := why_not(checkpoint, name):
                self.add_error(name, _now("This network cannot do that: %(reason)s.") % {"reason": reason})
        mood = MOODS[data["mood"] or NO_MOOD].settings(data["seed"])
        wishes = {name: value for name, value in mood.items() if not why_not(checkpoint, name)}
        if data["program"] is not None and not why_not(checkpoint, "instrument"):
            wishes["instrument"] = family_of(data["program"])
        return {**wishes, **asked}


class BeginForm(ComposeForm):
    """The same, beginning from a passage of music."""

    task = forms.ChoiceField(
        choices=[
            (ComposeTask.CONTINUE, _("Continue it from a place")),
            (ComposeTask.VARY, _("Vary it: keep the opening and go another way")),
            (ComposeTask.INFILL, _("Write a passage of it anew")),
            (ComposeTask.ACCOMPANY, _("Accompany it: it is a melody")),
        ],
        initial=ComposeTask.CONTINUE,
        label=_("What shall the network do?"),
        widget=forms.RadioSelect,
    )
    from_seconds = forms.FloatField(
        min_value=0.0,
        required=False,
        label=_("From second"),
        help_text=_("Where to go on, how much of the opening stays, or where the passage begins."),
        widget=_number(step=0.1),
    )
    to_seconds = forms.FloatField(
        min_value=0.0,
        required=False,
        label=_("To second"),
        help_text=_("Where the passage ends that is written anew."),
        widget=_number(step=0.1),
    )

    def __init__(self, *args: Any, prompt: Prompt, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prompt = prompt

    def clean(self) -> dict[str, Any]:
        """Check that the network can do it, and that the passage lies in the music."""
        data = super().clean() or {}
        if self.errors:
            return data
        task = ComposeTask(data["task"])
        if reason := why_not(data["checkpoint"], TASK_ABILITIES[task]):
            self.add_error("task", _now("This network cannot do that: %(reason)s.") % {"reason": reason})
        end = self._prompt.seconds
        first, last = data["from_seconds"], data["to_seconds"]
        if first is not None and first > end:
            self.add_error("from_seconds", _now("The music ends at %(end).1f seconds.") % {"end": end})
        if task == ComposeTask.INFILL and (first is None or last is None or not first < last):
            self.add_error(
                "to_seconds", _now("Mark a passage: where it begins, and later where it ends, in seconds.")
            )
        bounds = {"from_seconds": first}
        if task == ComposeTask.INFILL:
            bounds["to_seconds"] = last
        if task == ComposeTask.ACCOMPANY:
            bounds = {}
        data["passage"] = {name: value for name, value in bounds.items() if value is not None}
        return data


class PromptForm(forms.Form):
    """A MIDI file to begin from."""

    file = forms.FileField(
        label=_("MIDI file"),
        help_text=_("Up to 512 KiB and 20 minutes. It is read anew and kept with what is composed from it."),
        widget=forms.ClearableFileInput(attrs={"accept": ".mid,.midi,.kar,.rmi,audio/midi"}),
    )


def _grouped(checkpoints: list[Checkpoint]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Choices by network, in the order given."""
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for checkpoint in checkpoints:
        groups[network_label(checkpoint.network)].append((checkpoint.pk, checkpoint.label))
    return list(groups.items())


def _style_label(checkpoint: Checkpoint) -> str:
    return f"{music_words(checkpoint)} ({network_label(checkpoint.network)})"
