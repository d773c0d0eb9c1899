"""What whoever runs the site is told."""

import json
import logging
import os
import time

import pytest
from django.core.management import call_command

from generator.models import ComposeRequest
from musicgen_site.operating.disk import SAFE_AGE_SECONDS, orphans
from musicgen_site.operating.logs import JsonFormatter
from tests.generator.conftest import checkpoint, make_request, make_song, sampling
from training.models import WorkState

__all__ = ["checkpoint", "make_request", "make_song", "sampling"]


def test_it_says_what_is_missing(client, db, empty_redis):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    findings = answer.json()["findings"]
    assert findings["database"] == findings["redis"] == "ok"
    assert "manage.py work" in findings["worker on train"]


def test_it_is_ready_once_every_queue_has_a_worker(client, db, empty_redis, monkeypatch):
    monkeypatch.setattr("musicgen_site.operating.readiness.Worker.count", lambda queue: 1)
    assert client.get("/readyz").status_code == 200


def test_it_gives_figures_to_whoever_has_the_token(client, empty_redis, settings, make_request):
    make_request()
    make_request(state=WorkState.FAILED)
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "let-me-see"
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong").status_code == 404
    text = client.get("/metrics", HTTP_AUTHORIZATION="Bearer let-me-see").content.decode()
    assert 'musicgen_work_rows{kind="composerequest",state="queued"} 1.0' in text
    assert 'musicgen_work_rows{kind="composerequest",state="failed"} 1.0' in text
    assert "musicgen_redis_up 1.0" in text
    waited = next(line for line in text.splitlines() if 'wait_seconds{kind="composerequest"}' in line)
    assert float(waited.split()[-1]) >= 0.0
    assert ComposeRequest.objects.count() == 2


def test_it_finds_and_removes_what_nothing_points_at(data_dir, make_song, capsys):
    kept = make_song()
    long_ago = time.time() - 2 * SAFE_AGE_SECONDS
    for name, moment in (("999", long_ago), ("998", time.time())):
        folder = data_dir / "songs" / name
        folder.mkdir()
        (folder / "song.mid").write_bytes(b"1234")
        for path in (folder / "song.mid", folder):
            os.utime(path, (moment, moment))
    for path in (*kept.folder.iterdir(), kept.folder):
        os.utime(path, (long_ago, long_ago))
    assert [orphan.path.name for orphan in orphans()] == ["999"], "not what is young, not what has a row"
    call_command("disk")
    assert (data_dir / "songs" / "999").exists()
    call_command("disk", "--clean")
    assert "4 bytes removed" in capsys.readouterr().out
    assert not (data_dir / "songs" / "999").exists()
    assert (data_dir / "songs" / "998").exists()
    assert kept.midi_file.exists()


@pytest.mark.parametrize("text", ["two\nlines", "“quoted”"])
def test_it_logs_one_object_a_line(text):
    try:
        raise ValueError(text)
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "f", 1, "%s failed", (text,), __import__("sys").exc_info(), extra={"run": 5}
        )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["message"], said["level"], said["run"]) == (f"{text} failed", "ERROR", 5)
    assert "ValueError" in said["exception"]
