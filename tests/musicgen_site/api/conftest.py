"""What tests of the API share: tokens, and rows of every kind to ask for."""

import pytest

from accounts.models import Scope
from accounts.services import api_token_create
from tests.generator.conftest import checkpoint, make_song, sampling
from tests.training.conftest import make_dataset, make_run, ready_dataset

__all__ = ["checkpoint", "make_dataset", "make_run", "make_song", "ready_dataset", "sampling"]


@pytest.fixture(autouse=True)
def _queued(monkeypatch, data_dir):
    """Nothing reaches a queue, and no test sees another's files."""
    monkeypatch.setattr("training.queues.put", lambda **_call: None)


@pytest.fixture
def make_token():
    """Makes a token of a user; gives the header by which a program shows it."""

    def make(user, *scopes, **fields):
        _row, words = api_token_create(user=user, name="test", scopes=scopes or Scope.values, **fields)
        return {"HTTP_AUTHORIZATION": f"Bearer {words}"}

    return make
