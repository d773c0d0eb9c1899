"""What listeners may report of this app, and what taking it down means."""

from django.utils.translation import gettext_lazy as _

from accounts.moderated import Moderated, moderate
from accounts.roles import AnyUser, is_moderator
from generator.models import Song
from generator.services import song_withdraw


def _is_visible(song: Song, user: AnyUser) -> bool:
    return song.is_published or is_moderator(user)


moderate(
    Moderated(
        kind="song",
        title=_("song"),
        model=Song,
        is_visible=_is_visible,
        take_down=lambda song: song_withdraw(song=song),
    )
)
