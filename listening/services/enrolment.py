"""A listener agrees to a test."""

from typing import Final

from django.utils.translation import gettext as _

from accounts.models import Listener
from listening.models import Enrolment, Study, Training

CLIENT_VERSION: Final = "1"  # of the pages that ask and measure; raised when they measure otherwise


class ConsentError(ValueError):
    """Nobody is asked anything who has not agreed."""


def consent_words() -> str:
    """What a listener of the open tests agrees to."""
    return _(
        "You hear short pieces and say what you think. Your answers, how long you listened and what you say "
        "of your musical training are kept with a number in the place of a name, and published so that "
        "others can check our figures. Your network address is not kept. You may stop at any time, see "
        "everything that is kept of you, and delete it."
    )


def enrolment_create(
    *, listener: Listener, training: str, consented: bool, study: Study | None = None
) -> Enrolment:
    """Keep that the listener agreed, and to which words.

    Raises:
        ConsentError: they did not, or their training is none of the three levels.
    """
    if not consented:
        raise ConsentError(_("Without your consent nothing is asked of you."))
    if training not in Training.values:
        raise ConsentError(_("Say how much music you have learned: one of the three."))
    return Enrolment.objects.create(
        listener=listener,
        study=study,
        consent_text=study.consent_text if study else consent_words(),
        training=training,
        client_version=CLIENT_VERSION,
    )
