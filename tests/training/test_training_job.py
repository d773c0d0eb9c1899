"""A run trains for real: it can be stopped, killed and resumed, and what it learned is kept."""

import os
import signal
from pathlib import Path

import pytest

from musicgen.learning import TrainSettings, read_checkpoint
from tests.training.pieces import midi_bytes
from tests.training.processes import children, descendants, is_alive
from training.jobs.ingest import dataset_ingest
from training.jobs.process import TrainingProcess
from training.jobs.train import run_train
from training.models import Checkpoint, Corpus, Run, WorkState
from training.services import run_resume, run_start, run_stop, work_reap

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = TrainSettings(
    embedding_dim=8,
    units=16,
    dropout=0.0,
    sequence_length=8,
    batch_size=4,
    max_epochs=60,
    patience=100,
    samples=0,
    seed=3,
)


@pytest.fixture
def dataset(make_dataset):
    """Twelve melodies, taken in."""
    row = make_dataset(*((f"{seed}.mid", midi_bytes(seed)) for seed in range(12)))
    dataset_ingest(row.pk)
    row.refresh_from_db()
    assert row.state == WorkState.FINISHED
    return row


def test_it_is_stopped_killed_resumed_and_finished_as_one_run(
    dataset, researcher, start_worker, wait_for, monkeypatch
):
    run = run_start(owner=researcher, dataset=dataset, settings=SETTINGS, transposed=False)

    def look():
        run.refresh_from_db()
        return run

    worker = start_worker("train")
    wait_for(lambda: look().step >= 20, "the first steps")
    assert run.state == WorkState.RUNNING
    training = training_processes(worker)
    below = min(19, os.getpriority(os.PRIO_PROCESS, worker.pid) + 10)
    assert [os.getpriority(os.PRIO_PROCESS, pid) for pid in training] == [below]
    run_stop(run=run)
    wait_for(lambda: look().state == WorkState.CANCELLED, "the stop")
    assert not any(is_alive(pid) for pid in training)
    stopped_at = run.step

    run_resume(run=run)
    wait_for(lambda: look().step > stopped_at, "it to go on")
    job, training = children(worker.pid), training_processes(worker)
    os.kill(job[0], signal.SIGKILL)
    wait_for(lambda: not any(is_alive(pid) for pid in training), "the training to die with its job")
    monkeypatch.setattr("training.services.work.STALE_SECONDS", 0.0)
    assert work_reap() == 1
    wait_for(lambda: look().state == WorkState.FINISHED, "the end")

    assert (run.deaths, run.attempts) == (1, 3)
    assert run.step == run.total_steps
    assert run.train_loss < 3.0
    assert Corpus.objects.count() == 1
    best = Checkpoint.objects.get(run=run, is_best=True)
    assert "test" in best.metrics
    assert read_checkpoint(best.path).weights_sha256 == best.weights_sha256
    assert (best.path / "loss.svg").is_file()
    assert "CC0 1.0" in (best.path / "card.md").read_text()


def training_processes(worker):
    """The processes below a worker that train."""
    return [
        pid
        for pid in descendants(worker.pid)
        if b"train" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        and b"musicgen" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    ]


def test_it_gives_its_run_back_when_its_worker_is_stopped(dataset, researcher, start_worker, wait_for):
    run = run_start(owner=researcher, dataset=dataset, settings=SETTINGS, transposed=False)
    worker = start_worker("train")
    wait_for(lambda: Run.objects.get(pk=run.pk).step > 0, "the first steps")
    worker.send_signal(signal.SIGTERM)
    worker.wait(60)
    run.refresh_from_db()
    assert (run.state, run.deaths, run.claim) == (WorkState.QUEUED, 0, None)
    assert (run.folder / "run.json").is_file()
    assert '"state": "stopped"' in (run.folder / "run.json").read_text()


def test_it_says_what_to_do_when_the_corpus_cannot_be_made(make_run):
    run = make_run()  # its dataset has one piece
    run_train(run.pk)
    run.refresh_from_db()
    assert run.state == WorkState.FAILED
    assert "piece" in run.reason


def test_it_repeats_the_training_s_own_last_words(dataset, make_run):
    run = make_run(dataset=dataset, settings={**SETTINGS.to_json(), "layers": 1})
    run_train(run.pk)
    run.refresh_from_db()
    assert run.state == WorkState.FAILED
    assert run.reason == "layers is 1, must be at least 2 for an lstm."


def test_it_explains_a_training_that_the_system_killed(dataset, make_run, monkeypatch):
    run = make_run(dataset=dataset, settings=SETTINGS.to_json())
    wait = TrainingProcess.wait

    def kill_then_wait(process, seconds):
        process._signal(signal.SIGKILL)
        return wait(process, seconds)

    monkeypatch.setattr(TrainingProcess, "wait", kill_then_wait)
    run_train(run.pk)
    run.refresh_from_db()
    assert run.state == WorkState.FAILED
    assert "ran out of memory" in run.reason
    assert "memory" in run.reason
