"""One site: its datasets, runs, checkpoints and songs."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from musicgen.client.records import (
    CheckpointRecord,
    ComposeRecord,
    DatasetRecord,
    PaperRecord,
    RunRecord,
    SongRecord,
)
from musicgen.client.sending import send_file
from musicgen.client.transport import SiteError, Transport

API: Final = "/api/v1"
PAGE_SIZE: Final = 100
ASK_EVERY_SECONDS: Final = 1.0
_COMPOSED: Final = frozenset({"done", "failed", "cancelled"})

Record = TypeVar("Record")


class SiteClient:
    """Uses a site in the name of whoever made the token.

    Args:
        address: of the site.
        token: made on its account page; "" to read what is public.

    Every method raises `SiteError` where the site does not answer or refuses.
    """

    def __init__(self, address: str, token: str = "") -> None:
        self._transport = Transport(address, token)

    @property
    def address(self) -> str:
        """Of the site, without a slash at its end."""
        return self._transport.address

    def me(self) -> dict[str, Any]:
        """Whose token this is, their roles, and its scopes."""
        found: dict[str, Any] = self._transport.exchange("GET", f"{API}/me")
        return found

    def datasets(self) -> Iterator[DatasetRecord]:
        """Every dataset, the newest first."""
        return map(DatasetRecord.of, self._pages("/datasets"))

    def dataset(self, dataset_id: int) -> DatasetRecord:
        """One dataset."""
        return DatasetRecord.of(self._transport.exchange("GET", f"{API}/datasets/{dataset_id}"))

    def upload(
        self,
        files: Sequence[Path],
        *,
        name: str,
        licence: str,
        licence_note: str = "",
        source: str = "",
        on_progress: Callable[[int, int], None] | None = None,
    ) -> DatasetRecord:
        """Upload archives or MIDI files as a dataset, piece by piece; cut off, it goes on where it was.

        Args:
            on_progress: told (bytes that arrived, bytes in all).
        """
        arrived, total = 0, sum(path.stat().st_size for path in files)
        received = []
        for path in files:

            def on_bytes(count: int, before: int = arrived) -> None:
                if on_progress is not None:
                    on_progress(before + count, total)

            received.append(send_file(self._transport, f"{API}/uploads", path, on_bytes))
            arrived += path.stat().st_size
        said = {"name": name, "licence": licence, "licence_note": licence_note, "source": source}
        return DatasetRecord.of(self._transport.form(f"{API}/datasets", {**said, "received": received}))

    def runs(self) -> Iterator[RunRecord]:
        """Every run, the newest first."""
        return map(RunRecord.of, self._pages("/runs"))

    def train(
        self, dataset_id: int, settings: Mapping[str, Any] | None = None, *, transposed: bool = False
    ) -> RunRecord:
        """Start a run; settings that are left out take the site's defaults."""
        wish = {"dataset_id": dataset_id, "settings": dict(settings or {}), "transposed": transposed}
        return RunRecord.of(self._transport.exchange("POST", f"{API}/runs", wish))

    def run(self, run_id: int) -> RunRecord:
        """One run."""
        return RunRecord.of(self._transport.exchange("GET", f"{API}/runs/{run_id}"))

    def metrics(self, run_id: int, after: int = 0) -> dict[str, list[Any]]:
        """A run's figures by field, from a step on."""
        found: dict[str, list[Any]] = self._transport.exchange(
            "GET", f"{API}/runs/{run_id}/metrics?after={after}"
        )["points"]
        return found

    def stop(self, run_id: int) -> RunRecord:
        """Stop a run with a checkpoint."""
        return RunRecord.of(self._transport.exchange("POST", f"{API}/runs/{run_id}/stop"))

    def resume(self, run_id: int) -> RunRecord:
        """Let a run go on."""
        return RunRecord.of(self._transport.exchange("POST", f"{API}/runs/{run_id}/resume"))

    def checkpoints(self, run_id: int | None = None) -> Iterator[CheckpointRecord]:
        """The published checkpoints, or those of one run."""
        path = "/checkpoints" if run_id is None else f"/runs/{run_id}/checkpoints"
        return map(CheckpointRecord.of, self._pages(path))

    def checkpoint_archive(self, slug: str) -> bytes:
        """A checkpoint's weights, description and card, as a zip archive."""
        return self._transport.content(f"{API}/checkpoints/{urllib.parse.quote(slug)}/download")

    def compose(self, checkpoint: str, **settings: Any) -> ComposeRecord:
        """Ask for a song.

        Args:
            checkpoint: its slug.
            settings: seed, length_seconds, temperature …; what is left out takes its default.
        """
        wish = {"checkpoint": checkpoint, **settings}
        return ComposeRecord.of(self._transport.exchange("POST", f"{API}/compose", wish))

    def compose_request(self, request_id: int) -> ComposeRecord:
        """How a song on its way is doing."""
        return ComposeRecord.of(self._transport.exchange("GET", f"{API}/compose/{request_id}"))

    def publish(self, slug: str) -> CheckpointRecord:
        """Let everybody compose from a checkpoint."""
        return CheckpointRecord.of(
            self._transport.exchange("POST", f"{API}/checkpoints/{urllib.parse.quote(slug)}/publish")
        )

    def withdraw(self, slug: str) -> CheckpointRecord:
        """Offer a checkpoint for composing no longer."""
        return CheckpointRecord.of(
            self._transport.exchange("POST", f"{API}/checkpoints/{urllib.parse.quote(slug)}/withdraw")
        )

    def paper(
        self,
        title: str,
        checkpoints: Sequence[str] = (),
        *,
        songs: Sequence[int] = (),
        studies: Sequence[int] = (),
        authors: str = "",
    ) -> PaperRecord:
        """Ask for an archive to write about: songs of checkpoints, of one's studies, or any; and answers."""
        wish = {
            "title": title,
            "authors": authors,
            "with_human": False,
            "checkpoints": list(checkpoints),
            "songs": list(songs),
            "studies": list(studies),
        }
        return PaperRecord.of(self._transport.exchange("POST", f"{API}/papers", wish))

    def wait_for_paper(self, key: str) -> bytes:
        """The archive, once it is put together.

        Raises:
            SiteError: it could not be, too.
        """
        row = _waited(
            lambda: PaperRecord.of(self._transport.exchange("GET", f"{API}/papers/{key}")),
            lambda row: row.has_ended,
            None,
        )
        if row.state != "finished":
            raise SiteError(f"The archive was not made: {row.reason}")
        return self._transport.content(f"{API}/papers/{key}/download")

    def song(self, song_id: int) -> SongRecord:
        """One song."""
        return SongRecord.of(self._transport.exchange("GET", f"{API}/songs/{song_id}"))

    def songs(self, **wishes: str) -> Iterator[SongRecord]:
        """Published songs; `wishes` are the API's: order, network, checkpoint, kind."""
        return map(SongRecord.of, self._pages("/songs", **wishes))

    def download(self, address: str) -> bytes:
        """The bytes of a song's MIDI or sound, by the address that its record names."""
        return self._transport.content(address)

    def wait_for_dataset(
        self, dataset_id: int, on_change: Callable[[DatasetRecord], None] | None = None
    ) -> DatasetRecord:
        """Until a dataset is taken in, or is not."""
        return _waited(lambda: self.dataset(dataset_id), lambda row: row.has_ended, on_change)

    def wait_for_run(self, run_id: int, on_change: Callable[[RunRecord], None] | None = None) -> RunRecord:
        """Until a run has ended, one way or another."""
        return _waited(lambda: self.run(run_id), lambda row: row.has_ended, on_change)

    def wait_for_song(
        self, request_id: int, on_change: Callable[[ComposeRecord], None] | None = None
    ) -> SongRecord:
        """Until a song can be heard.

        Raises:
            SiteError: it failed or was cancelled, too.
        """
        row = _waited(lambda: self.compose_request(request_id), lambda row: row.stage in _COMPOSED, on_change)
        if row.stage != "done" or row.song_id is None:
            raise SiteError(f"The song was not made: {row.detail}")
        return self.song(row.song_id)

    def _pages(self, path: str, **wishes: str) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            asked = urllib.parse.urlencode({**wishes, "page": page, "page_size": PAGE_SIZE})
            answer = self._transport.exchange("GET", f"{API}{path}?{asked}")
            yield from answer["items"]
            if page * PAGE_SIZE >= answer["count"]:
                return
            page += 1


def _waited(
    ask: Callable[[], Record], is_over: Callable[[Record], bool], on_change: Callable[[Record], None] | None
) -> Record:
    before: Record | None = None
    while True:
        now = ask()
        if on_change is not None and now != before:
            on_change(now)
        if is_over(now):
            return now
        before = now
        time.sleep(ASK_EVERY_SECONDS)
