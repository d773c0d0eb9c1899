"""`python -m torture.fleet`: machines that share PostgreSQL, Redis and an S3 bucket, and no disk.

Each "machine" is a data folder of its own: a web server's, one that takes datasets in, two that train, one
that composes and one that turns songs into sound. PostgreSQL is real and runs as another user than root;
the bucket is moto's server, which speaks S3. A dataset is brought, learned from, and a song made of it;
then two runs go on side by side on two machines while one of them is killed: its worker alone, the job
alone, both. Prints what was seen; exit code 1 if anything is not where it should be.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torture.own import Kept, keep
from torture.site import ROOT, Site, children, wait_for
from torture.table import times

_HOSTS = ("web", "reader", "trainer-1", "trainer-2", "composer", "sound")
_PATIENCE_SECONDS = 1500.0
_EPOCHS = 3 * times(20)  # long enough to be killed in its middle


def main() -> int:
    """Start all of it, and look from the web server's machine."""
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
        os.environ.update(hosts["web"].environment)
        wrong = _tried(hosts)
        for host, site in hosts.items():
            count = sum(path.is_file() for path in site.folder.rglob("*"))
            print(f"{host}: {count} files of its own")
        print("\n".join(wrong) or "everything is where it should be")
        return 1 if wrong else 0


def _tried(hosts: dict[str, Site]) -> list[str]:
    """What was not as it should be."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    keep(hosts["web"], "reap")
    dataset = _brought(hosts["reader"])
    trainers = {host: keep(hosts[host], "work", "train") for host in ("trainer-1", "trainer-2")}
    wrong = _trained_on_both(dataset)
    wrong += _song(hosts)
    return wrong + _killed(dataset, trainers)


def _brought(reader: Site) -> Any:
    """A dataset that was sent to the web server and is taken in elsewhere."""
    from accounts.models import User
    from accounts.roles import RESEARCHER
    from accounts.services import user_grant_role
    from tests.training.pieces import midi_bytes, zip_bytes
    from torture.work import is_over
    from training.services import dataset_create
    from training.services.upload import upload_append, upload_begin

    user = User.objects.create_user("ada@example.org", "a-long-password")
    user_grant_role(user=user, role=RESEARCHER)
    content = zip_bytes({f"{seed}.mid": midi_bytes(seed) for seed in range(12)})
    upload = upload_begin(owner=user, name="tunes.zip", byte_count=len(content))
    upload = upload_append(upload=upload, offset=0, pieces=[content])
    said = {"name": "Tunes", "licence": "cc0", "licence_note": "", "source": "chance"}
    dataset = dataset_create(owner=user, received=[upload], **said)
    keep(reader, "work", "ingest")
    wait_for(lambda: is_over(dataset), "the dataset", _PATIENCE_SECONDS)
    if dataset.state != "finished":
        raise RuntimeError(dataset.reason)
    print(f"taken in elsewhere: {dataset.files.filter(verdict='taken').count()} files")
    return dataset


def _trained_on_both(dataset: Any) -> list[str]:
    from musicgen.learning.checkpoint import read_checkpoint, read_weights
    from torture.work import is_over, run_on
    from training.models import Checkpoint, Worker
    from training.selectors import run_curve

    wait_for(lambda: Worker.objects.present().filter(queue="train").count() == 2, "two trainers", 600)
    runs = [run_on(dataset, max_epochs=_EPOCHS, seed=seed) for seed in (1, 2)]
    wait_for(lambda: all(is_over(run) for run in runs), "two runs", _PATIENCE_SECONDS)
    wrong = [f"run {run.pk} {run.state}: {run.reason}" for run in runs if run.state != "finished"]
    trained_on = sorted(str(run.environment.get("host")) for run in runs)
    rows = Checkpoint.objects.filter(run__in=runs)
    whole = sum(bool(read_weights(row.path, read_checkpoint(row.path))) for row in rows)
    points = [len(run_curve(run)["points"]["step"]) for run in runs]
    print(
        f"trained on {trained_on}; seen from the web server: {whole} checkpoints, curves of {points} points"
    )
    if trained_on != ["trainer-1", "trainer-2"]:
        wrong.append(f"trained on {trained_on}")
    return wrong if whole and all(points) else [*wrong, "checkpoints or curves are missing"]


def _song(hosts: dict[str, Site]) -> list[str]:
    """Composed on one machine, played and encoded on another, heard from a third."""
    from accounts.models import Listener
    from generator.models import AudioFormat
    from generator.services import compose_request_create
    from musicgen.sampling.settings import SamplingSettings
    from torture.work import is_over
    from training.models import Checkpoint

    request = compose_request_create(
        checkpoint=Checkpoint.objects.filter(run__isnull=False).earliest("pk"),
        sampling=SamplingSettings(seed=7, length_seconds=15.0),
        listener=Listener.objects.create(),
    )
    workers = [keep(hosts["composer"], "work", "compose")]
    workers += [keep(hosts["sound"], "work", queue) for queue in ("render", "encode")]
    wait_for(lambda: is_over(request), "the song", _PATIENCE_SECONDS)
    song = request.song
    if song is None:
        return [f"no song: {request.reason}"]
    wait_for(lambda: song.renditions.count() == len(AudioFormat.values), "its sound", _PATIENCE_SECONDS)
    for worker in workers:
        worker.end()
        os.killpg(worker.pid, signal.SIGKILL)
    song.refresh_from_db()
    files = [(song.midi_file, song.midi_sha256), *((row.file, row.sha256) for row in song.renditions.all())]
    wrong = [
        f"{path.name} is not what was made"
        for path, sha256 in files
        if hashlib.sha256(path.read_bytes()).hexdigest() != sha256
    ]
    print(f"song {song.pk}: {len(files) - len(wrong)} of {len(files)} files here, byte for byte")
    return wrong


def _killed(dataset: Any, trainers: dict[str, Kept]) -> list[str]:
    """Two runs at a time on two machines, one of them killed; each ends once, as an unbroken one does."""
    from torture.work import is_over, run_on, state_of

    unbroken = run_on(dataset, max_epochs=_EPOCHS)
    wait_for(lambda: is_over(unbroken), "an unbroken run", _PATIENCE_SECONDS)
    wrong = []
    for victim in ("parent", "child", "both"):
        runs = [run_on(dataset, max_epochs=_EPOCHS) for _ in range(2)]
        wait_for(lambda rows=runs: all(state_of(row) and row.step >= 20 for row in rows), "training", 900)
        worker, horses = trainers["trainer-1"], children(trainers["trainer-1"].pid)
        for pid in {"parent": [worker.pid], "child": horses, "both": [worker.pid, *horses]}[victim]:
            with contextlib.suppress(ProcessLookupError):  # a child dies with its parent
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda rows=runs: all(is_over(row) for row in rows), "both to end", _PATIENCE_SECONDS)
        losses = [row.validation_loss for row in runs]
        print(
            f"{victim} killed: {[row.state for row in runs]}, {losses}, unbroken {unbroken.validation_loss}"
        )
        if any(row.state != "finished" for row in runs) or sum(row.deaths for row in runs) != 1:
            wrong.append(f"{victim} killed: {[(row.state, row.deaths, row.reason) for row in runs]}")
        elif any(abs(loss - unbroken.validation_loss) > 1e-5 for loss in losses):
            wrong.append(f"{victim} killed: {losses}, not {unbroken.validation_loss}")
    return wrong


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
