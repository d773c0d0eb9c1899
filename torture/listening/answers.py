"""Blind pairs that were heard and wait for their answer, without the minutes that listening takes."""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import TimestampSigner, get_cookie_signer

from accounts.middleware import COOKIE, COOKIE_SALT
from accounts.models import Listener
from generator.models import Song
from listening.models import Clip, Enrolment, Excerpt, Trial, TrialKind
from training.models import WorkState


@dataclass(frozen=True)
class Waiting:
    """A trial that waits: its signed name, and the cookie of its listener."""

    trial: str
    cookie: str
    pk: int


def make_excerpts(count: int = 4) -> list[Excerpt]:
    """Excerpts of songs without sound; nobody hears them."""
    made = []
    for number in range(count):
        song = Song.objects.create(title=f"Song {number}", seconds=60, is_published=True)
        system = ("real", "random", "checkpoint:a", "checkpoint:b")[number % 4]
        made.append(Excerpt.objects.create(song=song, system=system, state=WorkState.FINISHED))
    return made


def cookie_of(listener: Listener) -> str:
    """What the listener's browser sends."""
    signed = get_cookie_signer(salt=COOKIE + COOKIE_SALT).sign(str(listener.pk))
    return f"{COOKIE}={signed}"


def make_waiting(count: int, *, heard: float = 9.0) -> list[Waiting]:
    """Trials, each of a listener of its own."""
    assert settings.DATABASES
    excerpts = make_excerpts()
    signer = TimestampSigner(salt="musicgen.trial")
    listeners = Listener.objects.bulk_create(Listener() for _ in range(count))
    agreed = {"consent_text": "yes", "training": "none", "client_version": "1"}
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(listener=listener, **agreed) for listener in listeners
    )
    trials = Trial.objects.bulk_create(
        Trial(kind=TrialKind.PAIR, listener=listener, enrolment=enrolment)
        for listener, enrolment in zip(listeners, enrolments, strict=True)
    )
    Clip.objects.bulk_create(
        Clip(
            trial=trial, position=side, excerpt=excerpts[(number + side) % len(excerpts)], heard_seconds=heard
        )
        for number, trial in enumerate(trials)
        for side in (0, 1)
    )
    return [
        Waiting(signer.sign(trial.token), cookie_of(listener), trial.pk)
        for trial, listener in zip(trials, listeners, strict=True)
    ]
