"""A row of work is done once, by one runner, whatever dies on the way."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.conftest import ROOT
from tests.training.pieces import midi_bytes
from tests.training.processes import children, is_alive
from training import queues
from training.models import Dataset, Run, Verdict, WorkState
from training.services import (
    WorkCancelledError,
    WorkFailedError,
    WorkInterruptedError,
    WorkSupersededError,
    work_claim,
    work_end,
    work_enqueue,
    work_reap,
    work_report,
    work_request_cancel,
    work_requeue,
    work_run,
)
from training.services.holding import held
from training.services.work import HUNG_SECONDS, LOST_SECONDS, STALE_SECONDS

pytestmark = pytest.mark.django_db

HOLDING = """
import runpy, sys, uuid
from django.conf import settings
settings.configure(DATA_DIR=sys.argv[1])
held = runpy.run_path("training/services/holding.py")["held"]
with held(uuid.UUID(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


def stale(row):
    """As if its runner had died some time ago."""
    past = timezone.now() - timedelta(seconds=STALE_SECONDS + 1)
    type(row).objects.filter(pk=row.pk).update(heartbeat_at=past)


def test_it_is_enqueued_once_the_transaction_is_committed(
    make_run, queued, django_capture_on_commit_callbacks
):
    run = make_run()
    with django_capture_on_commit_callbacks(execute=True):
        work_enqueue(row=run)
        assert not queued
    assert [call["job_id"] for call in queued] == [f"run-{run.pk}-0"]


@pytest.mark.django_db(transaction=True)
def test_it_starts_nothing_when_the_transaction_is_rolled_back(make_run, queued):
    run = make_run()
    with transaction.atomic():
        work_enqueue(row=run)
        transaction.set_rollback(True)
    assert not queued


def test_it_waits_in_the_database_while_redis_is_away(
    make_run, monkeypatch, django_capture_on_commit_callbacks
):
    def put(**call):
        raise RedisConnectionError("no Redis here")

    monkeypatch.setattr("training.queues.put", put)
    run = make_run()
    with django_capture_on_commit_callbacks(execute=True):
        work_enqueue(row=run)
    run.refresh_from_db()
    assert run.state == WorkState.QUEUED


@pytest.mark.django_db(transaction=True)
def test_it_is_claimed_by_one_of_many_who_try_at_once(make_run):
    run = make_run()
    claimed = []
    together = threading.Barrier(8)

    def claim():
        together.wait()
        row = work_claim(Run, run.pk)
        if row is not None:
            claimed.append(row.claim)
        connections.close_all()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 1
    run.refresh_from_db()
    assert run.claim == claimed[0]
    assert run.attempts == 1


def test_it_does_a_job_delivered_twice_only_once(make_run):
    run = make_run()
    done = []

    def body(row, stop):
        done.append(row.pk)

    work_run(Run, run.pk, body)
    work_run(Run, run.pk, body)
    assert done == [run.pk]
    run.refresh_from_db()
    assert (run.state, run.progress) == (WorkState.FINISHED, 1.0)


def test_it_lets_only_the_runner_with_the_claim_write(make_run):
    run = make_run()
    first = work_claim(Run, run.pk)
    stale(first)
    work_reap()
    second = work_claim(Run, run.pk)
    with pytest.raises(WorkSupersededError):
        work_report(row=first, progress=0.9)
    assert not work_end(row=first, state=WorkState.FAILED, reason="too late")
    work_report(row=second, progress=0.2)
    run.refresh_from_db()
    assert (run.state, run.progress, run.reason) == (WorkState.RUNNING, 0.2, "")


def test_it_is_put_back_when_its_runner_shows_no_sign_of_life(
    make_run, queued, django_capture_on_commit_callbacks
):
    run = work_claim(Run, make_run().pk)
    assert work_reap() == 0
    stale(run)
    with django_capture_on_commit_callbacks(execute=True):
        assert work_reap() == 1
    run.refresh_from_db()
    assert (run.state, run.deaths) == (WorkState.QUEUED, 1)
    assert [call["job_id"] for call in queued] == [f"run-{run.pk}-1"]


def test_it_believes_the_system_more_than_signs_of_life(make_run, queued, data_dir):
    run = work_claim(Run, make_run().pk)
    command = [sys.executable, "-c", HOLDING, str(data_dir), str(run.claim)]
    other = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"held\n"
    stale(run)
    assert work_reap() == 0  # it is only busy
    work_report(row=run)
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    assert work_reap() == 1
    assert not list((data_dir / "claims").iterdir())


def test_it_gives_up_a_runner_that_lives_but_hangs(make_run, queued):
    run = work_claim(Run, make_run().pk)
    later = timezone.now() + timedelta(seconds=HUNG_SECONDS)
    with held(run.claim):
        assert work_reap(now=later - timedelta(seconds=30)) == 0
        assert work_reap(now=later + timedelta(seconds=30)) == 1


def test_it_fails_with_a_reason_after_too_many_deaths(make_run, queued):
    run = make_run()
    for _ in range(Run.max_deaths):
        stale(work_claim(Run, run.pk))
        work_reap()
    run.refresh_from_db()
    assert run.state == WorkState.FAILED
    assert "died 3 times" in run.reason
    assert work_claim(Run, run.pk) is None


def test_it_is_cancelled_when_its_runner_died_after_it_was_asked_to_stop(make_run):
    run = work_claim(Run, make_run().pk)
    work_request_cancel(row=run)
    stale(run)
    work_reap()
    run.refresh_from_db()
    assert run.state == WorkState.CANCELLED


def test_it_is_put_back_when_redis_forgot_it(
    make_run, monkeypatch, queued, django_capture_on_commit_callbacks
):
    long_ago = timezone.now() - timedelta(seconds=LOST_SECONDS + 1)
    lost, known, fresh = make_run(queued_at=long_ago), make_run(queued_at=long_ago), make_run()
    monkeypatch.setattr(
        "training.queues.waiting_ids", lambda queue: {known.job_id} if queue == "train" else set()
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert work_reap() == 1
    assert [call["argument"] for call in queued] == [lost.pk]
    assert fresh.pk not in {call["argument"] for call in queued}


def test_it_ends_at_once_when_cancelled_while_it_waits(make_run):
    run = make_run()
    work_request_cancel(row=run)
    assert run.state == WorkState.CANCELLED
    assert work_claim(Run, run.pk) is None


def test_it_ends_as_cancelled_when_it_stops_as_asked(make_run):
    run = make_run()

    def body(row, stop):
        work_request_cancel(row=Run.objects.get(pk=row.pk))
        work_report(row=row, progress=0.5)

    work_run(Run, run.pk, body)
    run.refresh_from_db()
    assert run.state == WorkState.CANCELLED
    assert run.ended_at is not None


def test_it_tells_a_person_why_it_failed(make_run):
    run = make_run()

    def body(row, stop):
        raise WorkFailedError("The disk is full; make room and try again.")

    work_run(Run, run.pk, body)
    run.refresh_from_db()
    assert (run.state, run.reason) == (WorkState.FAILED, "The disk is full; make room and try again.")


def test_it_hides_the_words_of_our_own_faults(make_run, caplog):
    run = make_run()

    def body(row, stop):
        raise KeyError("secret")

    with pytest.raises(KeyError):
        work_run(Run, run.pk, body)
    run.refresh_from_db()
    assert run.state == WorkState.FAILED
    assert "secret" not in run.reason
    assert "secret" in caplog.text


def test_it_waits_again_without_a_death_when_its_worker_is_stopped(make_run):
    run = make_run()

    def body(row, stop):
        raise WorkInterruptedError

    work_run(Run, run.pk, body)
    run.refresh_from_db()
    assert (run.state, run.deaths, run.claim) == (WorkState.QUEUED, 0, None)


def test_it_waits_again_under_a_new_name_when_asked_for_again(
    make_run, queued, django_capture_on_commit_callbacks
):
    run = work_claim(Run, make_run().pk)
    work_end(row=run, state=WorkState.FAILED, reason="once")
    with django_capture_on_commit_callbacks(execute=True):
        assert work_requeue(row=run)
    assert (run.state, run.reason, queued[0]["job_id"]) == (WorkState.QUEUED, "", f"run-{run.pk}-1")
    assert not work_requeue(row=run)


def test_it_knows_how_many_wait_before_it(make_run):
    first, second = make_run(), make_run()
    assert (first.queue_position, second.queue_position) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_it_says_stop_to_a_body_that_does_not_report(make_run, monkeypatch):
    monkeypatch.setattr("training.services.work.HEARTBEAT_SECONDS", 0.02)
    run = make_run()

    def body(row, stop):
        work_request_cancel(row=Run.objects.get(pk=row.pk))
        assert stop.wait(10)
        raise WorkCancelledError

    work_run(Run, run.pk, body)
    run.refresh_from_db()
    assert run.state == WorkState.CANCELLED


def test_it_does_work_once_though_a_real_queue_delivers_it_three_times(start_worker, make_dataset, wait_for):
    dataset = make_dataset(*((f"{seed}.mid", midi_bytes(seed)) for seed in range(5)))
    for _ in range(3):
        work_enqueue(row=dataset)
    assert queues.queue_of("ingest").get_job_ids() == [dataset.job_id] * 3
    start_worker("ingest")
    wait_for(lambda: not queues.queue_of("ingest").get_job_ids(), "the queue to be empty")
    wait_for(lambda: Dataset.objects.get(pk=dataset.pk).state == WorkState.FINISHED, "the worker")
    dataset.refresh_from_db()
    assert dataset.attempts == 1
    assert dataset.files.count() == 5


@pytest.mark.parametrize("victim", ["worker", "job"])
def test_it_is_finished_by_another_worker_when_the_first_is_killed(
    victim, start_worker, make_dataset, wait_for, monkeypatch
):
    # Large ones, so that the worker is still in the middle when it is killed.
    files = [(f"{seed:03d}.mid", midi_bytes(seed, notes=4000)) for seed in range(300)]
    dataset = make_dataset(*files)
    work_enqueue(row=dataset)
    first = start_worker("ingest")
    wait_for(lambda: Dataset.objects.get(pk=dataset.pk).files.exists(), "the first verdicts")
    jobs = children(first.pid)
    os.kill(first.pid if victim == "worker" else jobs[0], signal.SIGKILL)
    wait_for(lambda: not any(is_alive(pid) for pid in jobs), "the job to die with its worker")
    dataset.refresh_from_db()
    assert dataset.state == WorkState.RUNNING  # it was in the middle of it
    if victim == "worker":
        start_worker("ingest")
    monkeypatch.setattr("training.services.work.STALE_SECONDS", 0.0)
    assert work_reap() == 1
    wait_for(lambda: Dataset.objects.get(pk=dataset.pk).state == WorkState.FINISHED, "the second worker")
    dataset.refresh_from_db()
    assert (dataset.deaths, dataset.attempts) == (1, 2)
    assert dataset.files.filter(verdict=Verdict.TAKEN).count() == 300
