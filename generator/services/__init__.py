"""Every write of the generator app.

What only the render job writes is `generator.services.rendition`; it is not imported here,
because it loads the sound libraries, which no request needs.
"""

from generator.services.clearing import songs_clear
from generator.services.compose import (
    ACTIVE_LIMIT,
    HOURLY_LIMIT,
    FairLimitError,
    compose_request_cancel,
    compose_request_create,
    compose_request_ensure,
    compose_request_retry,
    compose_requests_create,
    seed_draw,
)
from generator.services.describe import song_describe
from generator.services.draft import (
    MOST_TAKES,
    Beginning,
    draft_compose,
    draft_hold,
    song_take_back,
    song_throw_away,
    take_keep,
)
from generator.services.prompt import PromptRefusedError, prompt_of_song, prompt_take_in
from generator.services.render import render_request_retry
from generator.services.reproduction import reproduction_ask
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
from generator.services.song import (
    song_change_program,
    song_compose,
    song_publish,
    song_withdraw,
    songs_merge,
)
from generator.services.study import song_report_ask

__all__ = [
    "ACTIVE_LIMIT",
    "HOURLY_LIMIT",
    "MOST_TAKES",
    "Beginning",
    "FairLimitError",
    "PromptRefusedError",
    "collection_add",
    "collection_create",
    "collection_delete",
    "collection_remove",
    "collection_update",
    "compose_request_cancel",
    "compose_request_create",
    "compose_request_ensure",
    "compose_request_retry",
    "compose_requests_create",
    "draft_compose",
    "draft_hold",
    "favourite_remove",
    "favourite_set",
    "history_forget",
    "play_record",
    "prompt_of_song",
    "prompt_take_in",
    "render_request_retry",
    "reproduction_ask",
    "seed_draw",
    "shelves_merge",
    "song_change_program",
    "song_compose",
    "song_describe",
    "song_publish",
    "song_report_ask",
    "song_take_back",
    "song_throw_away",
    "song_withdraw",
    "songs_clear",
    "songs_merge",
    "take_keep",
]
