"""A run composes on the way, is made longer, cloned, compared, estimated; what it needs is waited for."""

import json
import signal

import pytest
from django.urls import reverse

from musicgen.learning import TrainSettings, read_checkpoint
from tests.training.conftest import SMALL
from tests.training.pieces import midi_bytes
from training.jobs.ingest import dataset_ingest
from training.jobs.keeping import kept_names
from training.jobs.reasons import reason_of
from training.jobs.sampling import Sampler
from training.jobs.sound import sample_render
from training.jobs.train import run_train
from training.jobs.trial import trial_measure
from training.models import Run, Trial, WorkState
from training.services import RunWish, run_extend, run_start
from training.services.worker import worker_seen
from training.trainings import settings_of, trainings

pytestmark = pytest.mark.django_db(transaction=True)

EPOCH_STEPS = 27  # of the dataset below


@pytest.fixture(autouse=True)
def _no_queue(queued, monkeypatch):
    """Jobs are called here, not queued, and need not give way to anybody."""
    monkeypatch.setattr("training.jobs.process.NICENESS", 0)
    monkeypatch.setattr("training.jobs.sampling.NICENESS", 0)


@pytest.fixture
def dataset(make_dataset):
    row = make_dataset(*((f"{seed}.mid", midi_bytes(seed)) for seed in range(12)))
    dataset_ingest(row.pk)
    row.refresh_from_db()
    return row


@pytest.fixture
def signed_in(client, researcher):
    client.force_login(researcher)
    return client


