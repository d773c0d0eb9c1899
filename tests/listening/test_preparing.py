"""From the bundled pieces to anchors and excerpts, with real sound."""

import pytest
import soundfile

from generator.jobs.render import render_song
from generator.models import RenderRequest, Song
from listening.jobs.chores import chore_do
from listening.jobs.excerpts import excerpt_make
from listening.models import Chore, ChoreKind, Excerpt
from listening.services.anchors import shuffled_score
from listening.services.chores import anchors_due, chores_look
from musicgen.audio.excerpt import FILE_BYTES
from musicgen.midi import read_midi
from tests.musicgen.audio.pieces import midi_of, scale
from training.models import Dataset, DatasetFile, Verdict, WorkState

# The heartbeats of jobs come from a thread of their own, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chorales(db, data_dir):
    """A bundled dataset of two pieces, 32 s each."""
    dataset = Dataset.objects.create(
        name="Chorales", bundled="chorales", state=WorkState.FINISHED, source="Bach, chorales"
    )
    dataset.files_folder.mkdir(parents=True)
    for number in range(2):
        name = f"{number}" * 64
        dataset.midi_path(name).write_bytes(midi_of(scale(bars=16, velocity=70 + number)))
        DatasetFile.objects.create(
            dataset=dataset,
            position=number,
            path=f"{number}.mid",
            sha256=name,
            verdict=Verdict.TAKEN,
            seconds=32,
        )
    return dataset


def test_it_brings_yardsticks_that_lists_do_not_show(chorales, queued, client):
    assert anchors_due()
    chore = Chore.objects.create(kind=ChoreKind.ANCHORS)
    for _ in range(2):  # done twice, it adds nothing
        Chore.objects.update(state=WorkState.QUEUED)
        chore_do(chore.pk)
    chore.refresh_from_db()
    assert (chore.state, chore.reason) == (WorkState.FINISHED, "")
    assert not anchors_due()
    kinds = [song.settings["anchor"] for song in Song.objects.order_by("pk")]
    assert kinds == ["real", "random", "shuffled"] * 2
    real, random, shuffled = Song.objects.order_by("pk")[:3]
    pitches = [sorted(read_midi(song.midi_file).all_notes().pitch) for song in (real, random, shuffled)]
    assert pitches[0] == pitches[2] != pitches[1]

    for request in RenderRequest.objects.filter(song__in=(real, random, shuffled)):
        render_song(request.pk)
    real.refresh_from_db()
    assert real.is_published
    assert not Song.objects.filter(pk__in=(random.pk, shuffled.pk), is_published=True).exists()
    for _ in range(2):
        chores_look()
        for excerpt in Excerpt.objects.filter(state=WorkState.QUEUED):
            excerpt_make(excerpt.pk)
    made = {excerpt.song_id: excerpt for excerpt in Excerpt.objects.ready()}
    assert set(made) == {real.pk, random.pk, shuffled.pk}
    assert made[real.pk].start_seconds == made[shuffled.pk].start_seconds  # the same passage
    assert {excerpt.file.stat().st_size for excerpt in made.values()} == {FILE_BYTES}
    assert {soundfile.info(excerpt.file).duration for excerpt in made.values()} == {20.0}
    assert all(abs(excerpt.loudness_lufs + 23) <= 0.5 for excerpt in made.values())


def test_it_says_why_there_is_no_excerpt(make_song, queued):
    song = make_song(formats=())
    excerpt = Excerpt.objects.create(song=song, system="checkpoint:x")
    excerpt_make(excerpt.pk)
    excerpt.refresh_from_db()
    assert excerpt.state == WorkState.FAILED
    assert "no sound" in excerpt.reason


def test_it_deals_pitches_out_anew():
    score = scale(bars=4)
    dealt = shuffled_score(score, 3)
    assert sorted(dealt.all_notes().pitch) == sorted(score.all_notes().pitch)
    assert list(dealt.all_notes().pitch) != list(score.all_notes().pitch)
    assert list(dealt.all_notes().start_ticks) == list(score.all_notes().start_ticks)
