"""Better and better: songs of the same seeds, charts, and a claim that is tested."""

import pytest

from generator.models import ComposeRequest
from listening.jobs.steps import spread_checkpoints, steps_measure
from listening.models import Comparison, LeaderboardTable, StepMeasurement, Trial, TrialKind
from listening.selectors.better import shipped_run_checkpoints
from listening.selectors.charts import StepAxis
from listening.services.chores import chores_look
from musicgen.statistics import MEASURES
from tests.generator.conftest import make_checkpoint
from training.models import Checkpoint, Run
from training.services.checkpoint import checkpoints_register_shipped


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
    assert "was not measured of this training yet" in page
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


def found_by_evaluate(steps):
    """As `musicgen evaluate --out` writes it: ever nearer to real music, ever more copied."""

    def summary(mean):
        return {"count": 40, "mean": mean, "sd": 2.0}

    def compared(mean, accuracy):
        measures = {
            row.name: {"a": summary(90.0), "b": summary(mean), "chance": summary(60.0)} for row in MEASURES
        }
        test = {"accuracy": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.05}
        return {"measures": measures, "two_sample": test}

    rows = [
        {
            "step": checkpoint.step,
            "comparison": compared(60.0 + checkpoint.step, 0.95 - checkpoint.step / 100),
            "copying": {
                "shared_percent": checkpoint.step / 10,
                "usual_shared_percent": 2.0,
                "longest_run": 9,
            },
        }
        for checkpoint in steps
    ]
    trend = {"name": "two-sample accuracy", "steps": [1, 2, 3, 4, 5], "values": [5, 4, 3, 2, 1]}
    return {
        "songs": 40,
        "learned_from": compared(90.0, 0.5),
        "runs": {"run": {"checkpoints": rows, "trends": [trend]}},
    }


def test_it_draws_what_was_measured_of_each_step(steps, client):
    run = steps[0].run
    run.folder.mkdir(parents=True)
    lines = [f'{{"step": {step}, "train_loss": {9 / step}}}\n' for step in range(1, 31)]
    (run.folder / "metrics.jsonl").write_text("".join(lines))
    StepMeasurement.objects.create(run=run, state="finished", result=found_by_evaluate(steps))
    page = client.get(f"/runs/{run.pk}/better/").content.decode()
    for title in ("Loss while it learns", "Told from real music", "Copying", "Held-out likelihood"):
        assert title in page
    assert "10: 85; 20: 75; 30: 65" in page  # the accuracies, for who does not see the picture
    assert "better and better, from 5 to 1 (Kendall’s τ −1, p = 0.017" in page
    assert page.count('class="chart-band real"') >= 3
    assert page.count('class="chart-band chance"') >= 1
    assert "Measure the steps" not in page  # only its owner may


def test_it_measures_when_the_owner_asks(steps, client, researcher, other_researcher, queued):
    run = steps[0].run
    Run.objects.filter(pk=run.pk).update(owner=researcher)
    address = f"/runs/{run.pk}/better/measure/"
    client.force_login(other_researcher)
    assert client.post(address).status_code == 404
    client.force_login(researcher)
    for _ in range(2):  # asked twice, it is done once
        assert client.post(address).status_code == 302
    row = StepMeasurement.objects.get()
    assert row.state == "queued"
    assert "being measured" in client.get(f"/runs/{run.pk}/better/").content.decode()
    steps_measure(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("failed", "The run has no corpus yet. Let it begin first.")
    assert row.reason in client.get(f"/runs/{run.pk}/better/").content.decode()
    client.post(address)
    row.refresh_from_db()
    assert row.state == "queued"
    assert [checkpoint.step for checkpoint in spread_checkpoints(run, most=2)] == [10, 30]


def test_it_shows_what_came_with_a_shipped_training(db, client):
    checkpoints_register_shipped()
    page = client.get("/better/crnn-gan-piano/").content.decode()
    assert "Loss while it learns" in page
    for title in ("Losses of the game", "Told from real music", "Copying", "those of 40 samples"):
        assert title in page
    for checkpoint in shipped_run_checkpoints("lstm-piano"):
        assert "/better/lstm-piano/" in client.get(checkpoint.get_absolute_url()).content.decode()
    assert "/better/lstm-piano/" in client.get("/leaderboard/").content.decode()


def test_it_spreads_steps_by_their_logarithm_where_they_grow_fast():
    even, fast = StepAxis([10, 20, 30]), StepAxis([0, 42, 85, 171, 343])
    assert not even.is_log
    assert fast.is_log
    gaps = [fast.x(b) - fast.x(a) for a, b in zip([42, 85, 171], [85, 171, 343], strict=True)]
    assert max(gaps) - min(gaps) < 2
    assert fast.x(0) < fast.x(42)
    assert [tick["words"] for tick in fast.ticks()][-1] == "343"
