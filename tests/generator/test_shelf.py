"""Favourites and collections: kept, shared, and followed into an account."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Listener
from generator.models import Collection, Favourite
from generator.services import collection_create, favourite_set, play_record, shelves_merge


@pytest.fixture
def kept(client, make_song):
    """A collection with one song, of the browser behind `client`."""
    song = make_song()
    client.post(reverse("generator:song_collect", args=[song.pk]), {"title": "Evenings"})
    return Collection.objects.get()


def test_it_keeps_a_favourite_and_lets_it_go(client, make_song):
    song = make_song()
    address = reverse("generator:song_favourite", args=[song.pk])
    assert client.post(address, {"keep": "1"})["Location"] == song.get_absolute_url()
    assert song.title in client.get(reverse("generator:shelf")).content.decode()
    answer = client.post(address, {"keep": "0"}, headers={"hx-request": "true"})
    assert 'aria-pressed="false"' in answer.content.decode()
    assert not Favourite.objects.exists()


def test_it_shows_a_collection_to_others_once_it_is_shared(client, kept):
    assert kept.items.count() == 1
    address = kept.get_absolute_url()
    assert client.get(address).status_code == 200
    assert Client().get(address).status_code == 404
    client.post(address, {"title": "Late evenings", "description": "Slow ones.", "is_shared": "on"})
    text = Client().get(address).content.decode()
    assert "Late evenings" in text
    assert "Change it" not in text
    assert "Late evenings" in Client().get(reverse("generator:collections")).content.decode()


def test_it_lets_only_its_owner_change_a_collection(client, kept, make_song):
    stranger = Client()
    stranger.post(reverse("generator:song_favourite", args=[kept.items.get().song_id]), {"keep": "1"})
    other = make_song()
    for answer in (
        stranger.post(reverse("generator:collection_remove", args=[kept.pk])),
        stranger.post(reverse("generator:song_collect", args=[other.pk]), {"collection": kept.pk}),
        stranger.post(reverse("generator:collection_uncollect", args=[kept.pk, kept.items.get().song_id])),
    ):
        assert answer.status_code == 404
    assert kept.items.count() == 1
    client.post(reverse("generator:collection_uncollect", args=[kept.pk, kept.items.get().song_id]))
    assert kept.items.count() == 0
    client.post(reverse("generator:collection_remove", args=[kept.pk]))
    assert not Collection.objects.exists()


def test_it_hides_a_withdrawn_song_of_a_shared_collection(client, kept):
    Collection.objects.update(is_shared=True)
    song = kept.items.get().song
    song.is_published = False
    song.save()
    assert song.title not in Client().get(kept.get_absolute_url()).content.decode()


def test_it_follows_a_listener_into_an_account(make_song):
    before, account = Listener.objects.create(), Listener.objects.create()
    both, one = make_song(), make_song()
    for listener in (before, account):
        favourite_set(listener=listener, song=both)
        play_record(listener=listener, song=both)
    favourite_set(listener=before, song=one)
    collection_create(listener=before, title="Mine")
    shelves_merge(source=before, target=account)
    assert set(account.favourites.values_list("song", flat=True)) == {both.pk, one.pk}
    assert account.plays.get().times == 2
    both.refresh_from_db()
    assert both.play_count == 1
    assert account.collections.get().title == "Mine"
