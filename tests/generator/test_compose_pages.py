"""Asking for a song on the site, and watching it come to be."""

import json
import threading
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import COOKIE
from accounts.models import Listener
from generator.live import live_begin, live_put
from generator.models import ComposeRequest, Draft, RenderRequest
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
        return Draft.objects.get(pk=answer.url.partition("?")[0].rstrip("/").rpartition("/")[2]).held

    return ask


def state(client, row):
    answer = client.get(reverse("generator:take_events", args=[row.pk]))
    assert answer.status_code == 200
    return answer.json()["state"]


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
        ("style", "999"),
        ("mood", "sleepy"),
        ("takes", "9"),
        ("takes", "0"),
        ("key", "H major"),
        ("tempo_bpm", "1"),
        ("density", "0"),
        ("program", "5"),
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


def test_it_asks_for_as_many_takes_as_are_wanted_side_by_side(ask, client):
    row = ask(takes="3")
    takes = list(row.draft.takes.order_by("pk"))
    assert [take.seed for take in takes] == [7, 8, 9]
    assert not any(take.publishes for take in takes)
    text = progress_page(client, row).content.decode()
    assert text.count("<article") == 3
    assert "side-by-side" in text


def test_it_wishes_for_a_mood_what_is_not_said_otherwise(ask):
    row = ask(mood="dark", temperature="1.5")
    assert row.settings["temperature"] == 1.5
    assert row.settings["tempo_bpm"] == 72.0
    assert row.settings["key"] == ask(mood="dark", temperature="1.5").settings["key"]
    assert row.settings["key"].endswith(" minor")


def test_it_takes_the_style_where_no_checkpoint_is_chosen(ask, checkpoint):
    other = make_checkpoint(slug="other", network="crnn_gan")
    assert ask(checkpoint="", style=other.pk).checkpoint == other
    assert ask(checkpoint="").checkpoint in (checkpoint, other)


def test_it_says_why_a_network_cannot_do_what_is_asked(client, wishes, monkeypatch):
    monkeypatch.setattr(
        "generator.forms.why_not", lambda checkpoint, name: "it is deaf" if name == "key" else ""
    )
    answer = client.post(reverse("generator:compose"), {**wishes, "key": "D minor"})
    assert answer.status_code == 422
    assert "This network cannot do that: it is deaf." in answer.content.decode()
    assert not ComposeRequest.objects.exists()


def test_it_answers_a_page_with_scripts_with_the_takes_alone(client, wishes):
    answer = client.post(reverse("generator:compose"), wishes, headers={"X-Live": "1"})
    assert answer.status_code == 200
    assert answer["X-Address"] == Draft.objects.get().get_absolute_url()
    text = answer.content.decode()
    assert "data-listens" in text
    assert "<html" not in text


def test_it_tells_the_place_in_the_queue_and_the_time_left(ask, client, make_request):
    for listener in (Listener.objects.create(), Listener.objects.create()):
        make_request(listener=listener)
    done = make_request(state=WorkState.FINISHED)
    ended = timezone.now() - timedelta(hours=1)
    ComposeRequest.objects.filter(pk=done.pk).update(started_at=ended - timedelta(seconds=8), ended_at=ended)
    row = ask()
    text = progress_page(client, row).content.decode()
    assert "2 takes are before yours in the queue. About 25 seconds left." in text
    assert 'http-equiv="refresh"' in text  # for browsers without scripts


def test_it_tells_how_far_composing_is(ask, client):
    row = ask()
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.RUNNING, progress=0.5)
    found = state(client, row)
    assert (found["stage"], found["percent"]) == ("composing", 40)
    assert "50 % of about 45 seconds" in found["detail"]


def test_it_goes_from_composing_to_sound_to_the_song(ask, client, make_song):
    row = ask()
    song = make_song(formats=(), is_published=False, listener=row.listener)
    RenderRequest.objects.create(song=song)
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.FINISHED, song=song)
    found = state(client, row)
    assert (found["stage"], found["song"]["notes"]) == ("rendering", 300)
    text = progress_page(client, row).content.decode()
    assert "being turned into sound" in text
    assert "Cancel" not in text
    assert "Publish" in text


