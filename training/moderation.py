"""What listeners may report of this app, and what taking it down means."""

from django.utils.translation import gettext_lazy as _

from accounts.moderated import Moderated, moderate
from accounts.roles import AnyUser
from training.models import Checkpoint
from training.selectors import may_change_checkpoint
from training.services import checkpoint_withdraw


def _is_visible(checkpoint: Checkpoint, user: AnyUser) -> bool:
    return checkpoint.is_published or may_change_checkpoint(user, checkpoint)


moderate(
    Moderated(
        kind="checkpoint",
        title=_("checkpoint"),
        model=Checkpoint,
        is_visible=_is_visible,
        take_down=lambda checkpoint: checkpoint_withdraw(checkpoint=checkpoint),
    )
)
