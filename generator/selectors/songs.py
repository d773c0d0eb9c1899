"""Songs in order, and where one came from."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from generator.models import Song
from generator.models.song import SongQuerySet
from generator.names import network_label


class SongOrder(StrEnum):
    """The orders in which songs are listed."""

    NEWEST = "newest"
    BEST = "best"


def listed_songs(order: SongOrder) -> SongQuerySet:
    """The published songs, with what a list shows of them."""
    songs = Song.objects.published().for_lists()
    return songs.best_first() if order == SongOrder.BEST else songs.newest_first()


def featured_song() -> Song | None:
    """The song that the first page plays: the best rated one, the newest while none is rated."""
    return (
        Song.objects.published()
        .best_first()
        .select_related("checkpoint")
        .prefetch_related("renditions")
        .first()
    )


@dataclass(frozen=True)
class SourceFact:
    """One line of where a song came from; `address` where there is a page about it."""

    label: str
    value: str
    address: str = ""


def song_sources(song: Song) -> list[SourceFact]:
    """Everything that is needed to make this song again."""
    facts: list[SourceFact] = []
    checkpoint = song.checkpoint
    if checkpoint is not None:
        facts += [
            SourceFact(_("Network"), network_label(checkpoint.network)),
            SourceFact(_("Checkpoint"), checkpoint.label, checkpoint.get_absolute_url()),
            SourceFact(_("Training step"), f"{checkpoint.step:,}"),
        ]
        if checkpoint.dataset is not None:
            facts.append(
                SourceFact(_("Dataset"), str(checkpoint.dataset), checkpoint.dataset.get_absolute_url())
            )
        facts.append(SourceFact(_("Corpus hash"), checkpoint.corpus_hash))
        facts.append(SourceFact(_("Weights SHA-256"), checkpoint.weights_sha256))
    if song.seed is not None:
        facts.append(SourceFact(_("Seed"), str(song.seed)))
    facts += [SourceFact(label, value) for label, value in _setting_words(song)]
    facts.append(SourceFact(_("MIDI SHA-256"), song.midi_sha256))
    return facts


def _setting_words(song: Song) -> list[tuple[str, str]]:
    """The settings that were chosen, in words; a setting that was off is left out."""
    chosen = song.settings
    words = [
        (_("Length asked for"), _("%(seconds)g seconds"), "seconds", "length_seconds"),
        (_("Temperature"), "%(value)g", "value", "temperature"),
        (_("Top-p"), "%(value)g", "value", "top_p"),
        (_("Top-k"), "%(value)g", "value", "top_k"),
        (_("Tempo asked for"), _("%(bpm)g beats a minute"), "bpm", "tempo_bpm"),
    ]
    return [(label, text % {key: chosen[name]}) for label, text, key, name in words if chosen.get(name)]
