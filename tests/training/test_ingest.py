"""Taking a dataset in: every file gets a verdict, and only sound new ones are kept."""

import hashlib

import pytest

from tests.training.pieces import midi_bytes, tar_bytes, zip_bytes
from training.jobs.ingest import dataset_ingest
from training.models import Dataset, DatasetFile, Verdict, WorkState
from training.services import demo_dataset_ensure, work_request_cancel

pytestmark = pytest.mark.django_db(transaction=True)


def take_in(dataset):
    dataset_ingest(dataset.pk)
    dataset.refresh_from_db()
    return {file.path: file for file in dataset.files.all()}


def test_it_takes_new_files_and_says_why_others_are_left_out(make_dataset):
    good, other = midi_bytes(1), midi_bytes(2)
    archive = zip_bytes(
        {
            "a/good.mid": good,
            "a/other.mid": other,
            "b/again.mid": good,
            "b/page.mid": b"<html>no music</html>",
            "b/cut.mid": other[:60],
            "notes.txt": b"left alone",
        }
    )
    dataset = make_dataset(("tunes.zip", archive))
    files = take_in(dataset)
    assert dataset.state == WorkState.FINISHED
    assert {path: file.verdict for path, file in files.items()} == {
        "a/good.mid": Verdict.TAKEN,
        "a/other.mid": Verdict.TAKEN,
        "b/again.mid": Verdict.DUPLICATE,
        "b/page.mid": Verdict.REFUSED,
        "b/cut.mid": Verdict.REFUSED,
    }
    assert files["b/again.mid"].reason == "The same file as a/good.mid."
    assert "not a MIDI file" in files["b/page.mid"].reason
    assert files["a/good.mid"].note_count == 40
    kept = dataset.midi_path(files["a/good.mid"].sha256).read_bytes()
    assert kept == good
    assert files["a/good.mid"].sha256 == hashlib.sha256(good).hexdigest()
    assert len(list(dataset.files_folder.iterdir())) == 2


def test_it_takes_a_tar_archive_and_says_what_it_repaired(make_dataset):
    whole = midi_bytes(1, notes=40)
    dataset = make_dataset(("tunes.tar.gz", tar_bytes({"whole.mid": whole, "cut.mid": midi_bytes(2)[:200]})))
    files = take_in(dataset)
    assert {path: file.verdict for path, file in files.items()} == {
        "whole.mid": Verdict.TAKEN,
        "cut.mid": Verdict.TAKEN,
    }
    assert files["whole.mid"].reason == ""
    assert files["cut.mid"].reason.startswith("Repaired: ")
    assert 0 < files["cut.mid"].note_count < 40


def test_it_knows_the_same_notes_in_another_key(make_dataset, monkeypatch):
    from musicgen.midi import read_midi, write_midi
    from musicgen.score import Note, Notes, Part, Score

    melody = read_midi(midi_bytes(1))
    higher = [
        Note(note.start_ticks, note.pitch + 3, note.duration_ticks, note.velocity)
        for note in melody.parts[0].notes
    ]
    moved = Score(
        parts=(Part(Notes.of(higher)),),
        tempos=melody.tempos,
        time_signatures=melody.time_signatures,
        ticks_per_quarter=melody.ticks_per_quarter,
    )
    files = take_in(make_dataset(("low.mid", midi_bytes(1)), ("moved.mid", write_midi(moved))))
    assert files["moved.mid"].verdict == Verdict.DUPLICATE
    assert "The same notes as low.mid" in files["moved.mid"].reason


def test_it_reports_single_files_under_the_names_they_were_sent_with(make_dataset):
    files = take_in(make_dataset(("Mein Lied.mid", midi_bytes(1)), ("junk.mid", b"junk")))
    assert set(files) == {"Mein Lied.mid", "junk.mid"}


def test_it_fails_with_a_reason_when_nothing_can_be_taken(make_dataset):
    dataset = make_dataset(("junk.mid", b"junk"))
    take_in(dataset)
    assert dataset.state == WorkState.FAILED
    assert dataset.reason.startswith("No file could be taken. junk.mid: ")


def test_it_refuses_an_archive_that_points_outside_and_takes_the_rest(make_dataset, tmp_path):
    hostile = zip_bytes({"../../escaped.mid": midi_bytes(5)})
    dataset = make_dataset(("hostile.zip", hostile), ("fine.mid", midi_bytes(1)))
    files = take_in(dataset)
    assert files["hostile.zip"].verdict == Verdict.REFUSED
    assert "points outside" in files["hostile.zip"].reason
    assert "00000.zip" not in files["hostile.zip"].reason
    assert files["fine.mid"].verdict == Verdict.TAKEN
    assert not list(tmp_path.rglob("escaped.mid"))


def test_it_refuses_an_archive_that_unfolds_without_end(make_dataset):
    bomb = zip_bytes({"bomb.mid": b"\0" * 400 * 2**20})
    dataset = make_dataset(("bomb.zip", bomb), ("fine.mid", midi_bytes(1)))
    files = take_in(dataset)
    assert files["bomb.zip"].verdict == Verdict.REFUSED
    assert "times its size" in files["bomb.zip"].reason


def test_it_leaves_one_report_when_it_is_taken_in_again(make_dataset):
    dataset = make_dataset(("a.mid", midi_bytes(1)), ("b.mid", midi_bytes(2)))
    take_in(dataset)
    Dataset.objects.filter(pk=dataset.pk).update(state=WorkState.QUEUED)
    take_in(dataset)
    assert [file.position for file in dataset.files.all()] == [0, 1]


def test_it_stops_when_asked_and_keeps_what_it_found(make_dataset, monkeypatch):
    monkeypatch.setattr("training.jobs.ingest.RECORD_SECONDS", 0.0)
    dataset = make_dataset(*((f"{seed}.mid", midi_bytes(seed)) for seed in range(4)))
    from training.jobs import ingest

    record = ingest.ingest_record

    def record_then_cancel(**said):
        record(**said)
        if DatasetFile.objects.count() == 2:
            work_request_cancel(row=Dataset.objects.get(pk=dataset.pk))

    monkeypatch.setattr("training.jobs.ingest.ingest_record", record_then_cancel)
    take_in(dataset)
    assert dataset.state == WorkState.CANCELLED
    assert dataset.files.count() == 2


def test_it_makes_the_demo_dataset_once_and_writes_it_itself(queued, monkeypatch):
    def write(folder, on_progress):
        folder.mkdir(parents=True)
        for seed in range(3):
            (folder / f"bwv{seed}.mid").write_bytes(midi_bytes(seed))
            on_progress(seed + 1, 3)

    monkeypatch.setattr("training.jobs.ingest.write_chorales", write)
    dataset = demo_dataset_ensure()
    assert demo_dataset_ensure() == dataset
    assert [call["argument"] for call in queued] == [dataset.pk]
    files = take_in(dataset)
    assert set(files) == {"bwv0.mid", "bwv1.mid", "bwv2.mid"}
    assert dataset.state == WorkState.FINISHED
    assert dataset.owner is None
