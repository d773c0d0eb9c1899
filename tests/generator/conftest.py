"""What tests of songs share: a network to compose with, and songs with sound."""

import hashlib

import pytest
from django.utils import timezone

from accounts.models import Listener
from generator.models import ComposeRequest, Rendition, Song
from musicgen.sampling.settings import SamplingSettings
from training.models import Checkpoint, Dataset, Run

SOUND = bytes(range(256)) * 40  # 10,240 bytes, each position known


@pytest.fixture
def checkpoint(db):
    """A published checkpoint; its files are not there."""
    return make_checkpoint()


def make_checkpoint(slug="run-1-step-5", network="lstm", **fields):
    dataset = Dataset.objects.create(name="Waltzes")
    run = Run.objects.create(dataset=dataset, network=network, settings={})
    return Checkpoint.objects.create(
        **{
            "slug": slug,
            "title": f"{network} on waltzes",
            "run": run,
            "dataset": dataset,
            "network": network,
            "representation": "chords",
            "step": 1234,
            "weights_sha256": "cd" * 32,
            "corpus_hash": "ab" * 32,
            "parameters": 1000,
            "created_at": timezone.now(),
            **fields,
        }
    )


@pytest.fixture
def sampling():
    return SamplingSettings(seed=7, length_seconds=30.0)


@pytest.fixture
def make_song(db, data_dir):
    """Makes a published song; `formats` says which sound files it has."""
    made = []

    def make(*, formats=("opus", "mp3"), **fields):
        number = len(made)
        known = Checkpoint.objects.first() or make_checkpoint()
        song = Song.objects.create(
            **{
                "title": f"Amber harbour no. {number}",
                "checkpoint": known,
                "seed": number,
                "settings": SamplingSettings(seed=number).to_json(),
                "seconds": 61.5,
                "note_count": 300,
                "peaks": [0.1, 1.0, 0.5],
                "is_published": True,
                **fields,
            }
        )
        song.folder.mkdir(parents=True, exist_ok=True)
        (song.folder / "song.mid").write_bytes(b"MThd midi")
        song.midi_path = f"songs/{song.pk}/song.mid"
        song.midi_sha256 = hashlib.sha256(b"MThd midi").hexdigest()
        song.save()
        for name in formats:
            add_sound(song, name)
        made.append(song)
        return song

    return make


def add_sound(song, name, content=SOUND):
    (song.folder / f"song.{name}").write_bytes(content)
    return Rendition.objects.create(
        song=song,
        format=name,
        soundfont="piano.sf3",
        loudness_lufs=-23.0,
        bytes=len(content),
        seconds=62.0,
        path=f"songs/{song.pk}/song.{name}",
        sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture
def listener(db):
    return Listener.objects.create()


@pytest.fixture
def make_request(checkpoint, sampling):
    """Makes a request for a song without enqueueing it."""

    def make(**fields):
        return ComposeRequest.objects.create(
            **{"checkpoint": checkpoint, "settings": sampling.to_json(), **fields}
        )

    return make


@pytest.fixture
def queued(monkeypatch):
    """Collects what is put on queues, in the place of Redis."""
    calls = []
    monkeypatch.setattr("training.queues.put", lambda **call: calls.append(call))
    return calls
