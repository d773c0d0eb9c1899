"""Reports: raised by listeners, settled by moderators, with a record of what was done."""

import pytest

from accounts.models import AuditEntry, Flag, FlagOutcome
from tests.generator.conftest import make_song

__all__ = ["make_song"]

REPORT = {"reason": "copy", "words": "This is my waltz."}


@pytest.fixture
def song(make_song):
    return make_song(title="Amber <b>harbour</b>")


def test_it_takes_a_report_once_from_each_listener(client, song):
    for words in ("first", "second"):
        answer = client.post(f"/account/report/song/{song.pk}/", {**REPORT, "words": words}, follow=True)
        assert "A moderator will look at it" in answer.content.decode()
    assert [flag.words for flag in Flag.objects.all()] == ["second"]
    assert client.post(f"/account/report/song/{song.pk}/", {"reason": "?"}).status_code == 422


@pytest.mark.parametrize("path", ["song/999999", "user/1", "nothing/1"])
def test_it_takes_no_report_of_what_is_not_there(client, song, path):
    assert client.post(f"/account/report/{path}/", REPORT).status_code == 404


def test_it_takes_no_report_of_what_is_not_seen(client, make_song):
    hidden = make_song(is_published=False)
    assert client.get(f"/account/report/song/{hidden.pk}/").status_code == 404


def test_it_takes_a_thing_down_with_a_reason_on_record(client, song, moderator):
    client.post(f"/account/report/song/{song.pk}/", REPORT)
    client.logout()
    client.force_login(moderator)
    page = client.get("/account/moderation/").content.decode()
    assert "This is my waltz." in page
    assert "<b>harbour</b>" not in page
    flag = Flag.objects.get()
    client.post(f"/account/moderation/{flag.pk}/settle/", {"act": "take_down", "reason": ""})
    song.refresh_from_db()
    assert song.is_published, "without a reason nothing is done"
    client.post(f"/account/moderation/{flag.pk}/settle/", {"act": "take_down", "reason": "It is his waltz."})
    song.refresh_from_db()
    flag.refresh_from_db()
    assert (song.is_published, flag.outcome) == (False, FlagOutcome.TAKEN_DOWN)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.reason) == (moderator, "take down", "It is his waltz.")


def test_it_leaves_a_thing_and_settles_every_report_of_it(client, song, moderator):
    client.post(f"/account/report/song/{song.pk}/", REPORT)
    client.cookies.clear()
    client.post(f"/account/report/song/{song.pk}/", REPORT)
    client.force_login(moderator)
    client.post(
        f"/account/moderation/{Flag.objects.first().pk}/settle/", {"act": "dismiss", "reason": "It is not."}
    )
    song.refresh_from_db()
    assert song.is_published
    assert not Flag.objects.open().exists()


def test_it_lets_only_moderators_settle(client, song, researcher):
    client.post(f"/account/report/song/{song.pk}/", REPORT)
    client.force_login(researcher)
    assert client.get("/account/moderation/").status_code == 403
    path = f"/account/moderation/{Flag.objects.get().pk}/settle/"
    assert client.post(path, {"act": "take_down", "reason": "no"}).status_code == 403


def test_it_takes_only_so_many_open_reports(client, make_song, monkeypatch):
    monkeypatch.setattr("accounts.services.moderation.MOST_OPEN_FLAGS", 1)
    first, second = make_song(), make_song()
    assert client.post(f"/account/report/song/{first.pk}/", REPORT).status_code == 302
    answer = client.post(f"/account/report/song/{second.pk}/", REPORT)
    assert answer.status_code == 422
    assert "still open" in answer.content.decode()
