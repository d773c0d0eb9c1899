"""A dataset grows and shrinks in versions; each stays what it was, and reading one goes on after a kill."""

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from musicgen.corpus import open_corpus
from musicgen.corpus.prepare import prepare
from tests.training.pieces import midi_bytes, tar_bytes, zip_bytes
from training.jobs import ingest
from training.jobs.ingest import dataset_ingest
from training.jobs.version_files import version_laid_out
from training.models import Dataset, DatasetFile, Upload, Verdict, WorkState
from training.services import dataset_add_files, dataset_drop_files, dataset_retry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_queue(queued):
    """Jobs are called here, not queued."""


def take_in(dataset):
    dataset_ingest(dataset.pk)
    dataset.refresh_from_db()
    return dataset


def received(owner, name, content):
    upload = Upload(owner=owner, name=name, bytes=len(content), offset=len(content), sha256="12" * 32)
    upload.path.write_bytes(content)
    upload.save()
    return upload


def test_it_makes_versions_of_what_is_added_and_left_out(make_dataset, researcher, tmp_path):
    dataset = take_in(make_dataset(*((f"{seed}.mid", midi_bytes(seed)) for seed in range(6))))
    first = dataset.versions.get()
    assert (first.number, first.file_count, dataset.state) == (1, 6, WorkState.FINISHED)
    folder = version_laid_out(dataset, 1)
    before = prepare(folder, tmp_path / "before")

    dataset_add_files(dataset=dataset, received=[received(researcher, "more.mid", midi_bytes(9))])
    assert not Upload.objects.exists()
    take_in(dataset)
    second = dataset.versions.first()
    assert (second.number, second.file_count, second.change) == (2, 7, "1 files added")

    assert dataset_drop_files(dataset=dataset, positions=[0, 2]) == 2
    take_in(dataset)
    third = dataset.versions.first()
    assert (third.number, third.file_count, third.change) == (3, 5, "2 files left out")
    assert len({first.content_hash, second.content_hash, third.content_hash}) == 3

    # The first is still there to the byte, though its folder is laid out anew.
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink()
    folder.rmdir()
    again = prepare(version_laid_out(dataset, 1), tmp_path / "again")
    assert again.corpus_hash == before.corpus_hash
    assert len(list(version_laid_out(dataset, 3).glob("*.mid"))) == 5

    # What was left out can come back, under the hash that the version had.
    dataset_add_files(
        dataset=dataset,
        received=[received(researcher, f"{seed}.mid", midi_bytes(seed)) for seed in (0, 2)],
    )
    take_in(dataset)
    assert dataset.versions.first().content_hash == second.content_hash


def test_it_goes_on_where_a_killed_job_was(make_dataset, monkeypatch):
    monkeypatch.setattr(ingest, "RECORD_SECONDS", 0.0)
    files = {f"{seed}.mid": midi_bytes(seed) for seed in range(8)}
    dataset = make_dataset(("tunes.zip", zip_bytes({**files, "copy.mid": files["1.mid"]})))
    read = ingest.GuardedReader.read
    judged = []

    def dies(reader, data):
        if len(judged) == 4:
            raise KeyboardInterrupt  # as a kill: nothing is caught, nothing more is written
        judged.append(data)
        return read(reader, data)

    monkeypatch.setattr(ingest.GuardedReader, "read", dies)
    with pytest.raises(KeyboardInterrupt):
        dataset_ingest(dataset.pk)
    kept = DatasetFile.objects.count()
    assert 3 <= kept < 9
    Dataset.objects.update(state=WorkState.QUEUED, claim=None)
    judged.clear()
    monkeypatch.setattr(
        ingest.GuardedReader, "read", lambda reader, data: judged.append(data) or read(reader, data)
    )
    take_in(dataset)
    verdicts = dict(dataset.files.values_list("path", "verdict"))
    assert (len(verdicts), verdicts["copy.mid"]) == (9, Verdict.DUPLICATE)
    assert [file.position for file in dataset.files.all()] == list(range(9))
    assert len(judged) <= 9 - kept  # what was judged before was not judged again
    assert dataset.versions.get().file_count == 8


def test_it_begins_anew_after_a_failure(make_dataset):
    dataset = take_in(make_dataset(("junk.mid", b"junk")))
    assert dataset.state == WorkState.FAILED
    assert not Dataset.objects.ready().exists()
    assert dataset_retry(dataset=dataset)
    assert not dataset.files.exists()


