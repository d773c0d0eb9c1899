"""Why a training ended, for a person, and what to try."""

import re
import signal
from typing import Final

from django.utils.translation import gettext as _

USER_ERROR: Final = 2  # the command's exit code when its last line says what to do
_MEMORY: Final = re.compile(
    r"ResourceExhausted|OOM|out of memory|MemoryError|std::bad_alloc|RESOURCE_EXHAUSTED", re.I
)
_DISK: Final = re.compile(r"No space left on device|Errno 28", re.I)


def reason_of(code: int, last_words: str, peak_memory_mb: float) -> str:
    """Why it ended.

    Args:
        code: its exit code; negative: the signal that ended it.
        last_words: the last line that it wrote.
        peak_memory_mb: the most memory that it was seen with.
    """
    if _MEMORY.search(last_words) or code == -signal.SIGKILL:
        said = _(
            "It ran out of memory (it had %(memory)s MB). Try a smaller batch or a shorter sequence first, "
            "then fewer units or layers; or ask for a worker with more memory."
        )
        return said % {"memory": f"{peak_memory_mb:,.0f}"}
    if _DISK.search(last_words):
        return _("The disk is full. Make room (manage.py disk says what takes it), then resume the run.")
    if code == USER_ERROR and last_words:
        return last_words
    if code < 0:
        said = _(
            "The system ended the training (signal %(signal)s). Resume it; it goes on where it saved last."
        )
        return said % {"signal": -code}
    return _("The training broke off: %(words)s") % {"words": last_words or _("it left no word why.")}
