"""Asking for a song on the site, and watching it come to be."""

import pytest
from django.urls import reverse

from accounts.middleware import COOKIE
from accounts.models import Listener
from generator.models import ComposeRequest, RenderRequest
from generator.services import ACTIVE_LIMIT
from tests.generator.conftest import make_checkpoint
from training.models import WorkState

pytestmark = pytest.mark.usefixtures("queued")


@pytest.fixture
def wishes(checkpoint):
    return {"checkpoint": checkpoint.pk, "length_seconds": "45", "temperature": "0.9", "seed": "7"}


@pytest.fixture
def ask(client, wishes):
    """Sends the form as an anonymous visitor; returns the row that comes of it."""

    def ask(**changes):
        answer = client.post(reverse("generator:compose"), {**wishes, **changes})
        assert answer.status_code == 302, answer.content.decode()
        return ComposeRequest.objects.get(pk=answer.url.rstrip("/").rpartition("/")[2])

    return ask


def status(client, row):
    return client.get(reverse("generator:compose_status", args=[row.pk]))


def progress_page(client, row):
    return client.get(row.get_absolute_url())


def test_it_needs_no_account(ask, client):
    row = ask()
    assert row.listener == Listener.objects.get()
    assert client.cookies[COOKIE].value
    assert row.settings["seed"] == 7
    assert row.settings["length_seconds"] == 45.0
    assert row.settings["temperature"] == 0.9


def test_it_draws_a_seed_and_shows_it(ask, client):
    row = ask(seed="")
    assert 0 <= row.seed < 1_000_000
    assert str(row.seed) in progress_page(client, row).content.decode()


def test_it_takes_a_top_p(ask):
    assert ask(top_p="0.5").settings["top_p"] == 0.5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("length_seconds", "14"),
        ("length_seconds", "181"),
        ("length_seconds", "long"),
        ("temperature", "0"),
        ("temperature", "9"),
        ("temperature", "nan"),
        ("seed", "-1"),
        ("seed", str(2**31)),
        ("top_p", "0"),
        ("top_p", "1.5"),
        ("checkpoint", "999"),
        ("checkpoint", ""),
    ],
)
def test_it_says_what_is_wrong_with_the_form(client, wishes, field, value):
    answer = client.post(reverse("generator:compose"), {**wishes, field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not ComposeRequest.objects.exists()


def test_it_groups_networks_and_hides_those_withdrawn(client, checkpoint):
    make_checkpoint(slug="gan", network="crnn_gan")
    make_checkpoint(slug="secret", title="A withdrawn one", is_published=False)
    text = client.get(reverse("generator:compose")).content.decode()
    assert '<optgroup label="LSTM">' in text
    assert text.count("<optgroup") == 2
    assert "A withdrawn one" not in text


def test_it_cannot_be_asked_of_a_withdrawn_checkpoint(client, wishes):
    hidden = make_checkpoint(slug="secret", is_published=False)
    answer = client.post(reverse("generator:compose"), {**wishes, "checkpoint": hidden.pk})
    assert answer.status_code == 422


def test_it_begins_with_the_checkpoint_it_is_asked_for(client, checkpoint):
    other = make_checkpoint(slug="other")
    text = client.get(reverse("generator:compose"), {"checkpoint": other.pk}).content.decode()
    assert f'<option value="{other.pk}" selected>' in text


def test_it_says_so_when_there_is_no_network(client, db):
    assert "There is no trained network yet" in client.get(reverse("generator:compose")).content.decode()


def test_it_answers_too_many_with_a_page_that_says_so(ask, client, wishes):
    for _ in range(ACTIVE_LIMIT):
        ask()
    answer = client.post(reverse("generator:compose"), wishes)
    assert answer.status_code == 429
    assert "still waiting or being composed" in answer.content.decode()


def test_it_tells_the_place_in_the_queue(ask, client, make_request):
    make_request()
    make_request()
    row = ask()
    text = progress_page(client, row).content.decode()
    assert "2 songs are before yours" in text
    assert 'hx-trigger="every 1s"' in text
    assert 'http-equiv="refresh"' in text  # for browsers without scripts


def test_it_tells_how_far_composing_is(ask, client):
    row = ask()
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.RUNNING, progress=0.5)
    text = status(client, row).content.decode()
    assert "Composing" in text
    assert 'value="40"' in text
    assert "50 % of about 45 seconds" in text


def test_it_goes_from_composing_to_sound_to_the_song(ask, client, make_song):
    row = ask()
    song = make_song(formats=(), is_published=False, listener=row.listener)
    RenderRequest.objects.create(song=song)
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.FINISHED, song=song)
    text = status(client, row).content.decode()
    assert "Rendering" in text
    assert "300 notes" in text
    assert "Cancel" not in text

    from tests.generator.conftest import add_sound

    add_sound(song, "flac")
    target = f"{song.get_absolute_url()}?listen=1"
    assert status(client, row)["HX-Redirect"] == target
    assert progress_page(client, row).url == target


def test_it_offers_to_try_again_what_failed(ask, client):
    row = ask()
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.FAILED, reason="The worker died.")
    assert status(client, row)["HX-Refresh"] == "true"
    text = progress_page(client, row).content.decode()
    assert "The worker died." in text
    assert "hx-trigger" not in text
    client.post(reverse("generator:compose_retry", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == WorkState.QUEUED


def test_it_tries_only_the_sound_again_when_that_failed(ask, client, make_song):
    row = ask()
    song = make_song(formats=(), is_published=False)
    sound = RenderRequest.objects.create(song=song, state=WorkState.FAILED, reason="No soundfont.")
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.FINISHED, song=song)
    assert "No soundfont." in progress_page(client, row).content.decode()
    client.post(reverse("generator:compose_retry", args=[row.pk]))
    row.refresh_from_db()
    sound.refresh_from_db()
    assert (row.state, sound.state) == (WorkState.FINISHED, WorkState.QUEUED)


def test_it_is_cancelled(ask, client):
    row = ask()
    client.post(reverse("generator:compose_cancel", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == WorkState.CANCELLED
    assert "Cancelled" in progress_page(client, row).content.decode()


@pytest.mark.parametrize("name", ["compose_cancel", "compose_retry"])
def test_it_changes_nothing_by_looking(ask, client, name):
    row = ask()
    assert client.get(reverse(f"generator:{name}", args=[row.pk])).status_code == 405


@pytest.mark.parametrize("name", ["compose_request", "compose_status"])
def test_it_is_seen_by_its_listener_and_moderators_alone(ask, client, client_of, moderator, name):
    address = reverse(f"generator:{name}", args=[ask().pk])
    assert client.get(address).status_code == 200
    assert client_of(None).get(address).status_code == 404
    assert client_of(moderator).get(address).status_code == 200


@pytest.mark.parametrize("name", ["compose_cancel", "compose_retry"])
def test_it_is_changed_by_its_listener_and_moderators_alone(ask, client_of, researcher, name):
    row = ask()
    for user in (None, researcher):
        assert client_of(user).post(reverse(f"generator:{name}", args=[row.pk])).status_code == 404
    row.refresh_from_db()
    assert row.state == WorkState.QUEUED


def test_it_demands_the_token_against_forgery(wishes):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post(reverse("generator:compose"), wishes)
    assert answer.status_code == 403
    assert "protection against forgery" in answer.content.decode()


@pytest.fixture
def client_of():
    """A browser of its own for a user, or for an unknown visitor."""
    from django.test import Client

    def browser(user):
        made = Client()
        if user is not None:
            made.force_login(user)
        return made

    return browser
