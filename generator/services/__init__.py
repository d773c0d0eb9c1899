"""Every write of the generator app.

What only the render job writes is `generator.services.rendition`; it is not imported here,
because it loads the sound libraries, which no request needs.
"""

from generator.services.compose import (
    ACTIVE_LIMIT,
    HOURLY_LIMIT,
    FairLimitError,
    compose_request_cancel,
    compose_request_create,
    compose_request_ensure,
    compose_request_retry,
    seed_draw,
)
from generator.services.render import render_request_retry
from generator.services.song import song_compose, song_publish, song_withdraw, songs_merge

__all__ = [
    "ACTIVE_LIMIT",
    "HOURLY_LIMIT",
    "FairLimitError",
    "compose_request_cancel",
    "compose_request_create",
    "compose_request_ensure",
    "compose_request_retry",
    "render_request_retry",
    "seed_draw",
    "song_compose",
    "song_publish",
    "song_withdraw",
    "songs_merge",
]