def test_it_composes_on_the_way_and_goes_on_for_longer(dataset, researcher, signed_in, monkeypatch):
    offer = Sampler.offer

    def offer_epochs(sampler, step, checkpoint):
        """A process for each of a dozen early steps would take minutes."""
        if step and step % EPOCH_STEPS == 0:
            offer(sampler, step, checkpoint)

    monkeypatch.setattr(Sampler, "offer", offer_epochs)
    wish = RunWish(take_samples=True)
    run = run_start(owner=researcher, dataset=dataset, settings=SMALL, wish=wish)
    run_train(run.pk)
    run.refresh_from_db()
    assert (run.state, run.reason) == (WorkState.FINISHED, "")
    assert run.environment["corpus_hash"] == run.corpus.corpus_hash
    assert len(run.environment["code_sha256"]) == 64
    samples = list(run.samples.order_by("step", "seed"))
    assert run.step in {sample.step for sample in samples}
    assert {sample.seed for sample in samples} == {1, 2, 3}
    assert samples[0].statistics["note_count"] == samples[0].note_count > 0
    sample_render(samples[0].pk)
    heard = reverse("training:run_sample_audio", args=[run.pk, samples[0].step, samples[0].seed])
    assert b"".join(signed_in.get(heard).streaming_content).startswith(b"OggS")
    told = signed_in.get(reverse("training:run_metrics", args=[run.pk])).json()
    assert told["samples"]["steps"] == sorted({sample.step for sample in samples})
    assert all(one["mean"] is not None for one in told["samples"]["measures"][:5])
    best = run.checkpoints.get(is_best=True)
    assert best.provenance["licence"] == dataset.licence
    assert json.loads((best.path / "provenance.json").read_bytes())["dataset"] == "Melodies"

    longer = run_extend(run=run, more=1, owner=researcher)
    run_train(longer.pk)
    longer.refresh_from_db()
    assert (longer.state, longer.reason) == (WorkState.FINISHED, "")
    assert longer.step > run.step
    steps = [json.loads(line)["step"] for line in (longer.folder / "metrics.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)
    assert steps[-1] > run.step >= steps[0]
    assert read_checkpoint(longer.checkpoints.latest("step").path).settings["max_epochs"] == 3

    page = signed_in.get(reverse("training:run_compare"), {"run": [run.pk, longer.pk]})
    assert dict(page.context["differing"])["Epochs"] == [2, 3]


def test_it_says_beforehand_what_a_run_would_take(dataset, signed_in, monkeypatch):
    monkeypatch.setattr("training.jobs.trial.MEASURED_SECONDS", 0.5)
    form = signed_in.get(reverse("training:run_start"), {"preset": "quick"}).context["form"]
    values = {name: form[name].value() for name in form.fields}
    # What a browser sends: no unticked box, nothing for what is empty, but every 0.
    values = {name: value for name, value in values.items() if value is not None and value is not False}
    asked = {**values, "dataset": dataset.pk, "units": 16, "max_epochs": 400, "estimate": "1"}
    page = signed_in.post(reverse("training:run_start"), asked)
    trial = Trial.objects.get()
    assert page.url == reverse("training:run_trial", args=[trial.pk])
    trial_measure(trial.pk)
    trial.refresh_from_db()
    assert (trial.state, trial.reason) == (WorkState.FINISHED, "")
    assert trial.result["steps"] >= 400
    assert trial.result["seconds"] > 0
    assert trial.result["memory_mb"] > 100
    shown = signed_in.get(page.url)
    assert shown.context["values"]["units"] == "16"
    started = signed_in.post(reverse("training:run_start"), shown.context["values"])
    assert started.url == Run.objects.get().get_absolute_url()


def test_it_describes_every_setting_of_every_network():
    for network, training in trainings().items():
        assert training.settings
        for setting in (*training.main, *training.further):
            assert str(setting.help), f"{network}: nothing explains {setting.name}"
        for preset, values in training.presets.items():
            assert settings_of(values).to_json() == values, f"{network}: {preset}"


def test_it_clones_a_run_with_its_settings(make_run, signed_in):
    run = make_run(take_samples=True, settings=TrainSettings(units=24, seed=9).to_json())
    form = signed_in.get(reverse("training:run_start"), {"clone": run.pk}).context["form"]
    assert (form["units"].value(), form["seed"].value(), form["take_samples"].value()) == (24, 9, True)


def test_it_keeps_notes_and_finds_runs_by_tag(make_run, signed_in):
    run = make_run()
    signed_in.post(
        reverse("training:run_notes", args=[run.pk]), {"notes": "Too warm.", "words": "Bach,  try 2 ,bach"}
    )
    run.refresh_from_db()
    assert (run.notes, run.tags) == ("Too warm.", ["bach", "try 2"])
    assert list(signed_in.get("/runs/", {"tag": "try 2"}).context["page"]) == [run]
    assert not signed_in.get("/runs/", {"tag": "try"}).context["page"].object_list


def test_it_waits_for_a_worker_with_what_it_needs(
    make_run, queued, signed_in, django_capture_on_commit_callbacks
):
    from training.services import work_enqueue

    run = make_run(needs_gpu=True)
    with django_capture_on_commit_callbacks(execute=True):
        work_enqueue(row=run)
    assert queued[-1]["queue"] == "train-gpu"
    assert b"No worker with a GPU is there" in signed_in.get(run.get_absolute_url()).content
    gpu = {"name": "NVIDIA H200", "memory_mb": 143_000}
    worker_seen(queue="train-gpu", host="far", has={"cpus": 16, "memory_mb": 131_072, "gpus": [gpu]})
    assert b"No worker with a GPU is there" not in signed_in.get(run.get_absolute_url()).content
    assert b"NVIDIA H200" in signed_in.get(reverse("training:worker_list")).content


def test_it_leaves_a_run_to_others_that_needs_more_memory_than_is_here(make_run):
    run = make_run(needs_memory_mb=2**30)
    run_train(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (WorkState.QUEUED, 0)


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        (-signal.SIGKILL, "", "Try a smaller batch"),
        (1, "ResourceExhaustedError: failed to allocate memory", "Try a smaller batch"),
        (1, "OSError: [Errno 28] No space left on device", "Make room"),
        (2, "The loss is nan at step 3: learning ran away.", "learning ran away"),
        (-signal.SIGSEGV, "", "signal 11"),
        (1, "KeyError: 'x'", "KeyError"),
    ],
)
def test_it_says_what_to_try(code, words, said):
    assert said in reason_of(code, words, 512.0)


def test_it_keeps_the_best_the_last_and_some_on_the_way():
    names = [f"step-{step:08d}" for step in range(10, 250, 10)]
    kept = kept_names(names, "step-00000170")
    assert kept[:2] == ["step-00000170", "step-00000240"]
    assert {"step-00000120", "step-00000060", "step-00000030", "step-00000010"} <= set(kept)
    assert len(kept) <= 8
    assert kept_names([], None) == []
