"""A song beside what its network learned from: what it copies, and what is usual."""

import hashlib
import io
import json
import zipfile

import pytest
from django.core.management import call_command
from django.urls import reverse

from generator.jobs.report import report_on_song
from generator.models import DatasetStudy, SongReport
from generator.selectors import statistics_rows
from generator.selectors.statistics import index_places, is_compared_by_itself
from generator.services import song_report_ask
from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score
from musicgen.statistics import song_statistics
from tests.generator.conftest import make_checkpoint
from training.models import DatasetFile
from training.models.dataset import Verdict
from training.models.work import WorkState


def piece(seed, notes=60):
    """A melody that no other seed has."""
    pitches = [48 + (seed * seed * 7 + index * (seed + 3) + index * index) % 30 for index in range(notes)]
    listed = [Note(240 * i, pitch, 240, 70) for i, pitch in enumerate(pitches)]
    return Score(parts=(Part(Notes.of(listed)),))


@pytest.fixture
def copied(make_song, queued):
    """A song that is one of the pieces that its network learned from, four semitones higher."""
    song = make_song()
    dataset = song.checkpoint.dataset
    dataset.files_folder.mkdir(parents=True)
    for number in range(24):
        midi = write_midi(piece(number))
        digest = hashlib.sha256(midi).hexdigest()
        dataset.midi_path(digest).write_bytes(midi)
        DatasetFile.objects.create(
            dataset=dataset, position=number, path=f"waltz-{number}.mid", sha256=digest, verdict=Verdict.TAKEN
        )
    original = piece(5).parts[0].notes
    higher = Notes(original.start_ticks, original.pitch + 4, original.duration_ticks, original.velocity)
    midi = write_midi(Score(parts=(Part(higher),)))
    song.midi_file.write_bytes(midi)
    song.statistics = song_statistics(piece(5)).to_json()
    song.save()
    return song


def test_it_names_the_passage_that_a_song_copied(client, copied):
    report = song_report_ask(song=copied)
    report_on_song(report.pk)
    report.refresh_from_db()
    assert report.state == WorkState.FINISHED, report.reason
    assert report.result["passage"]["notes"] >= 24
    names = {f"waltz-{number}.mid" for number in range(24)}
    assert report.result["piece_name"] in names
    text = client.get(copied.get_absolute_url()).content.decode()
    if report.result["piece_name"] == "waltz-5.mid":  # unless the split set the original aside
        assert report.result["flagged"]
        assert "Note for note it is like a piece" in text
        assert f"those of {report.result['piece_name']}" in report.result["reasons"][0]
        notes = {name: drawn["parts"][0]["notes"] for name, drawn in report.result["passages"].items()}
        assert [pitch + 4 for pitch in notes["piece"][2::4]] == notes["song"][2::4]
    assert "Nearest passage" in text


def test_it_shows_the_bands_of_the_training_data_and_of_chance(client, copied):
    report_on_song(song_report_ask(song=copied).pk)
    study = DatasetStudy.objects.get()
    assert study.piece_count == 24
    low, high = study.bands["note_density"]["data"]
    assert low <= copied.statistics["note_density"] <= high
    rows = {row.label: row for row in statistics_rows(copied)}
    assert rows["Note density"].is_usual
    assert 0 < rows["Tone span"].data.left < 100
    assert rows["Tone span"].chance.words != rows["Tone span"].data.words
    assert "24 pieces of the training data" in client.get(copied.get_absolute_url()).content.decode()


def test_it_asks_once_and_says_why_it_cannot(client, copied):
    address = reverse("generator:song_report_make", args=[copied.pk])
    for _ in range(2):
        client.post(address)
    assert SongReport.objects.get().state == WorkState.QUEUED
    copied.checkpoint.dataset.files_folder.rename(copied.folder / "gone")
    report = SongReport.objects.get()
    report_on_song(report.pk)
    report.refresh_from_db()
    assert report.state == WorkState.FAILED
    assert report.reason
    assert report.reason in client.get(copied.get_absolute_url()).content.decode().replace("&#x27;", "'")


def test_it_does_not_offer_a_comparison_where_nothing_is_known(client, make_song):
    song = make_song(checkpoint=None, kind="human")
    assert song_report_ask(song=song) is None
    assert "Does it copy?" not in client.get(song.get_absolute_url()).content.decode()


def test_it_bundles_a_song_with_where_it_came_from(client, copied):
    (copied.folder / "song.musicxml").write_text("<score-partwise/>")
    copied.score_path = f"songs/{copied.pk}/song.musicxml"
    copied.save()
    answer = client.get(reverse("generator:song_bundle", args=[copied.pk]))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    stem = copied.file_stem
    assert {name.removeprefix(f"{stem}/") for name in archive.namelist()} == {
        *(f"{stem}.{ending}" for ending in ("mid", "mp3", "musicxml", "svg")),
        "provenance.json",
    }
    told = json.loads(archive.read(f"{stem}/provenance.json"))
    assert told["seed"] == copied.seed
    assert told["network"] == "lstm"
    assert told["corpus_hash"] == copied.checkpoint.corpus_hash
    assert told["settings"] == copied.settings


def test_it_shows_the_bands_of_music_that_is_not_here(client, make_song):
    """Networks are shipped of piano music that is not; what is usual in it is."""
    known = make_checkpoint(slug="lstm-piano-step-42", dataset=None, run=None)
    song = make_song(checkpoint=known, statistics=song_statistics(piece(5)).to_json())
    text = client.get(song.get_absolute_url()).content.decode()
    assert "pieces of the training data" in text
    assert "is not on this site" in text
    assert all(row.data.width > 0 for row in statistics_rows(song) if row.data)


def test_it_measures_a_folder_for_that(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.mid").write_bytes(write_midi(piece(number)))
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    call_command("study", str(tmp_path), str(tmp_path / "waltzes.json"))
    told = json.loads((tmp_path / "waltzes.json").read_text())
    assert told["piece_count"] == 3
    low, high = told["bands"]["note_density"]["data"]
    assert 0 < low <= high


def test_it_compares_new_songs_by_themselves(copied):
    assert is_compared_by_itself(copied)  # few pieces: the index is made in seconds
    copied.checkpoint.dataset.files.update(verdict=Verdict.REFUSED)
    assert not is_compared_by_itself(copied)
    _, folder = index_places(copied.checkpoint, copied.checkpoint.dataset)
    folder.mkdir(parents=True)
    (folder / "index.json").write_text("{}")
    assert is_compared_by_itself(copied)
