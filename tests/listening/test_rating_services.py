"""Stars are given, changed, taken back and merged, and the sums stay true."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Listener
from accounts.services import listener_join_user
from listening.models import Rating
from listening.selectors import song_stars
from listening.services import StarsError, rating_remove, rating_set


@pytest.fixture
def song(make_song):
    return make_song()


def sums(song):
    song.refresh_from_db()
    return song.rating_count, song.rating_sum


def test_it_is_given_changed_and_taken_back(song, listener):
    rating_set(song=song, listener=listener, stars=5)
    assert sums(song) == (1, 5)
    rating_set(song=song, listener=listener, stars=2)
    assert sums(song) == (1, 2)
    assert song.rating_mean == 2.0
    rating_remove(song=song, listener=listener)
    assert sums(song) == (0, 0)
    assert song.rating_mean is None


def test_it_counts_each_listener_once(song):
    for stars in (1, 4, 5):
        rating_set(song=song, listener=Listener.objects.create(), stars=stars)
    assert sums(song) == (3, 10)


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_it_refuses_other_numbers(song, listener, stars):
    with pytest.raises(StarsError):
        rating_set(song=song, listener=listener, stars=stars)
    assert sums(song) == (0, 0)


def test_it_is_refused_by_the_database_too(song, listener):
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(song=song, listener=listener, stars=6)
    Rating.objects.create(song=song, listener=listener, stars=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(song=song, listener=listener, stars=4)


def test_it_removes_nothing_of_others(song, listener):
    rating_set(song=song, listener=Listener.objects.create(), stars=4)
    rating_remove(song=song, listener=listener)
    assert sums(song) == (1, 4)


def test_it_shows_a_listener_their_own(song, listener):
    rating_set(song=song, listener=listener, stars=4)
    rating_set(song=song, listener=Listener.objects.create(), stars=2)
    song.refresh_from_db()
    seen = song_stars(song, listener)
    assert (seen.mean, seen.count, seen.own) == (3.0, 2, 4)
    assert song_stars(song, None).own is None


@pytest.mark.parametrize("first", ["anonymous", "user"])
def test_it_keeps_the_newer_of_two_when_a_listener_signs_in(make_song, listener_user, first):
    both, only_anonymous, only_user = make_song(), make_song(), make_song()
    anonymous, users = Listener.objects.create(), Listener.objects.create(user=listener_user)
    order = [(anonymous, 1), (users, 5)]
    for who, stars in order if first == "anonymous" else reversed(order):
        rating_set(song=both, listener=who, stars=stars)
    rating_set(song=only_anonymous, listener=anonymous, stars=3)
    rating_set(song=only_user, listener=users, stars=4)

    given_at = Rating.objects.get(song=only_anonymous).updated_at
    listener_join_user(listener_id=anonymous.pk, user=listener_user)

    newest = 5 if first == "anonymous" else 1
    assert sums(both) == (1, newest)
    assert sums(only_anonymous) == (1, 3)
    assert sums(only_user) == (1, 4)
    assert set(Rating.objects.values_list("listener", flat=True)) == {users.pk}
    assert Rating.objects.get(song=only_anonymous).updated_at == given_at < timezone.now()
