"""Songs in order, and where one came from."""

import secrets
from dataclasses import dataclass

from django.utils.translation import gettext as _

from generator.instruments import INSTRUMENTS
from generator.models import ComposeRequest, Song
from generator.names import network_label
from generator.selectors.abilities import TASK_LABELS
from generator.selectors.finding import SongOrder, SongQuery, found_songs, songs_in_order


def newest_songs(count: int, *, but: Song | None = None) -> list[Song]:
    """The newest published songs, with what a list shows of them."""
    numbers = found_songs(SongQuery()).values_list("pk", flat=True)[: count + 1]
    wanted = [number for number in numbers if but is None or number != but.pk]
    return songs_in_order(wanted[:count])


def featured_song() -> Song | None:
    """The song that the first page plays: the best rated one, the newest while none is rated."""
    best = found_songs(SongQuery(order=SongOrder.BEST)).values_list("pk", flat=True)[:1]
    return (
        Song.objects.select_related("checkpoint")
        .prefetch_related("renditions")
        .filter(pk__in=list(best))
        .first()
    )


def random_song() -> Song | None:
    """Any published song."""
    numbers = Song.objects.published().order_by("pk").values_list("pk", flat=True)
    last = numbers.last()
    if last is None:
        return None
    # Nearly as likely each, without counting: withdrawn songs leave gaps, and the one after a gap gains.
    drawn = secrets.randbelow(last) + 1
    return Song.objects.published().filter(pk__gte=drawn).order_by("pk").first()


def song_byline(song: Song) -> str:
    """Who composed it, short enough for a player."""
    checkpoint = song.checkpoint
    if checkpoint is None:
        return _("human")
    return _("%(network)s, step %(step)s") % {
        "network": network_label(checkpoint.network),
        "step": f"{checkpoint.step:,}",
    }


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
    facts += _beginning(song)
    facts.append(SourceFact(_("MIDI SHA-256"), song.midi_sha256))
    return facts


def _beginning(song: Song) -> list[SourceFact]:
    """What it was begun from, and what was done with it since."""
    facts = []
    take = ComposeRequest.objects.select_related("prompt__song").filter(song=song).first()
    if take is not None and take.prompt is not None:
        prompt = take.prompt
        is_public = prompt.song is not None and prompt.song.is_published
        name = prompt.song.title if prompt.song is not None and is_public else _("a listener's MIDI file")
        address = prompt.song.get_absolute_url() if prompt.song is not None and is_public else ""
        facts.append(SourceFact(str(TASK_LABELS[take.task]), name, address))
        facts.append(SourceFact(_("Its SHA-256"), prompt.sha256))
    if take is not None and take.stopped_after is not None:
        facts.append(
            SourceFact(
                _("Stopped by its listener"), _("after %(count)s stretches") % {"count": take.stopped_after}
            )
        )
    if song.program is not None:
        facts.append(SourceFact(_("Played with"), str(INSTRUMENTS.get(song.program, song.program))))
    return facts


def _setting_words(song: Song) -> list[tuple[str, str]]:
    """The settings that were chosen, in words; a setting that was off is left out."""
    chosen = song.settings
    words = [
        (_("Length asked for"), _("%(seconds)g seconds"), "seconds", "length_seconds"),
        (_("Temperature"), "%(value)g", "value", "temperature"),
        (_("Top-p"), "%(value)g", "value", "top_p"),
        (_("Top-k"), "%(value)g", "value", "top_k"),
        (_("Key asked for"), "%(value)s", "value", "key"),
        (_("Notes a second asked for"), "%(value)g", "value", "density"),
        (_("Tempo asked for"), _("%(bpm)g beats a minute"), "bpm", "tempo_bpm"),
    ]
    return [(label, text % {key: chosen[name]}) for label, text, key, name in words if chosen.get(name)]
