"""The jobs, with a composer that needs no network."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.models import Listener
from generator.jobs.compose import compose_song, reproduce_song
from generator.jobs.render import encode_song, render_song
from generator.live import START, live_read
from generator.models import AudioFormat, ComposeRequest, ComposeTask, EncodeRequest, RenderRequest, Song
from generator.models.rendition import CONTENT_TYPES
from generator.names import song_title
from generator.services import (
    draft_compose,
    prompt_take_in,
    reproduction_ask,
    song_change_program,
    song_withdraw,
    take_keep,
)
from musicgen.audio import FORMATS
from musicgen.learning import CheckpointError
from musicgen.midi import read_midi, write_midi
from musicgen.sampling.prompts import Infilling
from musicgen.sampling.streaming import streamed_notes
from musicgen.score import Note, Notes, Part, Score
from training.models import WorkState
from training.queues import put as queues_put
from training.queues import queue_of, waiting_ids
from training.services import work_reap
from training.services.work import LOST_SECONDS

pytestmark = pytest.mark.usefixtures("data_dir", "queued", "empty_redis")


def piece(notes=60):
    columns = Notes.of(Note(i * 240, 48 + i % 24, 220, 70) for i in range(notes))
    return Score(parts=(Part(columns),))


class FakeComposer:
    """Composes a fixed piece in two stretches, and notes how often it was asked."""

    def __init__(self):
        self.score = piece()
        self.stuck_reason = None
        self.restarts = False
        self.on_compose = None
        self.asked = []

    def stream(self, settings, *, prompt=None, should_stop=None):
        self.asked.append((settings, prompt))
        notes = streamed_notes(self.score)
        middle = len(notes) // 2
        yield self.chunk(notes[:middle], 0.5)
        if self.on_compose:
            self.on_compose()
        if should_stop():
            yield self.chunk([], 1.0, self.composition(cut(self.score, middle), "cancelled"))
            return
        if self.restarts:
            yield self.chunk(notes[:middle], 0.5, restarted=True)
        yield self.chunk(notes[middle:], 1.0, self.composition(self.score, "eos"))

    def chunk(self, notes, progress, composition=None, restarted=False):
        return SimpleNamespace(
            take=0, notes=tuple(notes), restarted=restarted, progress=progress, composition=composition
        )

    def composition(self, score, finished):
        return SimpleNamespace(
            score=score,
            seconds=score.duration_seconds,
            note_count=score.note_count,
            finished=finished,
            stuck_reason=self.stuck_reason,
        )


def cut(score, count):
    return Score(parts=(Part(Notes.of(list(score.parts[0].notes)[:count])),))


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
    assert composer.asked == [(sampling, None)]
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
def test_it_lets_its_notes_be_heard_while_they_come(composer, make_request):
    composer.restarts = True
    row = run_compose(make_request())
    events = live_read(row.pk, START)
    assert [event.kind for event in events] == ["begin", "notes", "notes", "end"]  # begun anew in between
    heard = [note for event in events if event.kind == "notes" for note in event.content["notes"]]
    assert [note[2] for note in heard] == [float(48 + i % 24) for i in range(60)]
    assert heard[1] == [0.25, 0.2292, 49.0, 70, 0]
    assert live_read(row.pk, events[-2].offset)[0].kind == "end"
    assert row.first_notes_at is not None


@pytest.mark.django_db(transaction=True)
def test_it_keeps_what_there_is_when_it_is_stopped(composer, make_request):
    row = make_request()
    composer.on_compose = lambda: take_keep(take=row)
    song = run_compose(row).song
    assert (row.state, row.stopped_after, song.note_count) == (WorkState.FINISHED, 1, 30)


@pytest.mark.django_db(transaction=True)
def test_it_gives_the_network_the_passage_that_was_marked(composer, make_request, listener):
    prompt = prompt_take_in(listener=listener, name="mine.mid", content=write_midi(piece(12)))
    passage = {"from_seconds": 1.0, "to_seconds": 2.0}
    run_compose(make_request(task=ComposeTask.INFILL, prompt=prompt, passage=passage))
    asked = composer.asked[0][1]
    assert isinstance(asked, Infilling)
    assert (asked.score.note_count, asked.from_seconds, asked.to_seconds) == (12, 1.0, 2.0)


@pytest.mark.django_db(transaction=True)
def test_it_composes_one_of_each_listener_in_turn(composer, make_request):
    many, one = Listener.objects.create(), Listener.objects.create()
    of_site = make_request()
    rows = [make_request(listener=many), make_request(listener=many), make_request(listener=one)]
    assert [row.queue_position for row in (*rows, of_site)] == [0, 2, 1, 3]
    for row in (rows[1], rows[0], of_site, rows[2]):  # in whichever order the turns come
        compose_song(row.pk)
    for row in rows:
        row.refresh_from_db()
    assert rows[0].started_at < rows[2].started_at < rows[1].started_at


@pytest.mark.django_db(transaction=True)
def test_it_lets_a_listener_go_before_the_sites_own_song(composer, make_request, listener, queued):
    of_site = make_request()
    asked = []
    composer.on_compose = lambda: asked or asked.append(make_request(listener=listener))
    run_compose(of_site)
    assert (of_site.state, of_site.song) == (WorkState.QUEUED, None)
    assert (queued[-1]["argument"], queued[-1]["job_id"]) == (of_site.pk, of_site.job_id)
    for _ in range(2):
        compose_song(of_site.pk)
    asked[0].refresh_from_db()
    of_site.refresh_from_db()
    assert asked[0].ended_at < of_site.ended_at
    assert of_site.song.midi_sha256 == asked[0].song.midi_sha256  # begun anew, whole


@pytest.mark.django_db(transaction=True)
def test_it_composes_again_in_turn(composer, make_request, make_song):
    many, one = Listener.objects.create(), Listener.objects.create()
    takes = [make_request(listener=many), make_request(listener=many)]
    again = reproduction_ask(song=make_song(), listener=many)
    quick = reproduction_ask(song=make_song(), listener=one)
    assert [row.queue_position for row in takes] == [0, 2]
    for _ in range(4):  # none of these songs has a recipe: they end with a reason, in their turn
        reproduce_song(again.pk)
    for row in (*takes, again, quick):
        row.refresh_from_db()
    assert takes[0].ended_at < quick.ended_at < takes[1].ended_at < again.ended_at
    assert "composed on this site" in quick.reason


@pytest.mark.django_db(transaction=True)
def test_it_answers_a_burst_fairly_and_loses_none(composer, checkpoint, sampling, empty_redis, monkeypatch):
    """Two hundred takes of twenty-five listeners on the real queue, which forgets them all in between."""
    monkeypatch.setattr("training.queues.put", queues_put)
    composer.score = piece(4)
    listeners = [Listener.objects.create() for _ in range(25)]
    for who in listeners:
        draft_compose(listener=who, checkpoint=checkpoint, sampling=sampling, takes=8)
    assert len(waiting_ids("compose")) == 200
    work_on(80)
    queue_of("compose").connection.flushall()
    work_reap(now=timezone.now() + timedelta(seconds=LOST_SECONDS + 1))
    assert len(waiting_ids("compose")) == 120
    work_on(120)
    rows = list(ComposeRequest.objects.order_by("started_at"))
    assert {row.state for row in rows} == {WorkState.FINISHED}
    assert len({row.song_id for row in rows} - {None}) == 200
    for turn in range(8):  # nobody has their next before everybody had one
        assert {row.listener_id for row in rows[25 * turn : 25 * turn + 25]} == {who.pk for who in listeners}


def work_on(count):
    """As many jobs as a worker would take from the queue."""
    for _ in range(count):
        queue = queue_of("compose")
        taken = queue.dequeue_any(
            [queue], timeout=None, connection=queue.connection, serializer=queue.serializer
        )
        taken[0].perform()


@pytest.mark.django_db(transaction=True)
def test_it_gives_a_song_to_another_instrument_and_back(composer, make_request):
    song = run_compose(make_request()).song
    before = song.midi_sha256
    song_change_program(song=song, program=73)
    assert {part.program for part in read_midi(song.midi_file).parts} == {73}
    assert song.midi_sha256 != before
    song_change_program(song=song, program=None)
    assert song.midi_sha256 == before
    assert song.render_request.state == WorkState.QUEUED


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


@pytest.mark.django_db(transaction=True)
def test_it_plays_a_listeners_song_before_the_sites_own(make_song, queued):
    songs = [
        make_song(formats=(), is_published=False, listener=who)
        for who in (None, None, Listener.objects.create())
    ]
    rows = [RenderRequest.objects.create(song=song) for song in songs]
    played = []
    for row in rows:  # as many turns as rows, in the order in which they were asked for
        render_song(row.pk)
        played += [one for one in rows if one not in played and _ended(one)]
    assert played == [rows[2], rows[1], rows[0]]


def _ended(row):
    return RenderRequest.objects.get(pk=row.pk).state == WorkState.FAILED
