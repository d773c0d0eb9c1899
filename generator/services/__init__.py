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
from generator.services.describe import song_describe
from generator.services.render import render_request_retry
from generator.services.shelf import (
    collection_add,
    collection_create,
    collection_delete,
    collection_remove,
    collection_update,
    favourite_remove,
    favourite_set,
    history_forget,
    play_record,
    shelves_merge,
)
from generator.services.song import song_compose, song_publish, song_withdraw, songs_merge
from generator.services.study import song_report_ask

__all__ = [
    "ACTIVE_LIMIT",
    "HOURLY_LIMIT",
    "FairLimitError",
    "collection_add",
    "collection_create",
    "collection_delete",
    "collection_remove",
    "collection_update",
    "compose_request_cancel",
    "compose_request_create",
    "compose_request_ensure",
    "compose_request_retry",
    "favourite_remove",
    "favourite_set",
    "history_forget",
    "play_record",
    "render_request_retry",
    "seed_draw",
    "shelves_merge",
    "song_compose",
    "song_describe",
    "song_publish",
    "song_report_ask",
    "song_withdraw",
    "songs_merge",
]
