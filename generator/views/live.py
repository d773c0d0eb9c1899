"""A take while it is composed: its notes and its state as an event stream, and for asking again and again.

Streams occupy a thread each for as long as they last. So that pages always find one, a process
carries only so many; whoever comes when all are taken is told to ask again and again instead.
"""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from generator.live import START, LiveEvent, is_offset, live_read
from generator.models import ComposeRequest
from generator.selectors import take_state
from generator.views.visibility import visible_compose_request

STREAMS_A_PROCESS: Final = 12  # of the 24 threads that each process of the web server has
STREAM_SECONDS: Final = 25.0  # then the browser connects anew, so that a server that is stopped need not wait
LOOK_SECONDS: Final = 0.4  # between looks at the row, which tells the place in the queue and the end
_streams: Final = threading.BoundedSemaphore(STREAMS_A_PROCESS)


@never_cache
@require_safe
def take_stream(request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """What happens to a take, as it happens (text/event-stream)."""
    take = visible_compose_request(request, pk)
    after = request.headers.get("Last-Event-ID") or request.GET.get("after") or START
    if not is_offset(after):
        return HttpResponse("There is no such offset.", status=400, content_type="text/plain")
    if not _streams.acquire(blocking=False):
        busy = HttpResponse("Too many listen at once; ask again and again.", status=503)
        busy["Retry-After"] = "1"
        return busy
    answer = StreamingHttpResponse(_Stream(take.pk, after), content_type="text/event-stream")
    answer["X-Accel-Buffering"] = "no"  # a proxy would collect what must arrive at once
    return answer


@never_cache
@require_safe
def take_events(request: HttpRequest, pk: int) -> JsonResponse:
    """The same for a browser that asks again and again: what happened since, and how it stands."""
    take = visible_compose_request(request, pk)
    after = request.GET.get("after") or START
    if not is_offset(after):
        return JsonResponse({"error": "There is no such offset."}, status=400)
    state = take_state(take)
    try:
        events = live_read(pk, after)
    except RedisError:
        events = []
    return JsonResponse(
        {
            "offset": events[-1].offset if events else after,
            "events": [{"kind": event.kind, **event.content} for event in events],
            "state": state,
        }
    )


class _Stream:
    """The stream of one take; gives its place to another when it is closed."""

    def __init__(self, request_id: int, after: str) -> None:
        self._events = _stream(request_id, after)
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return self._events

    def close(self) -> None:
        """Called by the server however the connection ends."""
        self._events.close()  # type: ignore[attr-defined]  # a generator
        if self._is_open:
            self._is_open = False
            _streams.release()


def _stream(request_id: int, after: str) -> Iterator[bytes]:
    yield b"retry: 300\n\n"
    ends_at = time.monotonic() + STREAM_SECONDS
    looked_at, told = 0.0, ""
    while time.monotonic() < ends_at:
        is_over = False
        if time.monotonic() - looked_at >= LOOK_SECONDS:
            take = ComposeRequest.objects.select_related("song", "checkpoint").filter(pk=request_id).first()
            if take is None:
                return
            state = take_state(take)
            is_over = not take.is_active
            looked_at = time.monotonic()
            if (words := json.dumps(state)) != told:
                told = words
                yield _message("state", state)
        try:
            events = live_read(request_id, after, wait_seconds=0 if is_over else LOOK_SECONDS)
        except RedisError:
            yield _message("poll", {})  # the browser goes on by asking; the row tells it how things stand
            return
        for event in events:
            after = event.offset
            yield _event_message(event)
            looked_at = 0.0 if event.kind == "end" else looked_at
        if is_over and not events:
            yield _message("over", {})
            return


def _event_message(event: LiveEvent) -> bytes:
    return f"id: {event.offset}\n".encode() + _message(event.kind, event.content)


def _message(kind: str, content: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n".encode()
