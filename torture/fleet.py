"""`python -m torture.fleet`: machines that share PostgreSQL, Redis and an S3 bucket, and no disk.

Each "machine" is a data folder of its own: a web server's, one that takes datasets in, two that train.
PostgreSQL is real and runs as another user than root; the bucket is moto's server, which speaks S3.
Prints what each machine did; exit code 1 if anything is not where it should be.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torture.site import ROOT, Site, wait_for

_MAKE = """
from accounts.models import User
from accounts.roles import RESEARCHER
from accounts.services import user_grant_role
from training.models import Upload
from training.services import dataset_create
from training.services.upload import upload_append, upload_begin
from tests.training.pieces import midi_bytes, zip_bytes
user = User.objects.create_user("ada@example.org", "a-long-password")
user_grant_role(user=user, role=RESEARCHER)
content = zip_bytes({f"{seed}.mid": midi_bytes(seed) for seed in range(12)})
upload = upload_begin(owner=user, name="tunes.zip", byte_count=len(content))
upload = upload_append(upload=upload, offset=0, pieces=[content])
said = {"name": "Tunes", "licence": "cc0", "licence_note": "", "source": "chance"}
print(dataset_create(owner=user, received=[upload], **said).pk)
"""
_STATE = """
from training.models import Dataset, Run
import json
print(json.dumps([[row.state, row.reason] for row in (*Dataset.objects.all(), *Run.objects.order_by("pk"))]))
"""
_RUNS = """
from accounts.models import User
from musicgen.learning import TrainSettings
from training.models import Dataset
from training.services import run_start
for seed in (1, 2):
    run_start(owner=User.objects.get(), dataset=Dataset.objects.get(), settings=TrainSettings(embedding_dim=8,
        units=16, dropout=0.0, sequence_length=16, batch_size=4, max_epochs=2, seed=seed))
"""
_SEEN = """
import json
from musicgen.learning.checkpoint import read_checkpoint, read_weights
from training.models import Checkpoint, Run, Worker
from training.selectors import run_curve
runs = Run.objects.order_by("pk")
rows = Checkpoint.objects.filter(run__isnull=False)
whole = [bool(read_weights(row.path, read_checkpoint(row.path))) for row in rows]
print(json.dumps({"trained on": [run.environment["host"] for run in runs], "checkpoints here": len(whole),
    "points of curves": [len(run_curve(run)["points"]["step"]) for run in runs],
    "workers": sorted({worker.host for worker in Worker.objects.present()})}))
"""


def main() -> int:
    """Start all of it, train two runs on two machines, and look from the third."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as name, contextlib.ExitStack() as stack:
        base = Path(name)
        base.chmod(0o755)
        shared = {
            "DATABASE_URL": stack.enter_context(_postgres(base / "postgres")),
            "REDIS_URL": stack.enter_context(_redis(base)),
            **stack.enter_context(_bucket()),
        }
        hosts = {host: Site(_made(base / host), {**shared, "MUSICGEN_WORKER_HOST": host}) for host in _HOSTS}
        for site in hosts.values():
            stack.callback(site.stop)
        web = hosts["web"]
        assert web.manage("migrate", "--verbosity", "0").wait() == 0
        web.manage("reap")
        web.ask(_MAKE)
        hosts["reader"].manage("work", "ingest")
        _until(web, ["finished"])
        web.ask(_RUNS)
        for host in ("trainer-1", "trainer-2"):
            hosts[host].manage("work", "train")
        _until(web, ["finished"] * 3)
        told = json.loads(web.ask(_SEEN))
        for host, site in hosts.items():
            files = [path for path in site.folder.rglob("*") if path.is_file()]
            print(f"{host}: {len(files)} files of its own below {site.folder.name}")
        print(json.dumps(told, indent=1))
        good = sorted(set(told["trained on"])) == ["trainer-1", "trainer-2"] and told["checkpoints here"] >= 2
        return 0 if good and all(told["points of curves"]) else 1


_HOSTS = ("web", "reader", "trainer-1", "trainer-2")


def _until(site: Site, wanted: list[str]) -> None:
    def is_so() -> bool:
        rows = json.loads(site.ask(_STATE))
        failed = [reason for state, reason in rows if state == "failed"]
        if failed:
            raise RuntimeError(failed[0])
        return [state for state, _ in rows] == wanted

    wait_for(is_so, f"{wanted}", seconds=1500)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    tools = found[-1].parent if found else Path(shutil.which("initdb") or "/usr/local/bin/initdb").parent
    user = next(name for name in ("postgres", "nobody") if _has_user(name)) if os.geteuid() == 0 else None
    folder.mkdir()
    if user:
        shutil.chown(folder, user)
    port = _free_port()
    data = folder / "data"
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "user": user,
        "cwd": folder,
    }
    subprocess.run([tools / "initdb", "-D", data, "-U", "site", "-A", "trust"], check=True, **quiet)
    where = ("-k", str(folder), "-h", "127.0.0.1")
    server = subprocess.Popen([tools / "postgres", "-D", data, "-p", str(port), *where], **quiet)
    try:
        _until_listening(port)
        time.sleep(1)
        login = ("-h", "127.0.0.1", "-p", str(port), "-U", "site")
        subprocess.run([tools / "createdb", *login, "site"], check=True, **quiet)
        yield f"postgres://site@127.0.0.1:{port}/site"
    finally:
        server.terminate()
        server.wait()


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    from musicgen_site.supervision.redis_server import find_redis_server

    port = _free_port()
    program = str(find_redis_server(ROOT / ".tools"))
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        _until_listening(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def _bucket() -> Iterator[dict[str, str]]:
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_listening(port)
        address = f"http://127.0.0.1:{port}"
        urllib.request.urlopen(urllib.request.Request(f"{address}/fleet", method="PUT"))
        yield {
            "MUSICGEN_S3_BUCKET": "fleet",
            "MUSICGEN_S3_ENDPOINT": address,
            "MUSICGEN_S3_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    finally:
        server.terminate()
        server.wait()


def _until_listening(port: int) -> None:
    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    wait_for(listens, f"port {port}", seconds=180)


if __name__ == "__main__":
    sys.exit(main())
