"""What a stranger sends is never run, and weights that this site did not write are not loaded."""

import json

import pytest
from django.urls import reverse

from generator.composers import ComposerCache
from musicgen.learning import CheckpointError
from tests.training.conftest import upload_form
from training.models import Dataset
from training.services import run_register_checkpoints

pytestmark = pytest.mark.django_db
HARMFUL = b"cos\nsystem\n(S'touch owned'\ntR."  # a pickle that runs a command when it is loaded


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "weights.pkl", "weights.pt"])
def test_it_takes_no_model_for_a_dataset(client, researcher, name, queued):
    client.force_login(researcher)
    answer = client.post(reverse("training:dataset_upload"), upload_form((name, HARMFUL)))
    assert answer.status_code == 422
    assert not Dataset.objects.exists()


def test_it_loads_no_weights_but_those_it_wrote(make_run, write_checkpoint):
    run = make_run()
    good, other = write_checkpoint(run, 5), write_checkpoint(run, 10, validation=9.0)
    (row,) = run_register_checkpoints(run=run, names=[good.name], best=None)
    for name in ("checkpoint.json", "weights.safetensors"):  # a whole checkpoint in the place of another
        (row.path / name).write_bytes((other / name).read_bytes())
    assert json.loads((row.path / "checkpoint.json").read_text())["weights_sha256"] != row.weights_sha256
    with pytest.raises(CheckpointError, match="not those that this site wrote"):
        ComposerCache().get(row)


def test_it_loads_no_pickle_in_the_place_of_weights(make_run, write_checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = make_run()
    (row,) = run_register_checkpoints(run=run, names=[write_checkpoint(run, 5).name], best=None)
    (row.path / "weights.safetensors").write_bytes(HARMFUL)
    with pytest.raises(CheckpointError):
        ComposerCache().get(row)
    assert not (tmp_path / "owned").exists()
