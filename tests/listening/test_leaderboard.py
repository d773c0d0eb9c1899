"""Leaderboards: computed from what is new, published with everything, the same to everybody."""

import json

import pytest

from accounts.models import Listener
from accounts.services import listener_join_user
from listening.jobs.chores import chore_do
from listening.models import Chore, ChoreKind, Comparison, Exclusion, LeaderboardTable, PairTally, Trial
from listening.selectors.records import gather_records
from listening.selectors.snapshot import snapshot_path
from listening.services.chores import chores_look, leaderboard_news
from listening.services.guards import exclusion_set
from listening.services.leaderboard import leaderboards_compute
from musicgen.cli.program import main
from musicgen.statistics.judgment.board import SEED
from training.models import WorkState


@pytest.fixture(autouse=True)
def _fewer_resamples(monkeypatch):
    """The figures do not matter here, only that they are the same; few verdicts must do."""
    from musicgen.statistics.judgment.board import make_boards

    monkeypatch.setattr("musicgen.statistics.judgment.board.COLLECTING", 3)
    monkeypatch.setattr(
        "listening.services.leaderboard.make_boards",
        lambda records: make_boards(records, resamples=40),
    )


def by_name(trial):
    """Prefers real music to networks, and these to noise."""
    order = {"random": 0, "shuffled": 0, "real": 3}
    left, right = (order.get(clip.excerpt.system, 2) for clip in trial.clips.order_by("position"))
    return "left" if left > right else "right" if right > left else "tie"


@pytest.fixture
def judged(pool, make_person):
    """Two listeners with twelve answers each."""
    people = [make_person(), make_person()]
    for person in people:
        for _ in range(12):
            person.judge(by_name)
    return people


def board(name="checkpoint/standard"):
    return LeaderboardTable.objects.get(name=name).content


def test_it_ranks_and_is_shown_and_computed_again(judged, client, data_dir, capsys):
    leaderboards_compute()
    rows = {row["key"]: row for row in board()["rows"]}
    counted = Comparison.objects.filter(check_kind="").count()
    assert board()["verdicts"] == counted == sum(tally.count for tally in PairTally.objects.all())
    assert board()["seed"] == SEED
    assert rows["real"]["elo"] > rows["random"]["elo"]
    for by in ("network", "checkpoint", "dataset", "representation"):
        page = client.get(f"/leaderboard/?by={by}").content.decode()
        assert "Real music" in page
        assert "Random notes" in page
    assert "preliminary" in page or "collecting" in page

    export = data_dir / "leaderboard" / "export.json"
    served = b"".join(client.get("/leaderboard/export/export.json"))
    assert served == export.read_bytes()
    for words in (["--by", "checkpoint"], ["--by", "network", "--of", "with_excluded"]):
        assert main(["judgment", "recompute", str(export), *words]) == 0
        assert "the same figures" in capsys.readouterr().out

    text = served.decode() + b"".join(client.get("/leaderboard/export/comparisons.csv")).decode()
    for person in judged:
        assert str(person.listener.pk) not in text
        assert person.listener.pk.hex not in text
    digests = set(Comparison.objects.values_list("address_digest", flat=True))
    assert not [digest for digest in digests if digest in text]
    content = json.loads(served)
    assert {key for key in content["comparisons"][0] if key not in ("check", "passed", "repeats")} <= {
        name for line in content["codebook"]["comparisons"] for name in line.split(", ")
    }
    assert client.get("/leaderboard/export/verdicts.npz").status_code == 404


def test_it_reads_only_what_is_new_and_forgets_when_told(judged, pool):
    leaderboards_compute()
    first = board()
    columns = snapshot_path().read_bytes()
    judged[0].judge(by_name)
    leaderboards_compute()
    fresh = board()
    assert fresh["verdicts"] - first["verdicts"] == 1
    snapshot_path().unlink()
    leaderboards_compute()
    assert board() == fresh
    assert len(columns) < len(snapshot_path().read_bytes()) + 64


def test_it_shows_with_and_without_those_set_apart(judged, pool):
    apart = judged[0].listener
    exclusion_set(listener=apart, is_active=True, reason="clicks at random")
    leaderboards_compute()
    assert board()["listeners"] == 1
    assert board("checkpoint/with_excluded")["listeners"] == 2
    assert board("checkpoint/accounts_only")["listeners"] == 0


def test_it_is_due_when_something_was_said(judged, pool, queued):
    chores_look()
    chore = Chore.objects.get(kind=ChoreKind.LEADERBOARD)
    chore_do(chore.pk)
    chore.refresh_from_db()
    assert (chore.state, chore.reason) == (WorkState.FINISHED, "")
    assert chore.seen == leaderboard_news()
    attempts = chore.attempts
    chores_look()
    assert Chore.objects.get(pk=chore.pk).attempts == attempts
    exclusion_set(listener=judged[0].listener, is_active=True, reason="asked for it")
    assert chore.seen != leaderboard_news()


def test_it_deletes_what_a_listener_wants_gone(judged, pool):
    leaderboards_compute()
    person = judged[0]
    kept = person.client.get("/listening/mine/export/").json()
    assert len(kept["comparisons"]) == 12
    assert kept["consents"][0]["consent"]
    assert person.client.post("/listening/mine/delete/", {}).status_code == 302
    assert Comparison.objects.filter(listener=person.listener).count() == 12  # not without the box
    person.client.post("/listening/mine/delete/", {"sure": "yes"})
    assert not Trial.objects.filter(listener=person.listener).exists()
    assert sum(tally.count for tally in PairTally.objects.all()) == len(
        Comparison.objects.filter(check_kind="")
    )
    leaderboards_compute()
    assert board()["listeners"] == 1


def test_it_gives_answers_to_the_user_who_signs_in(
    judged, pool, listener_user, django_capture_on_commit_callbacks
):
    users = Listener.objects.create(user=listener_user)
    with django_capture_on_commit_callbacks(execute=True):
        listener_join_user(listener_id=judged[0].listener.pk, user=listener_user)
    assert Comparison.objects.filter(listener=users).count() == 12
    records, _ = gather_records(leaderboard_news())
    assert sum(~records.anonymous) == 1


def test_it_shows_operators_who_looks_strange(pool, make_person, client, moderator, listener_user):
    lazy = make_person()
    for _ in range(12):
        lazy.judge(lambda trial: "left")
    assert client.get("/listening/listeners/").status_code == 302
    client.force_login(listener_user)
    assert client.get("/listening/listeners/").status_code == 403
    client.force_login(moderator)
    page = client.get("/listening/listeners/").content.decode()
    assert "nearly always takes the same side" in page
    address = f"/listening/listeners/{lazy.listener.pk}/"
    client.post(address, {"apart": "1", "reason": ""})
    assert not Exclusion.objects.exists()
    client.post(address, {"apart": "1", "reason": "same side"})
    assert Exclusion.objects.get().reason == "same side"
    client.post(address, {"apart": "0", "reason": "spoke to them"})
    assert not Exclusion.objects.get().is_active
    client.force_login(listener_user)
    assert client.post(address, {"apart": "1", "reason": "x"}).status_code == 403
