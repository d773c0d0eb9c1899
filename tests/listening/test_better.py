"""Better and better: songs of the same seeds, charts, and a claim that is tested."""

import pytest

from generator.models import ComposeRequest
from listening.models import Comparison, LeaderboardTable, Trial, TrialKind
from listening.services.chores import chores_look
from tests.generator.conftest import make_checkpoint
from training.models import Checkpoint


@pytest.fixture
def steps(db):
    """Three checkpoints of one run."""
    first = make_checkpoint(slug="run-9-step-10", step=10, metrics={"validation": {"nats_per_token": 3.0}})
    others = [
        make_checkpoint(
            slug=f"run-9-step-{step}", step=step, metrics={"validation": {"nats_per_token": 30 / step}}
        )
        for step in (20, 30)
    ]
    Checkpoint.objects.filter(pk__in=[row.pk for row in others]).update(run=first.run)
    return [first, *others]


def said(enrolments, left, right, outcome):
    for enrolment in enrolments:
        trial = Trial.objects.create(kind=TrialKind.PAIR, listener=enrolment.listener, enrolment=enrolment)
        Comparison.objects.create(
            trial=trial,
            listener=enrolment.listener,
            left_system=f"checkpoint:{left.slug}",
            right_system=f"checkpoint:{right.slug}",
            outcome=outcome,
        )


def test_it_says_whether_the_claim_holds(steps, make_song, make_person, client):
    for checkpoint in steps:
        for seed in (1, 2):
            make_song(
                checkpoint=checkpoint, seed=seed, statistics={"scale_consistency": 70.0 + checkpoint.step}
            )
    make_song(checkpoint=steps[0], seed=77)  # at one step only: nothing to compare it with
    address = f"/runs/{steps[0].run_id}/better/"
    assert "nobody knows" in client.get(address).content.decode()
    enrolments = [make_person().listener.enrolments.get() for _ in range(12)]
    said(enrolments, steps[0], steps[2], "right")
    said(enrolments, steps[1], steps[2], "tie")
    LeaderboardTable.objects.create(
        name="checkpoint/standard",
        content={"rows": [{"key": "checkpoint:run-9-step-30", "elo": 1100.0, "low": 1050.0, "high": 1150.0}]},
    )
    page = client.get(address).content.decode()
    assert "Yes: over 24 verdicts of 12 listeners" in page
    assert page.count("<audio") == 6
    assert "Seed 77" not in page
    assert page.count("<figure") == 3  # likelihood, strength, scale consistency
    Comparison.objects.filter(outcome="right").update(outcome="left")
    assert "No, the contrary" in client.get(address).content.decode()
    Comparison.objects.exclude(listener=enrolments[0].listener).update(outcome="tie")
    assert "Not shown" in client.get(address).content.decode()
    assert client.get("/better/nothing/").status_code == 404


def test_it_asks_for_the_same_seeds_at_each_shipped_step(db, queued, client, monkeypatch):
    monkeypatch.setattr("listening.services.chores._is_quiet", lambda: True)
    for slug, step in (("lstm-x", 30), ("lstm-x-step-10", 10), ("alone", 5)):
        make_checkpoint(slug=slug, step=step, run=None)
    for _ in range(6):
        chores_look()
    asked = set(ComposeRequest.objects.values_list("checkpoint__slug", "settings__seed"))
    assert asked == {(slug, seed) for slug in ("lstm-x", "lstm-x-step-10") for seed in (1001, 1002)}
    assert client.get("/better/lstm-x/").status_code == 200
