"""What a new site begins with."""

import io

import pytest
from django.core.management import call_command

from generator.first_songs import FIRST_SONGS
from generator.management.commands import loaddemo
from generator.models import ComposeRequest
from generator.selectors import first_songs
from training.models import Checkpoint, Dataset


@pytest.mark.django_db(transaction=True)
def test_it_asks_for_the_first_songs_once(queued, monkeypatch):
    monkeypatch.setattr(loaddemo, "AT_ONCE", len(FIRST_SONGS) + 1)
    said = io.StringIO()
    call_command("loaddemo", stdout=said)
    assert len(FIRST_SONGS) >= 8
    assert ComposeRequest.objects.count() == len(FIRST_SONGS)
    assert f"{len(FIRST_SONGS)} first songs" in said.getvalue()
    assert Checkpoint.objects.filter(run=None).exists()
    assert Dataset.objects.count() == 1
    assert Checkpoint.objects.get(slug="lstm-chorales").dataset == Dataset.objects.get()
    composing = [call for call in queued if call["queue"] == "compose"]
    assert len(composing) == len(FIRST_SONGS)
    assert queued[-1]["queue"] == "ingest"  # songs first: somebody may be waiting to hear one

    before = len(queued)
    call_command("loaddemo", stdout=said)
    assert (ComposeRequest.objects.count(), Dataset.objects.count()) == (len(FIRST_SONGS), 1)
    assert len(queued) == before


def test_it_asks_first_for_a_short_song():
    assert FIRST_SONGS[0][0] == min(seconds for seconds, _ in FIRST_SONGS)


@pytest.mark.django_db(transaction=True)
def test_it_leaves_the_queue_free_for_listeners(queued, monkeypatch):
    """No more than two of the site's songs are on the way while it is patient."""
    on_the_way = []

    def work_is_done(seconds):
        on_the_way.append(first_songs().on_the_way)
        assert first_songs().wanted == len(FIRST_SONGS) - (
            ComposeRequest.objects.filter(state="failed").count()
        )
        ComposeRequest.objects.active().update(state="failed")

    monkeypatch.setattr(loaddemo.time, "sleep", work_is_done)
    call_command("loaddemo", stdout=io.StringIO())
    assert ComposeRequest.objects.count() == len(FIRST_SONGS)
    assert set(on_the_way) == {loaddemo.AT_ONCE}


@pytest.mark.django_db(transaction=True)
def test_it_begins_with_what_the_first_page_shows(queued):
    call_command("loaddemo", "--begin")
    assert Checkpoint.objects.published().exists()
    assert first_songs().on_the_way == loaddemo.AT_ONCE
    assert first_songs().wanted == len(FIRST_SONGS)
    assert not Dataset.objects.exists()