SPLITS = ("train", "validation", "test")
GIANT = "Bach, Johann Sebastian, Prelude {n}, XXXXXXXXX{n:02d}.mid"
LAYOUTS = {
    "MAESTRO": (
        {
            "maestro-v3.0.0/maestro-v3.0.0.csv": b"canonical_composer,canonical_title,split,midi_filename\n"
            + b"".join(
                f"Franz Liszt,Etude {n},{SPLITS[n % 3]},2018/take{n}.midi\n".encode() for n in range(6)
            )
        },
        "maestro-v3.0.0/2018/take{n}.midi",
        ("Franz Liszt", "Etude 1", ""),
    ),
    "GiantMIDI-Piano": ({}, "midis/" + GIANT, ("Bach, Johann Sebastian", "Prelude 1", "")),
    "Lakh": ({}, "lmd_full/{n}/" + "{n}" * 32 + ".mid", ("", "", "")),
    "POP909": ({}, "POP909/00{n}/00{n}.mid", ("", "001", "")),
    "Persian radif": ({}, "Radif/Shur/0{n}. Gusheh {n}.mid", ("", "Gusheh 1", "Shur")),
    "manifest": (
        {"table.csv": b"file,composer,style\n" + b"".join(b"p%d.mid,Anon,Reel\n" % n for n in range(6))},
        "p{n}.mid",
        ("Anon", "p1", "Reel"),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_goes_from_an_archive_of_each_layout_to_a_corpus(layout, make_dataset, tmp_path):
    tables, name, said = LAYOUTS[layout]
    content = {**tables, **{name.format(n=n): midi_bytes(n) for n in range(6)}}
    packed = ("set.tar.gz", tar_bytes(content)) if layout == "Lakh" else ("set.zip", zip_bytes(content))
    dataset = take_in(make_dataset(packed))
    assert (dataset.layout, dataset.versions.get().file_count) == (layout, 6)
    file = dataset.files.get(path=name.format(n=1))
    assert (file.composer, file.title, file.style) == said
    corpus = prepare(version_laid_out(dataset, 1), tmp_path / "corpus")
    opened = open_corpus(tmp_path / "corpus")
    assert sum(len(opened.pieces(split)) for split in SPLITS) == 6
    if layout == "MAESTRO":  # the published splits hold
        assert {split: report.pieces for split, report in corpus.splits.items()} == {
            "train": 2,
            "validation": 2,
            "test": 2,
        }
    report = dataset.versions.get().report
    assert report["measures"]["note_density"]["count"] == 6


def test_it_shows_a_report_to_search_and_to_take_along(make_dataset, client):
    _, name, _ = LAYOUTS["Persian radif"]
    content = {name.format(n=n): midi_bytes(n) for n in range(6)}
    content["Radif/Mahur/01. =cmd.mid"] = midi_bytes(9)
    dataset = take_in(make_dataset(("radif.zip", zip_bytes(content))))
    address = dataset.get_absolute_url()
    page = client.get(address, {"style": "Mahur"})
    assert [file.path for file in page.context["page"]] == ["Radif/Mahur/01. =cmd.mid"]
    assert b"all dastgahs" in page.content
    found = client.get(address, {"q": "gusheh 3"}).context["page"]
    assert [file.title for file in found] == ["Gusheh 3"]
    table = client.get(reverse("training:report_csv", args=[dataset.pk, 1])).getvalue().decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 7
    assert float(rows[0]["note_density"]) > 0
    assert {row["title"] for row in rows} >= {"Gusheh 1", "'=cmd"}
    told = json.loads(client.get(reverse("training:report_json", args=[dataset.pk, 1])).content)
    assert (told["licence"], told["taken"], told["layout"]) == ("CC0 1.0", 7, "Persian radif")
    about = client.get(reverse("training:dataset_file_about", args=[dataset.pk, found[0].position]))
    assert b"Scale consistency" in about.content
    assert client.get(reverse("training:report_svg", args=[dataset.pk, 1])).content.startswith(b"<?xml")


def test_it_takes_in_a_folder_of_this_server(tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    for seed in range(3):
        (folder / f"{seed}.mid").write_bytes(midi_bytes(seed))
    call_command("importdataset", str(folder), licence="cc0")
    dataset = take_in(Dataset.objects.get(name="mine"))
    assert (dataset.versions.get().file_count, dataset.owner) == (3, None)
    for path in folder.iterdir():
        path.unlink()
    assert len(list(version_laid_out(dataset, 1).glob("*.mid"))) == 3


def test_it_is_heard_on_demand(make_dataset, client):
    from training.jobs.sound import file_render
    from training.models import FileSound

    dataset = take_in(make_dataset(("a.mid", midi_bytes(1, notes=4))))
    ask = reverse("training:dataset_file_sound", args=[dataset.pk, 0])
    for _ in range(2):
        assert client.post(ask).status_code == 302
    sound = FileSound.objects.get()
    file_render(sound.pk)
    assert b"<audio" in client.get(ask).content
    heard = client.get(
        reverse("training:dataset_file_audio", args=[dataset.pk, 0]), headers={"range": "bytes=0-3"}
    )
    assert (heard.status_code, b"".join(heard.streaming_content)) == (206, b"OggS")
