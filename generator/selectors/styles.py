"""What a listener who names no checkpoint chooses from: the best of each network and its music."""

from typing import Final

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from generator.models import Song
from musicgen.learning.shipped import run_of
from training.models import Checkpoint, Dataset
from training.models.dataset import Verdict
from training.services.dataset import CHORALES

# The quickest to be heard first: whoever chooses nothing hears a note within a second of asking.
NEARLY_ALL: Final = 0.9  # of the pieces
_STYLES_OF_SHIPPED: Final = {"piano": "classical piano", "chorales": "chorale"}
_MUSIC_OF_SHIPPED: Final = {"piano": _("Classical piano"), "chorales": _("Bach chorales")}
_ORDER: Final = ("lstm", "transformer", "crnn_gan")


def styles() -> list[Checkpoint]:
    """Of each network and dataset the checkpoint that is heard by whoever does not choose a step.

    The first is for whoever does not choose at all.
    """
    return styles_of(list(Checkpoint.objects.published()))


def styles_of(checkpoints: list[Checkpoint]) -> list[Checkpoint]:
    """The same of checkpoints in the order of `published`."""
    chosen: dict[tuple[str, int | str], Checkpoint] = {}
    for found in checkpoints:
        about = (found.network, found.dataset_id or found.title)
        best = chosen.get(about)
        if best is None or (found.is_best, found.step) > (best.is_best, best.step):
            chosen[about] = found
    return sorted(chosen.values(), key=lambda found: (found.run_id is not None, _place(found.network)))


def style_of(song: Song) -> str:
    """What a song's music is called by where it comes from; empty where that has many names, or none.

    That is the style of the song that it goes on from, or the one name (a dastgah, a genre) that
    nearly all pieces have that its network learned from.
    """
    take = getattr(song, "compose_request", None)
    source = take.prompt.song if take is not None and take.prompt is not None else None
    if source is not None and source.style:
        return str(source.style)
    checkpoint = song.checkpoint
    if checkpoint is None:
        return ""
    if checkpoint.dataset is not None:
        return _style_of_dataset(checkpoint.dataset)
    return _STYLES_OF_SHIPPED.get(_shipped_music(checkpoint), "")


def music_words(checkpoint: Checkpoint) -> str:
    """What a checkpoint learned from, in words: its dataset, or what a shipped one is named after."""
    if checkpoint.dataset is not None:
        return str(checkpoint.dataset)
    return str(_MUSIC_OF_SHIPPED.get(_shipped_music(checkpoint), checkpoint.title))


def _shipped_music(checkpoint: Checkpoint) -> str:
    """Shipped networks are named after what they learned from, which need not be on the site."""
    return run_of(checkpoint.slug).partition("-")[2] if checkpoint.run_id is None else ""


def _style_of_dataset(dataset: Dataset) -> str:
    if dataset.bundled == CHORALES:
        return "chorale"
    taken = dataset.files.filter(verdict=Verdict.TAKEN, last_version__isnull=True).order_by()
    most = taken.exclude(style="").values("style").annotate(count=Count("pk")).order_by("-count").first()
    if most is None or most["count"] < NEARLY_ALL * taken.count():
        return ""
    return str(most["style"])[: Song._meta.get_field("style").max_length]


def _place(network: str) -> int:
    return _ORDER.index(network) if network in _ORDER else len(_ORDER)
