"""What tests of listening share: songs with excerpts, listeners who agreed, and answers to trials."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.middleware import COOKIE
from accounts.models import Listener
from listening.models import Clip, Enrolment, Excerpt, Trial
from musicgen.audio.excerpt import FILE_BYTES
from tests.generator.conftest import listener, make_checkpoint, make_song, queued
from training.models import WorkState

__all__ = ["listener", "make_song", "queued"]


@pytest.fixture(autouse=True)
def _unhurried(settings):
    """Tests that are about the pace set it themselves."""
    settings.MUSICGEN_VERDICT_GAP_SECONDS = 0.0
    settings.MUSICGEN_VERDICTS_A_MINUTE = 1_000


@pytest.fixture
def make_excerpt(make_song, data_dir):
    """Makes a song with a ready excerpt; its sound is noise as large as every excerpt's."""
    made = []

    def make(system, **fields):
        anchor = {"settings": {"anchor": system}, "checkpoint": None} if ":" not in system else {}
        kinds = {"kind": "human"} if system == "real" else {}
        song = make_song(
            **{**anchor, **kinds, "is_published": system not in ("random", "shuffled"), **fields}
        )
        content = hashlib.sha256(f"{len(made)}".encode()).digest() * (FILE_BYTES // 32)
        path = data_dir / "excerpts" / f"{song.pk}.opus"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        excerpt = Excerpt.objects.create(
            song=song,
            system=system,
            state=WorkState.FINISHED,
            path=f"excerpts/{song.pk}.opus",
            sha256=hashlib.sha256(content).hexdigest(),
        )
        made.append(excerpt)
        return excerpt

    return make


@pytest.fixture
def pool(make_excerpt):
    """Two networks, real music, random notes and a shuffled copy, all ready to be heard."""
    systems = {}
    for slug in ("lstm-a", "lstm-b"):
        checkpoint = make_checkpoint(slug=slug)
        systems[slug] = [make_excerpt(f"checkpoint:{slug}", checkpoint=checkpoint) for _ in range(3)]
    systems["real"] = [make_excerpt("real", title=f"Chorale {n}") for n in range(3)]
    systems["random"] = [make_excerpt("random", title=f"Noise {n}") for n in range(2)]
    copied = systems["real"][0]
    facts = {"anchor": "shuffled", "drawn_by": copied.song_id}
    systems["shuffled"] = [make_excerpt("shuffled", settings=facts)]
    return systems


class Person:
    """Somebody at the site, through its real addresses."""

    def __init__(self, address="192.0.2.1"):
        self.client = Client(REMOTE_ADDR=address, enforce_csrf_checks=False)
        self.client.post("/compare/enrol/", {"consent": "yes", "training": "some"})
        self.listener = Listener.objects.get(pk=self.client.cookies[COOKIE].value.split(":")[0])

    def send(self, address, body):
        return self.client.post(address, json.dumps(body), content_type="application/json")

    def draw(self, holding=()):
        return self.send("/compare/next/", {"holding": list(holding)})

    def trial(self, told):
        return Trial.objects.get(token=told["trial"].split(":")[0])

    def hear(self, told, seconds=8.0):
        """As if so much time had passed while the clips played."""
        trial = self.trial(told)
        Trial.objects.filter(pk=trial.pk).update(created_at=timezone.now() - timedelta(seconds=60))
        Clip.objects.filter(trial=trial).update(heard_seconds=seconds)
        return trial

    def answer(self, told, outcome="left", **more):
        return self.send("/compare/answer/", {"trial": told["trial"], "outcome": outcome, **more})

    def judge(self, choose=lambda trial: "left"):
        """One whole trial. Returns it."""
        told = self.draw().json()
        trial = self.hear(told)
        answer = self.answer(told, choose(trial))
        assert answer.status_code == 200, answer.content
        return trial


@pytest.fixture
def person(db):
    return Person()


@pytest.fixture
def make_person(db):
    return Person


@pytest.fixture
def enrolment(listener):
    return Enrolment.objects.create(
        listener=listener, consent_text="yes", training="none", client_version="1"
    )
