"""Every address against everybody: what is private stays with its owner and whoever keeps order.

The rows asked for are all private: a song that is not published, a private dataset with its run, a
checkpoint that was withdrawn. An address that is not in access.txt fails the first test.
"""

import contextlib
import re
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve

from accounts.models import Flag, Listener, User
from accounts.moderated import moderated
from accounts.services import api_token_create, flag_raise
from generator.models import Collection, ComposeRequest, Draft, Prompt, Song
from listening.models.study import Method, Study
from musicgen.sampling.settings import SamplingSettings
from musicgen_site.api.v1 import api
from papers.models import PaperExport
from tests.generator.conftest import make_checkpoint
from tests.training.conftest import SMALL
from tests.training.pieces import midi_bytes
from training.models import (
    Dataset,
    DatasetFile,
    DatasetVersion,
    Licence,
    Run,
    Upload,
    Verdict,
    Visibility,
    WorkState,
)
from training.models.trial import Trial

TABLE = Path(__file__).with_name("access.txt")
# Who may use an address, in the letters of access.txt.
PEOPLE = {"A": "anonymous", "O": "owner", "X": "other", "M": "moderator", "S": "superuser"}
# What stands for one of many in a path: {song}, or a name where the table needs a real one.
PLACE = re.compile(r"\{[a-z_]+\}|(?<=/)flac$|(?<=judgments/)[a-z.]+$")
REFUSED = {401, 403, 404, 405}


def rules():
    """(method, path template, letters of who is let in) of every line."""
    for line in TABLE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            method, path, *letters = line.split()
            yield method, path, "".join(letters).replace("-", "")


def addresses(resolver=None, namespace=""):
    """Names of all addresses but the admin's, which Django guards."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield f"{namespace}{pattern.name}"
        elif pattern.namespace != "admin":
            yield from addresses(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)


@pytest.fixture
def private(transactional_db, researcher, data_dir, settings, monkeypatch):
    """One private row of each kind, all of one owner; gives what stands for it in addresses."""
    monkeypatch.setattr("training.queues.put", lambda **_call: None)
    settings.API_ADDRESS_LIMIT = 10**9  # other tests have called from this address, too
    listener = Listener.objects.create(user=researcher)
    dataset = Dataset.objects.create(
        name="Secret",
        owner=researcher,
        licence=Licence.OWN,
        visibility=Visibility.PRIVATE,
        state=WorkState.FINISHED,
    )
    DatasetFile.objects.create(
        dataset=dataset, position=0, path="a.mid", sha256="ab" * 32, verdict=Verdict.TAKEN
    )
    DatasetVersion.objects.create(
        dataset=dataset, number=1, content_hash="cd" * 32, file_count=1, note_count=1, seconds=1.0
    )
    dataset.files_folder.mkdir(parents=True)
    dataset.midi_path("ab" * 32).write_bytes(midi_bytes(1))
    trial = Trial.objects.create(owner=researcher, dataset=dataset, representation="chords", settings={})
    run = Run.objects.create(
        dataset=dataset, owner=researcher, network="lstm", settings=SMALL.to_json(), state=WorkState.CANCELLED
    )
    checkpoint = make_checkpoint(slug="secret", run=run, dataset=dataset, is_published=False)
    song = Song.objects.create(title="Secret", checkpoint=checkpoint, seed=1, listener=listener)
    draft = Draft.objects.create(listener=listener)
    request = ComposeRequest.objects.create(
        checkpoint=checkpoint, settings=SamplingSettings(seed=1).to_json(), listener=listener, draft=draft
    )
    prompt = Prompt.objects.create(
        listener=listener, name="a.mid", sha256="ab" * 32, seconds=1.0, note_count=1
    )
    study = Study.objects.create(
        owner=researcher, title="Secret", method=Method.PAIRS, question="Which?", consent_text="Yes."
    )
    token, _words = api_token_create(user=researcher, name="t", scopes=["read"])
    flag_raise(thing=moderated("song"), target=song, listener=listener, reason="copy", words="")
    upload = Upload.objects.create(owner=researcher, name="a.zip", bytes=10)
    export = PaperExport.objects.create(owner=researcher, title="Secret")
    collection = Collection.objects.create(listener=listener, title="Secret")
    return {
        "dataset": dataset.pk,
        "run": run.pk,
        "checkpoint": checkpoint.slug,
        "song": song.pk,
        "request": request.pk,
        "token": token.pk,
        "flag": Flag.objects.get().pk,
        "upload": upload.pk,
        "export": export.key,
        "collection": collection.pk,
        "draft": draft.pk,
        "prompt": prompt.pk,
        "study": study.pk,
        "study_token": study.token,
        "trial": trial.pk,
        "listener": listener.pk,
    }


@pytest.fixture
def clients(private, researcher, other_researcher, moderator):
    """A browser of each person."""
    people = {"A": None, "O": researcher, "X": other_researcher, "M": moderator}
    people["S"] = User.objects.create_superuser("root@example.org", "a-long-password")
    made = {}
    for letter, user in people.items():
        made[letter] = Client()
        if user is not None:
            made[letter].force_login(user)
    return made


def is_let_in(client, method, path):
    """Whether this person gets further than the door; what they did is undone."""
    with contextlib.suppress(_UndoError), transaction.atomic():
        answer = client.generic(method, path, HTTP_TUS_RESUMABLE="1.0.0")
        to_sign_in = answer.status_code == 302 and "/account/login/" in answer.headers["Location"]
        let_in = answer.status_code not in REFUSED and not to_sign_in
        raise _UndoError
    return let_in


class _UndoError(Exception):
    """Rolls back."""


def test_it_knows_every_address(private):
    known = {resolve(path.format_map(private)).view_name for _method, path, _letters in rules()}
    missing = [name for name in sorted(set(addresses()) - known) if not name.startswith("api-v1:")]
    assert missing == [], "say in access.txt who may use it"


def test_it_knows_every_operation_of_the_api():
    told = {(method, PLACE.sub("*", path)) for method, path, _letters in rules()}
    described = {
        (method.upper(), PLACE.sub("*", path))
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }
    assert sorted(described - told) == [], "say in access.txt who may use it"


def test_it_lets_in_whom_it_should_and_nobody_else(private, clients):
    wrong = []
    for method, path, letters in rules():
        found = "".join(
            letter
            for letter, client in clients.items()
            if is_let_in(client, method, path.format_map(private))
        )
        if found != letters:
            wrong.append(f"{method} {path}: {letters or '-'} may, but {found or '-'} can")
    assert not wrong, "\n".join(wrong)
