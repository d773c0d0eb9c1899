"""The Python client and `python -m musicgen site`, against a real server."""

import json
import zipfile

import pytest

from accounts.models import Scope
from accounts.services import api_token_create
from generator.models import ComposeRequest, Song
from musicgen.cli.program import main
from musicgen.client import SiteClient, SiteError
from musicgen.client.transport import Transport
from papers.jobs.export import paper_export
from tests.generator.conftest import SOUND, add_sound
from tests.training.pieces import midi_bytes
from training.models import Dataset, Run, WorkState


@pytest.fixture
def token(transactional_db, researcher):
    return api_token_create(user=researcher, name="test", scopes=Scope.values)[1]


@pytest.fixture
def command(live_server, token, monkeypatch, capsys):
    """Runs `python -m musicgen site …`; gives (code, stdout, stderr)."""
    monkeypatch.setenv("MUSICGEN_TOKEN", token)
    monkeypatch.setattr("musicgen.client.site.ASK_EVERY_SECONDS", 0.01)

    def run(*words):
        code = main(["site", "--site", live_server.url, *map(str, words)])
        return code, *capsys.readouterr()

    return run


def finish(model, **fields):
    """Let rows of work end the moment they are asked for: no worker runs here."""
    model.objects.update(state=WorkState.FINISHED, progress=1.0, **fields)


@pytest.fixture
def at_once(monkeypatch):
    """What reaches a queue is finished at once."""
    models = {"training.jobs.ingest.dataset_ingest": Dataset, "training.jobs.train.run_train": Run}

    def put(*, function, **_call):
        finish(models[function])

    monkeypatch.setattr("training.queues.put", put)


def test_it_uploads_byte_for_byte_and_waits(command, at_once, tmp_path):
    archive = tmp_path / 'two "pieces".zip'
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.mid", midi_bytes(1))
    code, out, _err = command("upload", archive, "--name", "Mine", "--licence", "cc0")
    assert code == 0
    row = Dataset.objects.get()
    assert f"dataset {row.pk}, Mine: finished" in out
    assert row.uploads.get().path.read_bytes() == archive.read_bytes()


def test_it_goes_on_where_a_cut_upload_was(live_server, token, tmp_path, monkeypatch):
    monkeypatch.setattr("musicgen.client.sending.PIECE_BYTES", 100)
    monkeypatch.setattr("training.queues.put", lambda **_call: None)
    path = tmp_path / "long.mid"
    path.write_bytes(midi_bytes(3, notes=100))
    sent, piece = [], Transport.piece

    def cut(transport, address, headers, body):
        sent.append(int(headers["Upload-Offset"]))
        if len(sent) == 2:
            raise SiteError("the line is dead before anything arrived")
        piece(transport, address, headers, body)
        if len(sent) == 4:
            raise SiteError("the line is dead after everything arrived")

    monkeypatch.setattr(Transport, "piece", cut)
    told = []
    SiteClient(live_server.url, token).upload(
        [path], name="Mine", licence="cc0", on_progress=lambda done, total: told.append((done, total))
    )
    size = path.stat().st_size
    assert sent[:5] == [0, 100, 100, 200, 300]
    assert told[-1] == (size, size)
    assert Dataset.objects.get().uploads.get().path.read_bytes() == path.read_bytes()


def test_it_trains_and_follows(command, at_once, ready_dataset):
    code, out, _err = command("train", ready_dataset.pk, "--set", "max_epochs=3", "--follow")
    assert code == 0
    run = Run.objects.get()
    assert run.settings["max_epochs"] == 3
    assert f"run {run.pk}: finished" in out


def test_it_samples_and_downloads(command, monkeypatch, checkpoint, make_song, tmp_path):
    def compose(**_call):
        song = make_song(formats=(), checkpoint=checkpoint)
        add_sound(song, "flac")
        finish(ComposeRequest, song=song)

    monkeypatch.setattr("training.queues.put", compose)
    target = tmp_path / "song.flac"
    assert command("sample", checkpoint.slug, "--seed", 5, "--out", target)[0] == 0
    assert target.read_bytes() == SOUND
    assert ComposeRequest.objects.get().settings["seed"] == 5
    song = Song.objects.get()
    assert command("download", song.pk, "--out", tmp_path / "song.mid")[0] == 0
    assert (tmp_path / "song.mid").read_bytes() == b"MThd midi"
    code, _out, err = command("download", song.pk, "--out", tmp_path / "song.mp3")
    assert (code, "there as flac, mid" in err) == (2, True)


def test_it_publishes_withdraws_and_takes_a_paper(
    command, monkeypatch, researcher, checkpoint, make_song, tmp_path
):
    Run.objects.filter(pk=checkpoint.run_id).update(owner=researcher)
    assert command("withdraw", checkpoint.slug)[1] == f"{checkpoint.slug}: withdrawn\n"
    assert command("publish", checkpoint.slug)[1] == f"{checkpoint.slug}: published\n"
    song = make_song(checkpoint=checkpoint)
    monkeypatch.setattr("training.queues.put", lambda *, argument, **_call: paper_export(argument))
    monkeypatch.setattr("papers.archive.plots.all_plots", lambda songs, checkpoints: {})
    target = tmp_path / "paper.zip"
    code, _out, err = command("paper", "A waltz", "--song", song.pk, "--out", target)
    assert code == 0, err
    assert any(name.startswith(f"songs/{song.pk:06d}") for name in zipfile.ZipFile(target).namelist())
    assert command("paper", "Nothing", "--out", tmp_path / "none.zip")[0] == 2


def test_it_says_what_the_site_says(command, live_server):
    code, _out, err = command("train", 77)
    assert (code, err.strip()) == (2, "There is nothing at this address, or not for you.")
    assert command("me")[0] == 0
    with pytest.raises(SiteError, match="Send a token"):
        SiteClient(live_server.url).me()


def test_it_reads_lists_over_many_pages(live_server, make_song, monkeypatch):
    monkeypatch.setattr("musicgen.client.site.PAGE_SIZE", 2)
    made = {make_song().pk for _ in range(5)}
    assert {song.id for song in SiteClient(live_server.url).songs()} == made


def test_it_says_when_nobody_answers(monkeypatch):
    monkeypatch.setattr("musicgen.client.transport.TRIES", 1)
    with pytest.raises(SiteError, match="does not answer"):
        SiteClient("http://127.0.0.1:9").me()
    with pytest.raises(SiteError, match="is no site"):
        SiteClient("file:///etc/passwd")


def test_it_prints_json(command):
    assert json.loads(command("--json", "me")[1])["scopes"] == Scope.values
