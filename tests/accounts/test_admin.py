"""What operators do in the admin: to many rows at once, through the services, on record."""

import pytest

from accounts.models import AuditEntry, User
from accounts.roles import is_researcher
from generator.models import Song
from tests.generator.conftest import checkpoint, make_song
from tests.training.conftest import make_dataset, make_run, ready_dataset
from training.models import Checkpoint, Dataset, Run, Visibility, WorkState

__all__ = ["checkpoint", "make_dataset", "make_run", "make_song", "ready_dataset"]


@pytest.fixture
def operator(client, db, monkeypatch):
    monkeypatch.setattr("training.queues.put", lambda **_call: None)
    user = User.objects.create_superuser("root@example.org", "a-long-password")
    client.force_login(user)
    return user


@pytest.fixture
def do(client, operator):
    """Does an action to rows of a list. Returns the list as it is then."""

    def do(model, action, *rows):
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        form = {"action": action, "_selected_action": [row.pk for row in rows]}
        answer = client.post(path, form, follow=True)
        assert answer.status_code == 200
        for row in rows:
            row.refresh_from_db()
        return answer.content.decode()

    return do


def done():
    return list(AuditEntry.objects.order_by("pk").values_list("action", "actor_label"))


def test_it_stops_work_and_tries_it_again(do, operator, make_run):
    waiting, failed = make_run(), make_run()
    Run.objects.filter(pk=waiting.pk).update(state=WorkState.QUEUED)
    Run.objects.filter(pk=failed.pk).update(state=WorkState.FAILED, deaths=3)
    assert "nothing to do for 1" in do(Run, "stop", waiting, failed)
    assert (waiting.state, failed.state) == (WorkState.CANCELLED, WorkState.FAILED)
    do(Run, "again", failed)
    assert (failed.state, failed.deaths) == (WorkState.QUEUED, 0)
    assert done() == [("stop", operator.email), ("try again", operator.email)]


def test_it_publishes_and_withdraws(do, make_song, checkpoint, ready_dataset):
    song = make_song()
    do(Song, "withdraw", song)
    assert not song.is_published
    do(Song, "publish", song)
    assert song.is_published
    do(Checkpoint, "withdraw", checkpoint)
    assert not checkpoint.is_published
    do(Dataset, "make_private", ready_dataset)
    assert ready_dataset.visibility == Visibility.PRIVATE
    assert [action for action, _ in done()] == ["withdraw", "publish", "withdraw", "make private"]


def test_it_makes_researchers_and_shuts_people_out(do, operator, listener_user, client):
    do(User, "make_researchers", listener_user)
    assert is_researcher(User.objects.get(pk=listener_user.pk))
    do(User, "shut_out", listener_user, operator)
    assert (listener_user.is_active, operator.is_active) == (False, True)
    do(User, "let_in", listener_user)
    assert listener_user.is_active


def test_it_is_for_those_who_may(client, do, operator, make_song):
    song = make_song()
    User.objects.filter(pk=operator.pk).update(is_superuser=False, is_staff=True)
    answer = client.post(
        "/admin/generator/song/", {"action": "withdraw", "_selected_action": [song.pk]}, follow=True
    )
    song.refresh_from_db()
    assert (answer.status_code, song.is_published) == (403, True)