def told(answer):
    """The events of a stream, as (kind, content)."""
    blocks = b"".join(answer.streaming_content).decode().strip().split("\n\n")
    lines = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(line["event"], json.loads(line["data"])) for line in lines if "event" in line]


def test_it_streams_notes_and_goes_on_where_it_was_left(ask, client, empty_redis):
    row = ask()
    live_begin(row.pk, {"length": 45.0})
    live_put(row.pk, "notes", {"notes": [[0.0, 0.5, 60.0, 80, 0]]})
    address = reverse("generator:take_events", args=[row.pk])
    first = client.get(address).json()
    live_put(row.pk, "notes", {"notes": [[0.5, 0.5, 62.5, 80, 0]]})
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.FINISHED)
    later = client.get(address, {"after": first["offset"]}).json()
    assert [event["kind"] for event in first["events"]] == ["begin", "notes"]
    assert [event["notes"][0][2] for event in later["events"]] == [62.5]
    stream = client.get(reverse("generator:take_stream", args=[row.pk]))
    assert stream["Content-Type"] == "text/event-stream"
    assert [kind for kind, _ in told(stream)] == ["state", "begin", "notes", "notes", "over"]
    resumed = client.get(
        reverse("generator:take_stream", args=[row.pk]), headers={"Last-Event-ID": first["offset"]}
    )
    assert [kind for kind, _ in told(resumed)] == ["state", "notes", "over"]


def test_it_carries_only_so_many_streams_and_gives_their_places_back(ask, client, empty_redis, monkeypatch):
    monkeypatch.setattr("generator.views.live._streams", threading.BoundedSemaphore(1))
    row = ask()
    ComposeRequest.objects.update(state=WorkState.CANCELLED)  # its streams end by themselves
    address = reverse("generator:take_stream", args=[row.pk])
    held = client.get(address)
    assert client.get(address).status_code == 503
    assert told(held)[-1] == ("over", {})
    assert told(client.get(address))[-1] == ("over", {})


@pytest.mark.parametrize("offset", ["x", "1", "-1", "1-2-3", "9" * 30 + "-0"])
def test_it_refuses_an_offset_that_is_none(ask, client, offset):
    row = ask()
    for name in ("take_stream", "take_events"):
        assert client.get(reverse(f"generator:{name}", args=[row.pk]), {"after": offset}).status_code == 400


def test_it_goes_back_to_an_earlier_take(ask, client):
    row = ask(takes="2")
    first, second = row.draft.takes.order_by("pk")
    client.post(reverse("generator:take_hold", args=[second.pk]))
    text = progress_page(client, row).content.decode()
    assert "You are working on take 2." in text
    assert "Undo: back to take 1" in text
    client.post(reverse("generator:take_hold", args=[first.pk]))
    assert "Undo" not in progress_page(client, row).content.decode()


def test_it_offers_to_try_again_what_failed(ask, client):
    row = ask()
    ComposeRequest.objects.filter(pk=row.pk).update(state=WorkState.FAILED, reason="The worker died.")
    assert state(client, row)["stage"] == "failed"
    text = progress_page(client, row).content.decode()
    assert "The worker died." in text
    assert "http-equiv" not in text
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


CHANGES = ["compose_cancel", "compose_keep", "compose_retry", "take_hold"]


@pytest.mark.parametrize("name", CHANGES)
def test_it_changes_nothing_by_looking(ask, client, name):
    row = ask()
    assert client.get(reverse(f"generator:{name}", args=[row.pk])).status_code == 405


@pytest.mark.parametrize("name", ["draft", "compose_request", "take_part", "take_events", "take_stream"])
def test_it_is_seen_by_its_listener_and_moderators_alone(ask, client, client_of, moderator, name):
    row = ask()
    address = reverse(f"generator:{name}", args=[row.draft_id if name == "draft" else row.pk])
    ComposeRequest.objects.update(state=WorkState.CANCELLED)  # a stream of it ends
    if name == "compose_request":  # which stands among the takes of its draft
        ComposeRequest.objects.update(draft=None)
    assert client.get(address).status_code == 200
    assert client_of(None).get(address).status_code == 404
    assert client_of(moderator).get(address).status_code == 200


@pytest.mark.parametrize("name", CHANGES)
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
