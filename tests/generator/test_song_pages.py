"""The first page, the list, a song's page: what they show, and to whom."""

import pytest
from django.urls import reverse

from accounts.middleware import COOKIE, COOKIE_SALT
from generator.first_songs import FIRST_SONGS
from generator.models import EncodeRequest, SongKind
from tests.generator.conftest import add_sound
from training.models import WorkState


@pytest.fixture
def as_listener(client, listener):
    """A browser that is known to be this listener's."""
    from django.core.signing import get_cookie_signer

    client.cookies[COOKIE] = get_cookie_signer(salt=COOKIE + COOKIE_SALT).sign(str(listener.pk))
    return client


def page(client, name, *args, **query):
    answer = client.get(reverse(f"generator:{name}", args=args), query)
    return answer, answer.content.decode()


def test_it_invites_to_be_the_first(client, db):
    answer, text = page(client, "home")
    assert answer.status_code == 200
    assert "Yours can be the first" in text
    assert "There is no trained network yet" in text


def test_it_says_that_the_first_songs_are_being_composed(client, make_request):
    make_request()
    make_request()
    _, text = page(client, "home")
    assert f"0 of {len(FIRST_SONGS)} ready" in text
    assert 'hx-trigger="every 2s"' in text


def test_it_shows_the_first_song_as_soon_as_there_is_one(client, make_request, make_song):
    make_request()
    _, text = page(client, "first_songs", ready=0)
    assert f"0 of {len(FIRST_SONGS)} ready" in text
    make_request(song=make_song(), state=WorkState.FINISHED)
    answer, _ = page(client, "first_songs", ready=0)
    assert answer["HX-Refresh"] == "true"
    _, text = page(client, "first_songs", ready=1)
    assert f"1 of {len(FIRST_SONGS)} ready" in text


def test_it_plays_the_best_song_first(client, make_song):
    make_song(title="Fair one")
    make_song(title="Best one", rating_count=4, rating_sum=20)
    make_song(title="Worst one", rating_count=4, rating_sum=4)
    _, text = page(client, "home")
    assert text.index("Best one") < text.index("New songs") < text.index("Worst one")
    assert "/audio/opus" in text


def test_it_lists_the_published_newest_first(client, make_song):
    make_song(title="Older")
    make_song(title="Newer")
    make_song(title="Hidden", is_published=False)
    _, text = page(client, "song_list")
    assert text.index("Newer") < text.index("Older")
    assert "Hidden" not in text


def test_it_lists_the_best_rated_first_with_doubt_about_few_ratings(client, make_song):
    make_song(title="One five", rating_count=1, rating_sum=5)
    make_song(title="Many fours", rating_count=50, rating_sum=225)
    make_song(title="Many twos", rating_count=50, rating_sum=100)
    _, text = page(client, "song_list", order="best")
    assert text.index("Many fours") < text.index("One five") < text.index("Many twos")


def test_it_pages_the_list(client, make_song):
    for number in range(25):
        make_song(title=f"Piece {number:02}", formats=("opus",))
    _, text = page(client, "song_list")
    assert text.count("song-card-head") == 24
    assert "Page 1 of 2" in text
    _, text = page(client, "song_list", page=2)
    assert text.count("song-card-head") == 1
    assert page(client, "song_list", page="nonsense", order="worst")[0].status_code == 200


def test_it_lists_in_a_fixed_number_of_queries(client, make_song, django_assert_max_num_queries):
    for _ in range(12):
        make_song()
    with django_assert_max_num_queries(11):
        page(client, "song_list")


def test_it_shows_where_a_song_came_from(client, make_song):
    song = make_song(statistics={"scale_consistency": 91.23, "polyphony": None}, seed=42)
    _, text = page(client, "song", song.pk)
    for fact in ("1,234", "Waltzes", "ab" * 32, "42", "91.2", "Scale consistency", song.midi_sha256):
        assert fact in text
    assert "Polyphony" not in text  # what is not defined for a song is not shown
    assert "composed by a network" in text


def test_it_marks_what_a_human_composed(client, make_song):
    song = make_song(kind=SongKind.HUMAN, checkpoint=None, seed=None, settings={})
    _, text = page(client, "song", song.pk)
    assert "composed by a human" in text
    assert "Compose another like this" not in text


def test_it_names_downloads_well(client, make_song):
    song = make_song(title="Amber harbour no. 7", seed=7, formats=("opus", "flac"))
    _, text = page(client, "song", song.pk)
    for ending in ("mid", "opus", "flac"):
        assert f'download="amber-harbour-no-7-lstm-seed7.{ending}"' in text


def test_it_asks_for_more_formats_while_they_are_made(client, make_song):
    song = make_song(formats=("flac",))
    row = EncodeRequest.objects.create(song=song)
    _, text = page(client, "song_downloads", song.pk)
    assert "hx-trigger" in text
    EncodeRequest.objects.filter(pk=row.pk).update(state=WorkState.FINISHED)
    add_sound(song, "mp3")
    _, text = page(client, "song_downloads", song.pk)
    assert "hx-trigger" not in text
    assert "MP3" in text


def test_it_begins_another_like_this_with_the_same_settings_but_no_seed(client, make_song):
    song = make_song(settings={"temperature": 0.8, "top_p": 0.9, "length_seconds": 45.0, "seed": 3})
    _, text = page(client, "song", song.pk)
    address = text.split('href="' + reverse("generator:compose") + "?")[1].split('"')[0]
    wishes = set(address.replace("&amp;", "&").split("&"))
    assert wishes == {
        f"checkpoint={song.checkpoint_id}",
        "length_seconds=45.0",
        "temperature=0.8",
        "top_p=0.9",
    }
    _, text = page(client, "compose", **dict(wish.split("=") for wish in wishes))
    assert 'value="0.8"' in text


def test_it_escapes_titles(client, make_song):
    song = make_song(title="<script>alert(1)</script>")
    for name, args in (("home", ()), ("song_list", ()), ("song", (song.pk,))):
        assert "<script>alert(1)" not in page(client, name, *args)[1]


@pytest.mark.parametrize("name", ["song", "song_midi", "song_downloads"])
def test_it_hides_what_is_not_published(client, make_song, name):
    song = make_song(is_published=False)
    assert page(client, name, song.pk)[0].status_code == 404


def test_it_shows_a_listener_their_own_flawed_take(as_listener, make_song, listener):
    song = make_song(is_published=False, flaw="it strikes 60 12 times in a row", listener=listener)
    answer, text = page(as_listener, "song", song.pk)
    assert answer.status_code == 200
    assert "This take is flawed: it strikes 60 12 times in a row" in text
    assert 'id="stars-head"' not in text


def test_it_lets_moderators_alone_publish_and_withdraw(client, make_song, moderator, researcher):
    song = make_song(is_published=False)
    address = reverse("generator:song_visibility", args=[song.pk])
    assert client.post(address, {"publish": "1"}).status_code == 302  # to sign in
    client.force_login(researcher)
    assert client.post(address, {"publish": "1"}).status_code == 403
    song.refresh_from_db()
    assert not song.is_published
    client.force_login(moderator)
    assert "Publish" in page(client, "song", song.pk)[1]
    client.post(address, {"publish": "1"})
    song.refresh_from_db()
    assert song.is_published
    client.post(address, {"publish": "0"})
    song.refresh_from_db()
    assert not song.is_published
    assert client.get(address).status_code == 405
