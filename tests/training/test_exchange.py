"""A checkpoint goes to another site only where somebody trusted vouches for it, or its hash is named."""

import json
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from training.models import Checkpoint
from training.services import run_register_checkpoints
from training.services.exchange import CheckpointRefusedError, checkpoint_load
from training.signing import public_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def archive(make_run, write_checkpoint, client, tmp_path):
    """What the checkpoint's page gives."""
    run = make_run()
    (row,) = run_register_checkpoints(run=run, names=[write_checkpoint(run, 5).name], best=None)
    path = tmp_path / "given.zip"
    path.write_bytes(client.get(reverse("training:checkpoint_download", args=[row.slug])).getvalue())
    return path


def elsewhere(settings, tmp_path):
    """From now on this is another site, with a key of its own."""
    settings.DATA_DIR = tmp_path / "elsewhere"
    settings.DATA_DIR.mkdir()


def test_it_loads_what_this_project_signed(archive, client):
    call_command("loadcheckpoint", str(archive), publish=True)
    row = Checkpoint.objects.get(slug__startswith="loaded-given")
    assert not row.is_shipped
    assert row.provenance["licence_title"] == "CC0 1.0"
    page = client.get(row.get_absolute_url())
    assert (page.status_code, b"CC0 1.0" in page.content) == (200, True)


def test_it_refuses_a_stranger_until_the_operator_says_so(archive, settings, tmp_path):
    there = public_key()
    elsewhere(settings, tmp_path)
    with pytest.raises(CommandError, match="does not trust") as refused:
        call_command("loadcheckpoint", str(archive))
    assert not Checkpoint.objects.filter(slug__startswith="loaded").exists()
    sha256 = str(refused.value).rpartition(" ")[2]
    row = checkpoint_load(path=archive, accepted_sha256=sha256)
    assert (row.weights_sha256, row.is_published) == (sha256, False)
    settings.MUSICGEN_TRUSTED_KEYS = [there]
    assert checkpoint_load(path=archive) == row


@pytest.mark.parametrize("changed", ["weights.safetensors", "checkpoint.json", "provenance.json"])
def test_it_refuses_what_was_changed_since_it_was_signed(archive, changed):
    with zipfile.ZipFile(archive) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data + b" " if name.endswith(changed) else data)
    with pytest.raises(CheckpointRefusedError, match="does not hold"):
        checkpoint_load(path=archive)


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "weights.pkl"])
def test_it_never_loads_what_may_hold_foreign_code(tmp_path, name):
    path = tmp_path / "foreign.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(name, b"cos\nsystem\n(S'touch owned'\ntR.")
        packed.writestr("checkpoint.json", json.dumps({}))
    with pytest.raises(CheckpointRefusedError, match="never loaded"):
        checkpoint_load(path=path)
