"""The pages of datasets, runs and checkpoints."""

import io
import json
import zipfile

import pytest
from django.urls import reverse

from tests.training.conftest import SMALL
from tests.training.pieces import midi_bytes
from training.models import Checkpoint, Dataset, DatasetFile, Run, Verdict, WorkState
from training.run_forms import RunForm
from training.services import checkpoints_register_shipped, run_register_checkpoints

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, researcher):
    client.force_login(researcher)
    return client


def test_it_says_so_when_there_is_nothing_yet(client):
    assert b"There is no dataset yet" in client.get("/datasets/").content
    assert b"No network has been trained here yet" in client.get("/runs/").content


def test_it_lists_datasets_with_what_was_taken(client, ready_dataset):
    page = client.get("/datasets/")
    assert [(row.name, row.taken, row.duplicates) for row in page.context["page"]] == [("Melodies", 1, 0)]


def test_it_shows_the_report_page_by_page_and_by_verdict(client, ready_dataset):
    rows = [
        DatasetFile(
            dataset=ready_dataset, position=i, path=f"{i}.mid", verdict=Verdict.REFUSED, reason="<b>bad</b>"
        )
        for i in range(1, 121)
    ]
    DatasetFile.objects.bulk_create(rows)
    address = ready_dataset.get_absolute_url()
    assert len(client.get(address).context["page"]) == 50
    last = client.get(address, {"verdict": "refused", "page": "3"})
    assert [file.position for file in last.context["page"]] == list(range(101, 121))
    assert b"&lt;b&gt;bad" in last.content
    assert b"<b>bad" not in last.content
    assert [file.path for file in client.get(address, {"verdict": "taken"}).context["page"]] == [
        "folder/melody.mid"
    ]
    assert client.get(address, {"verdict": "nonsense", "page": "x"}).status_code == 200


def test_it_hands_a_taken_file_out_as_a_download(signed_in, ready_dataset):
    response = signed_in.get(reverse("training:dataset_file", args=[ready_dataset.pk, 0]))
    assert b"".join(response) == midi_bytes(1)
    assert response["Content-Disposition"] == 'attachment; filename="melody.mid"'
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("audio/midi", "nosniff")


def test_it_asks_for_itself_while_a_dataset_is_read_and_then_refreshes(client, make_dataset):
    dataset = make_dataset(state=WorkState.RUNNING, progress=0.5, message="Read 10 files")
    address = reverse("training:dataset_status", args=[dataset.pk])
    part = client.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in part
    assert "Read 10 files" in part
    Dataset.objects.filter(pk=dataset.pk).update(state=WorkState.FINISHED)
    assert client.get(address).headers["HX-Refresh"] == "true"


def test_it_edits_what_is_said_about_a_dataset(signed_in, ready_dataset):
    address = reverse("training:dataset_change", args=[ready_dataset.pk])
    said = {"name": "Songs", "licence": "cc-by", "licence_note": "Ada", "source": "Attic"}
    assert signed_in.post(address, said).status_code == 302
    ready_dataset.refresh_from_db()
    assert {name: getattr(ready_dataset, name) for name in said} == said


def test_it_deletes_a_dataset_with_its_files(signed_in, ready_dataset):
    address = reverse("training:dataset_delete", args=[ready_dataset.pk])
    assert b"Delete for good" in signed_in.get(address).content
    assert Dataset.objects.exists()
    assert signed_in.post(address).status_code == 302
    assert not Dataset.objects.exists()
    assert not ready_dataset.folder.exists()


@pytest.mark.parametrize("held_by", ["a run", "being read"])
def test_it_keeps_a_dataset_that_is_in_use(signed_in, ready_dataset, make_run, held_by):
    if held_by == "a run":
        make_run()
    else:
        Dataset.objects.update(state=WorkState.RUNNING)
    page = signed_in.post(reverse("training:dataset_delete", args=[ready_dataset.pk]))
    assert page.status_code == 409
    assert page.context["problem"]
    assert ready_dataset.files_folder.exists()


def form_of(dataset, **fields):
    return {**SMALL.to_json(), "dataset": dataset.pk, **fields}


def test_it_starts_a_run_with_the_settings_of_the_form(
    signed_in, researcher, ready_dataset, queued, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = signed_in.post("/runs/new/", form_of(ready_dataset, transposed="on"))
    run = Run.objects.get()
    assert response.url == run.get_absolute_url()
    assert (run.owner, run.dataset, run.network) == (researcher, ready_dataset, "lstm")
    assert run.settings == SMALL.to_json()
    assert run.corpus_options["transpositions"] == [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6]
    version = run.dataset.versions.get()
    assert (run.dataset_version, run.corpus_options["version"]) == (version.number, version.content_hash)
    assert [call["queue"] for call in queued] == ["train"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"layers": 1}, "layers"),
        ({"dropout": 2}, "dropout"),
        ({"units": "many"}, "units"),
        ({"seed": ""}, "seed"),
    ],
)
def test_it_names_the_setting_that_cannot_be_used(signed_in, ready_dataset, said, field):
    page = signed_in.post("/runs/new/", form_of(ready_dataset, **said))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert not Run.objects.exists()


def test_it_offers_only_datasets_that_can_be_learned_from(ready_dataset, make_dataset):
    make_dataset(name="empty", state=WorkState.FINISHED)
    make_dataset(name="waiting")
    assert list(RunForm().fields["dataset"].queryset) == [ready_dataset]


def test_it_begins_with_the_dataset_and_preset_of_the_address(signed_in, ready_dataset):
    form = signed_in.get("/runs/new/", {"dataset": ready_dataset.pk, "preset": "quick"}).context["form"]
    assert form["dataset"].value() == str(ready_dataset.pk)
    assert form["units"].value() < RunForm()["units"].value()


