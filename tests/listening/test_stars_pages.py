"""Giving stars in the browser, with and without an account or scripts."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Listener
from listening.models import Rating

HTMX = {"HX-Request": "true"}


@pytest.fixture
def song(make_song):
    return make_song()


def rate(client, song, stars, **headers):
    return client.post(reverse("listening:rate", args=[song.pk]), {"stars": stars}, headers=headers)


def test_it_remembers_an_anonymous_listener(client, song):
    assert not Listener.objects.exists()
    answer = rate(client, song, 4)
    assert answer.url == f"{song.get_absolute_url()}#stars"
    text = client.get(song.get_absolute_url()).content.decode()
    assert "You gave it 4 stars" in text
    assert "4.0 of 5 on average" in text
    assert 'aria-pressed="true"' in text
    rate(client, song, 2)
    assert Rating.objects.get().stars == 2
    assert Listener.objects.count() == 1


def test_it_answers_scripts_with_the_widget_alone(client, song):
    text = rate(client, song, 5, **HTMX).content.decode()
    assert "Your rating is saved." in text
    assert "You gave it 5 stars" in text
    assert "<html" not in text


def test_it_is_taken_back(client, song):
    rate(client, song, 5)
    text = client.post(reverse("listening:unrate", args=[song.pk]), headers=HTMX).content.decode()
    assert "Your rating is removed." in text
    assert "Nobody has rated it yet" in text
    assert not Rating.objects.exists()


def test_it_makes_no_listener_of_who_takes_nothing_back(client, song):
    client.post(reverse("listening:unrate", args=[song.pk]))
    assert not Listener.objects.exists()


@pytest.mark.parametrize("stars", ["", "0", "6", "many", "3.5", "-1"])
def test_it_refuses_other_answers(client, song, stars):
    answer = rate(client, song, stars)
    assert answer.status_code == 400
    assert not Rating.objects.exists()


def test_it_cannot_rate_what_is_not_published(client, make_song):
    song = make_song(is_published=False)
    assert rate(client, song, 3).status_code == 404
    assert client.get(reverse("listening:stars", args=[song.pk])).status_code == 404


def test_it_writes_nothing_over_get(client, song):
    for name in ("rate", "unrate"):
        assert client.get(reverse(f"listening:{name}", args=[song.pk]), {"stars": 5}).status_code == 405
    client.get(reverse("listening:stars", args=[song.pk]))
    client.get(song.get_absolute_url())
    assert not Rating.objects.exists()
    assert not Listener.objects.exists()


def test_it_demands_the_token_against_forgery(song):
    assert rate(Client(enforce_csrf_checks=True), song, 5).status_code == 403


def test_it_does_not_believe_a_forged_cookie(client, song, listener):
    client.cookies["listener"] = str(listener.pk)
    rate(client, song, 5)
    assert Rating.objects.get().listener != listener


def test_it_follows_who_signs_in(client, song, listener_user):
    rate(client, song, 4)
    client.post(reverse("account_login"), {"login": listener_user.email, "password": "a-long-password"})
    assert Rating.objects.get().listener.user == listener_user
    assert "You gave it 4 stars" in client.get(song.get_absolute_url()).content.decode()
    client.post(reverse("account_logout"))
    assert "You gave it" not in client.get(song.get_absolute_url()).content.decode()


def test_it_takes_marks_beside_the_stars(client, song):
    rate(client, song, 4)
    assert "Say more" in client.get(song.get_absolute_url()).content.decode()
    address = reverse("listening:rate", args=[song.pk])
    client.post(address, {"stars": 4, "melody": "5", "rhythm": "2", "coherence": ""})
    rate(client, song, 3)  # stars alone leave the marks as they were
    kept = Rating.objects.get()
    assert (kept.stars, kept.melody, kept.rhythm, kept.coherence) == (3, 5, 2, None)
    assert '<option value="5" selected>' in client.get(song.get_absolute_url()).content.decode()
    client.post(address, {"stars": 3, "melody": ""})
    assert Rating.objects.get().melody is None
    assert client.post(address, {"stars": 3, "melody": "9"}).status_code == 400
