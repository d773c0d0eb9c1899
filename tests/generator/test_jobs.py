"""The jobs, with a composer that needs no network."""

from types import SimpleNamespace

import numpy as np
import pytest

from generator.jobs.compose import compose_song
from generator.jobs.render import encode_song, render_song
from generator.models import AudioFormat, EncodeRequest, RenderRequest, Song
from generator.models.rendition import CONTENT_TYPES
from generator.names import song_title
from generator.services import song_withdraw
from musicgen.audio import FORMATS
from musicgen.learning import CheckpointError
from musicgen.midi import read_midi
from musicgen.score import Note, Notes, Part, Score
from training.models import WorkState

pytestmark = pytest.mark.usefixtures("data_dir", "queued")


def piece(notes=60):
    columns = Notes.of(Note(i * 240, 48 + i % 24, 220, 70) for i in range(notes))
    return Score(parts=(Part(columns),))


class FakeComposer:
    """Composes a fixed piece, and notes how often it was asked."""

    def __init__(self):
        self.score = piece()
        self.stuck_reason = None
        self.finished = "eos"
        self.on_compose = None
        self.asked = []

    def compose(self, settings, on_progress, should_stop):
        self.asked.append(settings)
        on_progress(0.5)
        if self.on_compose:
            self.on_compose()
        on_progress(1.0)
        return SimpleNamespace(
            score=self.score,
            tokens=np.zeros(3, np.int32),
            seconds=self.score.duration_seconds,
            note_count=self.score.note_count,
            finished=self.finished,
            stuck=self.stuck_reason is not None,
            stuck_reason=self.stuck_reason,
        )


@pytest.fixture
def composer(monkeypatch):
    """In the place of the module that loads TensorFlow."""
    fake = FakeComposer()
    cache = SimpleNamespace(WARM_COMPOSERS=SimpleNamespace(get=lambda checkpoint: fake))
    monkeypatch.setitem(__import__("sys").modules, "generator.composers", cache)
    return fake


def run_compose(row):
    compose_song(row.pk)
    row.refresh_from_db()
    return row


@pytest.mark.django_db(transaction=True)
def test_it_composes_a_song_with_all_its_facts(composer, make_request, listener, sampling, queued):
    row = run_compose(make_request(listener=listener))
    assert (row.state, row.progress) == (WorkState.FINISHED, 1.0)
    song = row.song
    assert composer.asked == [sampling]
    assert song.title == song_title(network="lstm", seed=7)
    assert (song.seed, song.note_count, song.listener) == (7, 60, listener)
    assert song.settings["length_seconds"] == 30.0
    assert song.statistics["note_count"] == 60
    assert read_midi(song.midi_file).note_count == 60
    assert not song.is_published  # nobody can hear it yet
    assert [call["function"] for call in queued] == ["generator.jobs.render.render_song"]


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_song_however_often_the_job_comes(composer, make_request):
    row = run_compose(make_request())
    run_compose(row)
    assert len(composer.asked) == 1
    assert Song.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_song_of_a_runner_that_died_before_its_end(composer, make_request):
    row = run_compose(make_request())
    song = row.song
    type(row).objects.update(state=WorkState.QUEUED)
    run_compose(row)
    assert (row.state, row.song) == (WorkState.FINISHED, song)
    assert len(composer.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_it_drops_what_a_runner_made_that_lost_its_row(composer, make_request):
    row = make_request()
    composer.on_compose = lambda: type(row).objects.update(claim=None, state=WorkState.QUEUED)
    run_compose(row)
    assert row.state == WorkState.QUEUED
    assert not Song.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_stops_when_asked(composer, make_request):
    row = make_request()
    composer.on_compose = lambda: type(row).objects.update(cancel_requested=True)
    run_compose(row)
    assert row.state == WorkState.CANCELLED
    assert not Song.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_says_why_a_checkpoint_cannot_be_used(make_request, monkeypatch):
    def get(checkpoint):
        raise CheckpointError("The weights are damaged.")

    cache = SimpleNamespace(WARM_COMPOSERS=SimpleNamespace(get=get))
    monkeypatch.setitem(__import__("sys").modules, "generator.composers", cache)
    row = run_compose(make_request())
    assert (row.state, row.reason) == (
        WorkState.FAILED,
        "The weights are damaged. Choose another checkpoint.",
    )


@pytest.mark.django_db(transaction=True)
def test_it_keeps_but_does_not_publish_a_stuck_take(composer, make_request):
    composer.stuck_reason = "it strikes 60 12 times in a row"
    song = run_compose(make_request()).song
    assert song.flaw == "it strikes 60 12 times in a row"
    render_song(song.render_request.pk)
    song.refresh_from_db()
    assert song.renditions.exists()
    assert not song.is_published


@pytest.mark.django_db(transaction=True)
def test_it_asks_for_no_sound_of_silence(composer, make_request):
    composer.score = Score()
    composer.stuck_reason = "it has only 0 notes"
    row = run_compose(make_request())
    assert row.state == WorkState.FINISHED
    assert not RenderRequest.objects.exists()
    assert not row.song.is_published


@pytest.mark.django_db(transaction=True)
def test_it_publishes_with_the_first_sound_and_adds_the_formats(composer, make_request, queued):
    song = run_compose(make_request()).song
    render_song(song.render_request.pk)
    song.refresh_from_db()
    assert song.is_published
    assert [rendition.format for rendition in song.playable] == ["flac"]
    assert max(song.peaks) == 1.0
    assert queued[-1]["queue"] == "encode"

    encode_song(song.encode_request.pk)
    renditions = {rendition.format: rendition for rendition in song.renditions.all()}
    assert set(renditions) == set(AudioFormat.values)
    for rendition in renditions.values():
        assert rendition.file.stat().st_size == rendition.bytes
        assert abs(rendition.seconds - song.seconds) < 5
        assert abs(rendition.loudness_lufs + 23) < 0.5


@pytest.mark.django_db(transaction=True)
def test_it_renders_again_without_doubling_or_publishing(composer, make_request):
    song = run_compose(make_request()).song
    render_song(song.render_request.pk)
    song_withdraw(song=song)
    for model in (RenderRequest, EncodeRequest):
        model.objects.update(state=WorkState.QUEUED)
    render_song(song.render_request.pk)
    song.refresh_from_db()
    assert song.renditions.count() == 1
    assert not song.is_published


@pytest.mark.django_db(transaction=True)
def test_it_says_why_there_is_no_sound(make_song, queued):
    song = make_song(formats=(), is_published=False)
    row = RenderRequest.objects.create(song=song)
    render_song(row.pk)
    row.refresh_from_db()
    assert row.state == WorkState.FAILED
    assert "header" in row.reason


def test_it_names_the_types_that_the_encoder_makes():
    assert {row.name: row.media_type for row in FORMATS.values()} == CONTENT_TYPES
