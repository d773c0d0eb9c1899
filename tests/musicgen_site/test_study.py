"""A whole study as a researcher's program does it, on real workers: from an archive to the paper about it."""

import csv
import io
import json
import random
import signal
import zipfile

import pytest
from django.test import Client

from accounts.models import Scope
from accounts.services import api_token_create
from generator.models import Song
from listening.models import Clip, Study
from listening.services.study import missing_clips
from musicgen.client import SiteClient
from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score
from tests.training.pieces import zip_bytes

# The clip that is listened to has 20 seconds; a song of a network that learned for a moment may be no good.
SONG_SECONDS = 24
TAKES = 2
MOST_ASKED = 8
MOST_SECONDS = 1500
TINY = {
    "embedding_dim": 16,
    "units": 32,
    "sequence_length": 16,
    "batch_size": 4,
    "dropout": 0.0,
    "max_epochs": 12,
    "patience": 100,
    "samples": 0,
    "seed": 3,
}


def tune(seed):
    """Sixty notes of one length up and down a scale: soon learned, and nothing to be silent in."""
    draw = random.Random(seed)
    scale = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76)
    places = [draw.randrange(len(scale))]
    while len(places) < 60:
        places.append(min(len(scale) - 1, max(0, places[-1] + draw.choice((-2, -1, 1, 2)))))
    notes = (Note(240 * number, scale[place], 240, 80) for number, place in enumerate(places))
    return write_midi(Score(parts=(Part(Notes.of(notes)),)))


@pytest.fixture(autouse=True)
def _not_for_ever():
    """The client waits as long as it takes; a test does not."""

    def stop(*_signal):
        raise TimeoutError(f"not done after {MOST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(MOST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def program(live_server, transactional_db, site_environment, researcher):
    """The typed client of a researcher."""
    words = api_token_create(user=researcher, name="a program", scopes=Scope.values)[1]
    return SiteClient(live_server.url, words)


def songs_of(program, slug):
    """Two songs that can be published, however many it takes."""
    found = []
    for seed in range(MOST_ASKED):
        asked = program.compose(slug, seed=100 * seed + 1, length_seconds=SONG_SECONDS, takes=TAKES)
        songs = [program.wait_for_song(request) for request in asked.takes]
        found += [song for song in songs if Song.objects.get(pk=song.id).is_published and song.seconds >= 20]
        if len(found) > 1:
            return found
    raise AssertionError(f"hardly any of {MOST_ASKED * TAKES} songs is any good")


def take(study):
    """One listener answers every page of the study, which stands open."""
    person = Client(REMOTE_ADDR="192.0.2.7")
    root = f"/studies/take/{study.token}/"
    person.post(f"{root}begin/", {"consent": "yes", "training": "none"})
    answered = 0
    while not (told := person.post(f"{root}next/", "{}", content_type="application/json").json()).get("end"):
        clip = person.get(told["clips"][0])
        assert (clip.status_code, clip["Content-Type"]) == (200, "audio/ogg")
        assert b"".join(clip.streaming_content).startswith(b"OggS")
        Clip.objects.filter(trial__token=told["trial"].split(":")[0]).update(heard_seconds=7)
        body = json.dumps({"trial": told["trial"], "values": [4]})
        assert person.post(f"{root}answer/", body, content_type="application/json").status_code == 200
        answered += 1
    assert "CODE-7" in person.get(root).content.decode()
    return answered


def test_it_goes_from_an_archive_to_the_paper(program, researcher, client, start_worker, wait_for, tmp_path):
    for queue in ("ingest", "train", "compose", "render", "encode"):
        start_worker(queue)
    archive = tmp_path / "tunes.zip"
    good = {f"good-{seed}.mid": tune(seed) for seed in range(16)}
    archive.write_bytes(zip_bytes({**good, "copy.mid": good["good-0.mid"], "broken.mid": b"MThd no more"}))
    dataset = program.upload([archive], name="Sixteen tunes", licence="cc0", source="Drawn at random.")
    dataset = program.wait_for_dataset(dataset.id)
    assert (dataset.state, dataset.taken, dataset.duplicates, dataset.refused) == ("finished", 16, 1, 1)

    run = program.wait_for_run(program.train(dataset.id, TINY).id)
    assert run.state == "finished", run.reason
    assert program.metrics(run.id)["step"]
    best = next(row for row in program.checkpoints(run.id) if row.is_best)
    assert not program.withdraw(best.slug).is_published
    assert program.publish(best.slug).is_published
    songs = songs_of(program, best.slug)
    assert all(program.download(song.midi).startswith(b"MThd") for song in songs)

    client.force_login(researcher)
    form = {
        "title": "Is it music?",
        "question": "How good is it?",
        "consent_text": "You may stop at any time.",
        "method": "acr",
        "songs": [song.id for song in songs],
        "trials_each": 4,
        "stimuli_each": 2,
        "check_every": 0,
        "completion_code": "CODE-7",
    }
    assert client.post("/studies/new/", form).status_code == 302
    study = Study.objects.get()
    wait_for(lambda: not missing_clips(study), "the clips", seconds=300)
    client.post(f"/studies/{study.pk}/state/", {"state": "open"})
    assert take(study) == 4
    answers = list(
        csv.DictReader(io.StringIO(client.get(f"/studies/{study.pk}/export.csv").content.decode()))
    )
    assert len(answers) == 4
    assert {float(row["value"]) for row in answers} == {4.0}
    assert {int(row["song"]) for row in answers} <= {song.id for song in songs}

    paper = program.wait_for_paper(program.paper("Sixteen tunes", studies=[study.pk], authors="Ada L.").key)
    with zipfile.ZipFile(io.BytesIO(paper)) as packed:
        names = packed.namelist()
        assert all(f"songs/{song.id:06d}" in " ".join(names) for song in songs)
        assert packed.read(f"studies/{study.pk}.csv").decode().count("\n") == 1 + len(answers)
        methods = packed.read("METHODS.md").decode()
        assert "1 of 1 participants finished" in methods
        assert best.slug in methods
        assert "Sixteen tunes" in methods
        assert best.weights_sha256 in "".join(
            packed.read(name).decode() for name in names if name.endswith(".json")
        )
