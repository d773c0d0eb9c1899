"""Notes on their way from a compose worker to a browser: one Redis stream for each request.

A reader begins at any offset and is told what came since, so that a browser that was away for a
moment misses nothing. Redis may forget all of it: the row in the database says how the work
stands, and the song's MIDI file holds every note.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from training import queues

KEPT_SECONDS: Final = 600  # the song itself is there long before
START: Final = "0-0"  # the offset before the first event
_MOST_EVENTS: Final = 20_000  # of one take; a runaway does not fill Redis
_FIELD: Final = b"event"


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something that happened while composing.

    Attributes:
        offset: its place in the stream; where to go on reading.
        kind: "begin" (a runner begins: what was heard before does not count), "notes", or "end"
            (nothing more comes; the row knows how it ended).
        content: of plain JSON values; of notes see `generator.jobs.compose`.
    """

    offset: str
    kind: str
    content: Mapping[str, Any]


def live_begin(request_id: int, content: Mapping[str, Any]) -> None:
    """Begin the stream of a request anew."""
    connection = _connection()
    connection.delete(_key(request_id))
    live_put(request_id, "begin", content)


def live_put(request_id: int, kind: str, content: Mapping[str, Any]) -> None:
    """Tell whoever listens to a request.

    Raises:
        redis.exceptions.RedisError: Redis is away; nothing is lost but liveliness.
    """
    with _connection().pipeline(transaction=False) as pipeline:
        event = json.dumps({"kind": kind, **content}, separators=(",", ":"))
        pipeline.xadd(_key(request_id), {_FIELD: event}, maxlen=_MOST_EVENTS, approximate=True)
        pipeline.expire(_key(request_id), KEPT_SECONDS)
        pipeline.execute()


def live_read(request_id: int, after: str, *, wait_seconds: float = 0.0) -> Sequence[LiveEvent]:
    """What happened after an offset; nothing, if nothing happens while we wait.

    Raises:
        redis.exceptions.RedisError: Redis is away, or the offset is none.
    """
    block = max(1, round(1000 * wait_seconds)) if wait_seconds else None
    answer = _connection().xread({_key(request_id): after}, block=block, count=500)
    if not answer:
        return []
    return [_event(offset, fields[_FIELD]) for offset, fields in answer[0][1]]


def is_offset(text: str) -> bool:
    """Whether this names a place in a stream."""
    first, dash, second = text.partition("-")
    return bool(dash) and all(
        part.isascii() and part.isdigit() and len(part) < 20 for part in (first, second)
    )


def _event(offset: bytes, event: bytes) -> LiveEvent:
    content = json.loads(event)
    return LiveEvent(offset.decode(), content.pop("kind"), content)


def _key(request_id: int) -> str:
    return f"musicgen:live:{request_id}"


def _connection() -> Any:
    return queues.queue_of("compose").connection
