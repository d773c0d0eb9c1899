"""Songs are found by words and choices, in every order, and the address says it all."""

import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts.models import Listener
from generator.forms import ComposeForm
from generator.models import Song, SongKind
from generator.selectors import SongOrder, SongQuery, found_count, found_songs, random_song
from generator.services import song_describe
from musicgen.score import Note, Notes, Part, Score
from tests.generator.conftest import make_checkpoint
from training.models import Checkpoint


def titles(**wanted):
    return [song.title for song in found_songs(SongQuery(**wanted))]


@pytest.fixture
def songs(make_song):
    make_song(title="Amber harbour", key="C major", tempo_bpm=60, seconds=20, families=1, seed=42)
    make_song(title="Copper gate", key="A minor", tempo_bpm=90, seconds=60, families=1 << 5, play_count=9)
    make_song(title="Copper moon", key="A minor", tempo_bpm=140, seconds=200, families=(1 << 5) | 1)
    make_song(title="Hidden copper", key="A minor", is_published=False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"Amber harbour", "Copper gate", "Copper moon"}),
        ({"q": "copper"}, {"Copper gate", "Copper moon"}),
        ({"q": "copper moon"}, {"Copper moon"}),
        ({"q": "42"}, {"Amber harbour"}),
        ({"key": "A minor"}, {"Copper gate", "Copper moon"}),
        ({"tempo": "slow"}, {"Amber harbour"}),
        ({"tempo": "fast"}, {"Copper moon"}),
        ({"length": "medium"}, {"Copper gate"}),
        ({"family": "0"}, {"Amber harbour", "Copper moon"}),
        ({"family": "5", "length": "long"}, {"Copper moon"}),
        ({"network": "lstm"}, {"Amber harbour", "Copper gate", "Copper moon"}),
        ({"network": "transformer"}, set()),
    ],
)
def test_it_narrows(songs, wanted, found):
    assert set(titles(**wanted)) == found
    assert found_count(SongQuery(**wanted)) == len(found)


def test_it_finds_by_stars_composer_dataset_and_step(make_song):
    early, late = make_checkpoint("early", step=10), make_checkpoint("late", step=900)
    make_song(title="Liked", rating_count=2, rating_sum=9, checkpoint=early)
    make_song(title="Unliked", rating_count=2, rating_sum=3, checkpoint=late)
    make_song(title="Human", kind=SongKind.HUMAN, checkpoint=None)
    assert titles(stars="4") == ["Liked"]
    assert titles(kind="human") == ["Human"]
    assert titles(step="early") == ["Liked"]
    assert titles(step="late") == ["Unliked"]
    assert titles(checkpoint="late") == ["Unliked"]
    assert titles(dataset=str(early.dataset_id)) == ["Liked"]


def test_it_reads_the_list_in_every_order(songs):
    assert titles(order=SongOrder.TITLE) == ["Amber harbour", "Copper gate", "Copper moon"]
    assert titles(order=SongOrder.LONGEST)[0] == titles(order=SongOrder.SHORTEST)[-1] == "Copper moon"
    assert titles(order=SongOrder.NEWEST) == titles(order=SongOrder.OLDEST)[::-1]
    assert titles(order=SongOrder.MOST_HEARD)[0] == "Copper gate"
    drawn = [tuple(titles(order=SongOrder.RANDOM, seed=str(seed))) for seed in range(40)]
    assert len(set(drawn)) > 1
    assert drawn[7] == tuple(titles(order=SongOrder.RANDOM, seed="7"))
    assert {len(set(one)) for one in drawn} == {3}


def test_it_keeps_the_search_in_the_address_and_ignores_nonsense():
    query = SongQuery.from_address(
        QueryDict("q=copper&key=A+minor&tempo=hasty&order=worst&dataset=x&stars=9")
    )
    assert query == SongQuery(q="copper", key="A minor")
    assert SongQuery.from_address(QueryDict(query.address(order="best")[1:])) == SongQuery(
        q="copper", key="A minor", order="best"
    )
    assert query.address(q="", key="") == "?"


def test_it_shows_what_is_chosen_and_how_to_let_it_go(client, songs):
    text = client.get(reverse("generator:song_list"), {"key": "A minor", "q": "moon"}).content.decode()
    assert "Copper moon" in text
    assert "Copper gate" not in text
    assert "Key: A minor" in text
    assert 'href="?q=moon"' in text
    assert "No song is like that yet" in client.get("/songs/?q=zzz").content.decode()


def test_it_draws_an_order_that_an_address_keeps(client, songs):
    answer = client.get(reverse("generator:song_list"), {"order": "random"})
    assert answer.status_code == 302
    assert "seed=" in answer["Location"]


def test_it_leads_to_any_song(client, songs):
    assert {random_song().title for _ in range(60)} == {"Amber harbour", "Copper gate", "Copper moon"}
    assert client.get(reverse("generator:song_random")).status_code == 302
    Song.objects.all().delete()
    assert client.get(reverse("generator:song_random"))["Location"] == reverse("generator:song_list")


def test_it_describes_a_song_by_its_notes(make_song):
    song = make_song()
    scale = [
        Note(480 * i, pitch, 480) for i, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72, 60, 64, 67))
    ]
    drums = Part(Notes.of([Note(0, 36, 480)]), is_drum=True)
    song_describe(song=song, score=Score(parts=(Part(Notes.of(scale), program=40), drums)))
    song.refresh_from_db()
    assert song.key == "C major"
    assert song.tempo_bpm == 120
    assert song.families == (1 << 5) | (1 << 16)
    assert song.sketch.startswith("M2 ")


def test_it_counts_a_listener_once_for_a_song(client, make_song):
    song = make_song()
    for _ in range(3):
        assert client.post(reverse("generator:song_played", args=[song.pk])).status_code == 204
    song.refresh_from_db()
    assert song.play_count == 1
    assert Listener.objects.get().plays.get().times == 3
    assert song.title in client.get(reverse("generator:heard")).content.decode()
    client.post(reverse("generator:heard_forget"))
    assert song.title not in client.get(reverse("generator:heard")).content.decode()


def test_it_finds_songs_by_the_share_that_took_them_for_human(make_song):
    fooled = make_song(verdict_count=4, human_count=3)
    plain = make_song(verdict_count=8, human_count=1)
    make_song(verdict_count=1, human_count=1)  # one verdict says nothing
    found = {share: list(found_songs(SongQuery(human=share))) for share in ("most", "some", "few")}
    assert found == {"most": [fooled], "some": [], "few": [plain]}
    assert found_songs(SongQuery(order="human")).first() == fooled
    assert found_songs(SongQuery(order="human")).last() == plain


def test_it_calls_songs_of_shipped_networks_what_they_learned_from(make_song):
    song = make_song()
    Checkpoint.objects.update(slug="lstm-piano-step-85", run=None, dataset=None)
    song_describe(song=Song.objects.get(pk=song.pk), score=Score())
    assert titles(style="classical piano") == [song.title]
    assert "Classical piano (LSTM)" in str(ComposeForm()["style"])


def test_it_calls_a_song_what_its_training_data_is_called(make_song):
    song = make_song()
    files = song.checkpoint.dataset.files
    for number in range(10):
        files.create(
            position=number, path=f"{number}.mid", verdict="taken", style="Shur" if number else "Mahur"
        )
    song_describe(song=song, score=Score())
    assert (song.style, titles(style="Shur")) == ("Shur", [song.title])
    other = make_song()
    files.filter(position__lt=5).update(style="Mahur")
    song_describe(song=other, score=Score())
    assert other.style == ""
