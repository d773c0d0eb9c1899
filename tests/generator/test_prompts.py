"""Beginning from music: a listener's file, a song of the site, and what a listener does with their songs."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Listener
from generator.models import ComposeRequest, ComposeTask, Prompt, Reproduction
from generator.recipes import song_provenance
from musicgen.midi import read_midi, write_midi
from musicgen.sampling.recipe import Recipe, RecipeError
from musicgen.score import Note, Notes, Part, Score
from training.models import WorkState

pytestmark = pytest.mark.usefixtures("queued", "data_dir")


def midi(count=12):
    return write_midi(Score(parts=(Part(Notes.of(Note(480 * i, 60 + i, 400, 70) for i in range(count))),)))


def send(client, content, name="../évil <b>.mid"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("generator:prompt_upload"), {"file": file})


def test_it_keeps_a_file_read_anew_and_composes_from_a_passage(client, checkpoint):
    answer = send(client, midi())
    prompt = Prompt.objects.get()
    assert answer.url == prompt.get_absolute_url()
    assert (prompt.name, prompt.note_count, prompt.seconds) == ("évil <b>", 12, pytest.approx(5.92, abs=0.01))
    assert read_midi(prompt.file).note_count == 12
    text = client.get(answer.url).content.decode()
    assert "évil &lt;b&gt;" in text
    notes = client.get(reverse("generator:prompt_notes", args=[prompt.pk])).json()
    assert len(notes["parts"][0]["notes"]) == 4 * 12
    wishes = {"checkpoint": checkpoint.pk, "length_seconds": 30, "task": "infill"}
    refused = client.post(answer.url, {**wishes, "from_seconds": 3, "to_seconds": 2})
    assert "to_seconds" in refused.context["form"].errors
    assert client.post(answer.url, {**wishes, "from_seconds": 1, "to_seconds": 2}).status_code == 302
    take = ComposeRequest.objects.get()
    assert (take.task, take.prompt) == (ComposeTask.INFILL, prompt)
    assert take.passage == {"from_seconds": 1.0, "to_seconds": 2.0}


@pytest.mark.parametrize(
    "content", [b"no music", midi()[:30], b"MThd" + bytes(600 * 1024), write_midi(Score())], ids=len
)
def test_it_says_why_a_file_cannot_be_begun_from(client, db, content):
    answer = send(client, content)
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"][0]
    assert not Prompt.objects.exists()


def test_it_shows_a_prompt_to_nobody_else(client, db):
    send(client, midi())
    from django.test import Client

    for name in ("prompt", "prompt_notes"):
        assert Client().get(reverse(f"generator:{name}", args=[Prompt.objects.get().pk])).status_code == 404


def test_it_writes_down_all_that_a_piece_is_made_from(make_song, make_request, listener, sampling):
    song = make_song(listener=listener)
    make_request(song=song, state=WorkState.FINISHED, stopped_after=3)
    written = json.loads(json.dumps(song_provenance(song)))
    recipe = Recipe.from_json(written["recipe"])
    assert (recipe.settings, recipe.stopped_after, recipe.prompt) == (sampling, 3, None)
    stop = recipe.stop_again()
    assert [stop(), stop(), stop()] == [False, False, True]
    with pytest.raises(RecipeError, match="version"):
        Recipe.from_json({**written["recipe"], "version": 2})
    with pytest.raises(RecipeError, match="do not belong together"):
        Recipe.from_json({**written["recipe"], "task": "vary"})


def test_it_is_composed_again_when_somebody_asks(client, make_song, make_request):
    song = make_song()
    assert client.post(reverse("generator:song_reproduce", args=[song.pk])).status_code == 404
    make_request(song=song, state=WorkState.FINISHED)
    client.post(reverse("generator:song_reproduce", args=[song.pk]))
    client.post(reverse("generator:song_reproduce", args=[song.pk]))
    row = Reproduction.objects.get()
    assert row.state == WorkState.QUEUED
    Reproduction.objects.update(state=WorkState.FINISHED, is_same=True)
    assert "the same bytes" in client.get(song.get_absolute_url()).content.decode()


def test_it_is_published_thrown_away_and_taken_back_by_its_listener_alone(client, make_song):
    client.post(reverse("generator:prompt_upload"), {"file": SimpleUploadedFile("a.mid", midi())})
    song = make_song(is_published=False, listener=Listener.objects.get())
    flawed = make_song(is_published=False, flaw="it is silent", listener=song.listener)
    others = make_song()
    publish, away = (
        reverse(f"generator:{name}", args=[song.pk]) for name in ("song_own_publish", "song_away")
    )
    client.post(publish, {"publish": "1"})
    client.post(reverse("generator:song_own_publish", args=[flawed.pk]), {"publish": "1"})
    song.refresh_from_db()
    flawed.refresh_from_db()
    assert (song.is_published, flawed.is_published) == (True, False)
    client.post(away)
    song.refresh_from_db()
    assert not song.is_published
    assert song.thrown_away_at is not None
    client.post(away, {"back": "1"})
    song.refresh_from_db()
    assert song.thrown_away_at is None
    for name in ("song_own_publish", "song_away", "song_instrument"):
        assert client.post(reverse(f"generator:{name}", args=[others.pk])).status_code == 403
