"""What an excerpt was, told after the answer."""

from django.utils.translation import gettext as _

from generator.names import network_label
from listening.models import Excerpt
from listening.models.excerpt import RANDOM, REAL, SHUFFLED


def reveal(excerpt: Excerpt) -> dict[str, str]:
    """Title, who made it, and the song's page where everybody may see it."""
    song = excerpt.song
    return {
        "title": song.title,
        "who": who_made(excerpt),
        "address": song.get_absolute_url() if song.is_published else "",
        "human": "1" if excerpt.system == REAL else "",
    }


def who_made(excerpt: Excerpt) -> str:
    """In words for a listener."""
    anchors = {
        REAL: _("real music, by a human"),
        RANDOM: _("random notes, a yardstick"),
        SHUFFLED: _("real music with its pitches shuffled, a check"),
    }
    if excerpt.system in anchors:
        return anchors[excerpt.system]
    checkpoint = excerpt.song.checkpoint
    if checkpoint is None:
        return _("a network")
    return _("%(network)s, %(checkpoint)s") % {
        "network": network_label(checkpoint.network),
        "checkpoint": checkpoint.label,
    }
