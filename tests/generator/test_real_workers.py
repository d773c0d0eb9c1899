"""Real workers on a real Redis compose with the shipped network and make sound of it."""

import os
import signal
from datetime import timedelta

import pytest
import soundfile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Listener
from generator.models import AudioFormat, ComposeRequest, Song
from generator.services import compose_request_create
from musicgen.midi import read_midi
from musicgen.sampling.settings import SamplingSettings
from training.models import WorkState
from training.services import checkpoints_register_shipped, work_reap
from training.services.work import STALE_SECONDS


@pytest.fixture
def ask(site_environment):
    """Asks the shipped network for a song."""
    checkpoint = next(known for known in checkpoints_register_shipped() if known.network == "lstm")

    def ask(seconds):
        sampling = SamplingSettings(seed=7, length_seconds=seconds)
        listener = Listener.objects.create()
        return compose_request_create(checkpoint=checkpoint, sampling=sampling, listener=listener)

    return ask


def state_of(row):
    row.refresh_from_db()
    return row.state


def test_it_composes_renders_and_publishes(ask, start_worker, wait_for, client):
    row = ask(20.0)
    for queue in ("compose", "render", "encode"):
        start_worker(queue)
    wait_for(lambda: state_of(row) == WorkState.FINISHED, "the song", seconds=120)
    song = row.song
    wait_for(lambda: song.renditions.count() == len(AudioFormat.values), "all formats", seconds=120)
    song.refresh_from_db()
    assert song.is_published
    assert read_midi(song.midi_file).note_count == song.note_count > 0
    assert 15 < song.seconds < 30
    for rendition in song.renditions.all():
        samples, rate = soundfile.read(str(rendition.file))
        assert abs(len(samples) / rate - rendition.seconds) < 0.2
        assert abs(samples).max() > 0.05
    page = client.get(reverse("generator:song", args=[song.pk])).content.decode()
    assert "lstm" in page.lower()
    assert "4 stars" in page


def test_it_loses_nothing_when_a_worker_is_killed_in_the_middle(ask, start_worker, wait_for):
    row = ask(600.0)  # long enough to be killed in the middle of
    worker = start_worker("compose")
    wait_for(lambda: state_of(row) == WorkState.RUNNING, "the job to begin", seconds=120)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert state_of(row) == WorkState.RUNNING  # nobody could say that it ended
    assert not Song.objects.exists()

    assert work_reap(now=timezone.now() + timedelta(seconds=STALE_SECONDS + 1)) >= 1
    assert (state_of(row), row.deaths) == (WorkState.QUEUED, 1)
    start_worker("compose")
    wait_for(lambda: state_of(row) == WorkState.FINISHED, "the song", seconds=120)
    assert Song.objects.get() == row.song
    assert ComposeRequest.objects.get().attempts == 2
