"""Building a study."""

from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generator.models import Song, SongKind
from listening.models import Method, Study
from listening.models.study import MOST_STIMULI
from listening.services.enrolment import consent_words

MOST_SONGS: Final = 100
LISTED_SONGS: Final = 60


def songs_like(words: str) -> list[Song]:
    """Published songs whose title, network or checkpoint holds the words, the newest first."""
    found = Song.objects.published().filter(seconds__gte=20)
    if words:
        found = found.filter(
            Q(title__icontains=words)
            | Q(checkpoint__network__icontains=words)
            | Q(checkpoint__title__icontains=words)
        )
    return list(found.select_related("checkpoint").order_by("-pk")[:MOST_SONGS])


class StudyForm(forms.ModelForm[Study]):
    """Everything about a study; songs are ticked, or found by words."""

    query = forms.CharField(
        label=_("Songs by words"),
        required=False,
        max_length=100,
        help_text=_("All songs whose title or network holds these words, if none is ticked below."),
    )
    songs = forms.ModelMultipleChoiceField(
        label=_("Songs"), queryset=Song.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Study
        fields = [
            "title",
            "method",
            "question",
            "consent_text",
            "query",
            "songs",
            "reference",
            "trials_each",
            "stimuli_each",
            "check_every",
            "has_training",
            "has_volume_check",
            "completion_code",
        ]
        labels = {
            "title": _("Title"),
            "method": _("Method"),
            "question": _("Question"),
            "consent_text": _("What participants agree to"),
            "reference": _("Reference (MUSHRA only)"),
            "trials_each": _("Pages for each participant"),
            "stimuli_each": _("Songs on a page (multiple stimuli, MUSHRA)"),
            "check_every": _("An attention check after so many pages (0: none)"),
            "has_training": _("A training page first"),
            "has_volume_check": _("A volume and headphone check first"),
            "completion_code": _("Completion code (empty: one is drawn)"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The songs to tick are the newest that everybody may hear."""
        super().__init__(*args, **kwargs)
        newest = [song.pk for song in songs_like("")[:LISTED_SONGS]]
        published = Song.objects.published()
        ticked: Any = self.fields["songs"]
        ticked.queryset = published.filter(pk__in=newest).order_by("-pk")
        reference: Any = self.fields["reference"]
        reference.queryset = published.filter(kind=SongKind.HUMAN).order_by("title")
        reference.required = False
        self.fields["completion_code"].required = False
        self.fields["consent_text"].initial = consent_words()
        self.fields["question"].initial = _("Which is better?")
        self.fields["trials_each"].widget.attrs.update({"min": 1, "max": 60})
        self.fields["stimuli_each"].widget.attrs.update({"min": 2, "max": MOST_STIMULI})

    def clean_trials_each(self) -> int:
        """Between one and sixty."""
        pages: int = self.cleaned_data["trials_each"]
        if not 1 <= pages <= 60:
            raise forms.ValidationError(_("Between 1 and 60 pages."))
        return pages

    def clean_stimuli_each(self) -> int:
        """No more than can be held in mind."""
        stimuli: int = self.cleaned_data["stimuli_each"]
        if not 2 <= stimuli <= MOST_STIMULI:
            raise forms.ValidationError(_("Between 2 and %(most)s songs on a page.") % {"most": MOST_STIMULI})
        return stimuli

    def chosen_songs(self) -> list[Song]:
        """Those ticked, or else those that the words find."""
        ticked = list(self.cleaned_data["songs"])
        words = self.cleaned_data["query"].strip()
        return ticked or (songs_like(words) if words else [])

    def study_fields(self) -> dict[str, Any]:
        """What `study_create` takes beside the songs."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("songs", "query")}


METHOD_WORDS: Final = dict(Method.choices)