def write_metrics(run, *lines):
    run.folder.mkdir(parents=True, exist_ok=True)
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)


def test_it_tells_the_curve_only_what_is_new(client, make_run):
    run = make_run(state=WorkState.RUNNING, total_steps=100)
    write_metrics(run, {"step": 10, "epoch": 0.1, "train_loss": 5.0}, {"step": 20, "train_loss": 4.0})
    (run.folder / "run.json").write_text(
        json.dumps({"baseline": {"unigram": {"validation": {"nats_per_token": 3.5}}}})
    )
    address = reverse("training:run_metrics", args=[run.pk])
    told = client.get(address).json()
    assert told["points"]["step"] == [10, 20]
    assert (told["baseline"], told["active"], told["total_steps"]) == (3.5, True, 100)
    write_metrics(run, {"step": 20, "validation_loss": 4.2}, {"step": 30, "train_loss": 3.0})
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 40, "train')  # being written at this moment
    told = client.get(address, {"after": "20"}).json()["points"]
    assert told["step"] == [20, 20, 30]
    assert told["validation_loss"] == [None, 4.2, None]


def test_it_thins_out_long_curves_but_keeps_every_evaluation(client, make_run):
    run = make_run()
    write_metrics(run, *({"step": step, "train_loss": 1.0} for step in range(10_000)))
    write_metrics(run, {"step": 9_999, "validation_loss": 2.0}, {"step": 10_000, "train_loss": 0.5})
    points = client.get(reverse("training:run_metrics", args=[run.pk])).json()["points"]
    assert len(points["step"]) < 2_100
    assert points["validation_loss"].count(2.0) == 1
    assert points["step"][-1] == 10_000


def test_it_answers_before_there_are_any_metrics(client, make_run):
    told = client.get(reverse("training:run_metrics", args=[make_run().pk]), {"after": "x"}).json()
    assert (told["points"]["step"], told["baseline"]) == ([], None)


def test_it_shows_how_long_the_rest_takes(client, make_run):
    run = make_run(
        state=WorkState.RUNNING, step=100, total_steps=400, trained_seconds=60.0, message="Training"
    )
    part = client.get(reverse("training:run_status", args=[run.pk])).content.decode()
    assert "about 3 min 0 s left at most" in part
    assert 'hx-trigger="every 2s"' in part
    Run.objects.update(state=WorkState.FINISHED)
    assert client.get(reverse("training:run_status", args=[run.pk])).headers["HX-Refresh"] == "true"


def test_it_says_why_a_run_failed(client, make_run):
    run = make_run(state=WorkState.FAILED, reason="The corpus has too few pieces; add files.")
    assert b"The corpus has too few pieces; add files." in client.get(run.get_absolute_url()).content


def test_it_stops_and_resumes_a_run(signed_in, make_run, queued):
    run = make_run()
    signed_in.post(reverse("training:run_stop", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == WorkState.CANCELLED
    signed_in.post(reverse("training:run_resume", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == WorkState.QUEUED
    assert not run.cancel_requested


def test_it_shows_where_a_checkpoint_came_from(client, make_run, write_checkpoint):
    run = make_run()
    write_checkpoint(run, 5)
    (row,) = run_register_checkpoints(run=run, names=["step-00000005"], best="step-00000005")
    page = client.get(row.get_absolute_url())
    text = page.content.decode()
    for fact in (row.weights_sha256, row.corpus_hash, run.dataset.name, "2.000", "3.500"):
        assert fact in text
    assert f"{reverse('generator:compose')}?checkpoint={row.pk}" in text
    assert client.get(f"/checkpoints/{row.pk}/").url == row.get_absolute_url()


def test_it_packs_a_checkpoint_as_an_archive(client, make_run, write_checkpoint):
    run = make_run()
    folder = write_checkpoint(run, 5)
    (row,) = run_register_checkpoints(run=run, names=[folder.name], best=folder.name)
    response = client.get(reverse("training:checkpoint_download", args=[row.slug]))
    assert response["Content-Disposition"] == f'attachment; filename="{row.slug}.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
        assert set(archive.namelist()) == {
            f"{row.slug}/{name}"
            for name in (
                "checkpoint.json",
                "weights.safetensors",
                "card.md",
                "provenance.json",
                "signature.json",
            )
        }
        packed = archive.read(f"{row.slug}/weights.safetensors")
    assert packed == (folder / "weights.safetensors").read_bytes()


def test_it_says_so_when_a_checkpoint_is_damaged(client, make_run, write_checkpoint):
    run = make_run()
    write_checkpoint(run, 5)
    (row,) = run_register_checkpoints(run=run, names=["step-00000005"], best=None)
    (row.path / "checkpoint.json").write_text("{}")
    page = client.get(row.get_absolute_url())
    assert b"damaged or gone" in page.content
    assert b"Compose from it" not in page.content
    assert client.get(reverse("training:checkpoint_download", args=[row.slug])).status_code == 404


def test_it_shows_every_shipped_checkpoint(client):
    checkpoints_register_shipped()
    for row in Checkpoint.objects.filter(run=None):
        assert client.get(row.get_absolute_url()).status_code == 200


def test_it_never_writes_when_it_is_only_looked_at(client, ready_dataset, make_run, data_dir):
    run = make_run()
    before = sorted(data_dir.rglob("*"))
    for address in ("/datasets/", "/runs/", run.get_absolute_url(), f"/runs/{run.pk}/metrics/"):
        assert client.get(address).status_code == 200
    assert sorted(data_dir.rglob("*")) == before
