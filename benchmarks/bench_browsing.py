"""Browsing a hundred thousand songs: how long pages take at a steady rate of mixed requests.

Seeds a SQLite database of its own with drawn songs, starts the web server as `manage.py up` does, and
asks for pages at a fixed rate, whether the ones before were answered or not: a slow answer does not
slow the asking. Prints the median and the 95th percentile by kind of page.

    python benchmarks/bench_browsing.py [--songs 100000] [--rate 50] [--seconds 300] [--corpus FOLDER]

With a corpus, a training on it (at the priority that the site gives it) and one piece after another being
composed run beside the requests, for the figures of a busy site.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

BATCH = 2000  # rows written at once
PEAKS = 600  # numbers of a waveform, as many as a song of a minute has
CLIENTS = 32  # connections; more requests than that at once wait, and the wait is counted
WORDS = ("amber", "copper", "harbour", "moon", "stone", "window", "no. 7", "quiet river")


def seed(songs: int) -> None:
    """Datasets, checkpoints and so many songs with two sound files each."""
    from django.db import connection
    from django.utils import timezone

    from generator.models import Rendition, Song
    from generator.names import song_title
    from generator.selectors.finding import KEYS
    from training.models import Checkpoint, Dataset

    draw = random.Random(1)
    now = timezone.now()
    checkpoints = []
    for number in range(5):
        dataset = Dataset.objects.create(name=f"Dataset {number}", state="finished")
        for network in ("lstm", "crnn_gan", "transformer"):
            for step in (500, 5000, 20_000):
                slug = f"{network}-{number}-{step}"
                checkpoints.append(
                    Checkpoint.objects.create(
                        slug=slug, title=slug, dataset=dataset, network=network, representation="chords",
                        step=step, weights_sha256="0" * 64, corpus_hash="0" * 64, parameters=1,
                        created_at=now,
                    )
                )  # fmt: skip
    measures = {f"measure_{number}": 1.2345 for number in range(25)}
    sketch = "".join(f"M{x} {x % 40}h3" for x in range(2, 238, 2))
    for begin in range(0, songs, BATCH):
        rows = []
        for number in range(begin, min(begin + BATCH, songs)):
            checkpoint = draw.choice(checkpoints)
            rated = draw.choice((0, 0, 0, 1, 5))
            rows.append(
                Song(
                    title=song_title(network=checkpoint.network, seed=number), checkpoint=checkpoint,
                    seed=number, seconds=draw.uniform(15, 180), note_count=300, is_published=True,
                    key=draw.choice(KEYS), tempo_bpm=draw.uniform(50, 180), families=1 << draw.randrange(6),
                    style=draw.choice(("", "", "waltz", "Shur", "Mahur")), sketch=sketch,
                    peaks=[0.5] * PEAKS, statistics=measures, play_count=draw.randrange(50),
                    rating_count=rated, rating_sum=rated * draw.randint(1, 5),
                    verdict_count=rated * 2, human_count=draw.randint(0, rated * 2),
                )
            )  # fmt: skip
        made = Song.objects.bulk_create(rows)
        Rendition.objects.bulk_create(
            Rendition(song=song, format=name, bytes=1, seconds=60, path="none", sha256="0" * 64)
            for song in made
            for name in ("opus", "mp3")
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def addresses(songs: int, draw: random.Random) -> tuple[str, str]:
    """A page that a listener might ask for next: its kind and its address."""
    kind = draw.choices(
        ("newest", "deep page", "order", "search", "filters", "song", "home"), (20, 8, 17, 15, 20, 15, 5)
    )[0]
    orders = (
        "best",
        "heard",
        "rated",
        "longest",
        "shortest",
        "title",
        "oldest",
        "human",
        f"random&seed={draw.randrange(99)}",
    )
    filters = (
        ("network", ("lstm", "transformer")), ("tempo", ("slow", "fast")), ("length", ("short", "long")),
        ("family", ("0", "5")), ("style", ("waltz", "Shur")), ("stars", ("4",)), ("step", ("late", "early")),
        ("key", ("C+major", "A+minor")), ("dataset", ("1", "3")), ("human", ("most", "few")),
    )  # fmt: skip
    chosen = "&".join(f"{name}={draw.choice(values)}" for name, values in draw.sample(filters, 2))
    pages = {
        "newest": "/songs/",
        "deep page": f"/songs/?page={draw.randrange(2, 400)}",
        "order": f"/songs/?order={draw.choice(orders)}",
        "search": f"/songs/?q={draw.choice(WORDS).replace(' ', '+')}",
        "filters": f"/songs/?{chosen}",
        "song": f"/songs/{draw.randrange(1, songs + 1)}/",
        "home": "/",
    }
    return kind, pages[kind]


class Load:
    """Requests at a fixed rate over a few lasting connections."""

    def __init__(self, port: int, rate: float, seconds: float, songs: int) -> None:
        self.port, self.rate, self.seconds, self.songs = port, rate, seconds, songs
        self.begun = time.perf_counter() + 0.5
        self.next = 0
        self.lock = threading.Lock()
        self.took: dict[str, list[float]] = defaultdict(list)
        self.wrong: dict[int, int] = defaultdict(int)
        self.bytes: dict[str, int] = {}

    def client(self, number: int) -> None:
        """Take the next request that is due, until time is up."""
        draw = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self.lock:
                due = self.begun + self.next / self.rate
                self.next += 1
            if due > self.begun + self.seconds:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            kind, address = addresses(self.songs, draw)
            connection.request("GET", address)
            answer = connection.getresponse()
            size = len(answer.read())
            with self.lock:
                self.took[kind].append(time.perf_counter() - due)
                self.bytes[kind] = max(self.bytes.get(kind, 0), size)
                if answer.status != 200:
                    self.wrong[answer.status] += 1

    def run(self) -> None:
        """All of it, on as many connections as there are clients."""
        clients = [threading.Thread(target=self.client, args=(number,)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()


def serve(port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The web server with the options of `manage.py up`."""
    command = [
        *(sys.executable, "-m", "gunicorn", "musicgen_site.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *(
            "--worker-class",
            "gthread",
            "--workers",
            "2",
            "--threads",
            "8",
            "--preload",
            "--log-level",
            "warning",
        ),
    ]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


@contextlib.contextmanager
def busy(corpus: str | None) -> Iterator[None]:
    """A training on the corpus and one piece after another composed, for as long as the block runs."""
    if corpus is None:
        yield
        return
    from training.management.commands.work import NICENESS

    core, over = [sys.executable, "-m", "musicgen"], threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        learn = ["train", "--network", "lstm", "--corpus", corpus, "--out", f"{folder}/run"]
        training = subprocess.Popen(
            [*core, *learn, "--max-epochs", "10000"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.nice(NICENESS["train"]),
        )

        def compose() -> None:
            for number in range(100_000):
                if over.is_set():
                    return
                piece = ["sample", "--checkpoint", "lstm-chorales", "--seed", str(number)]
                subprocess.run(
                    [*core, *piece, "--out", f"{folder}/{number}.mid"], cwd=ROOT, stdout=subprocess.DEVNULL
                )
                composed.append(number)

        composed: list[int] = []
        composing = threading.Thread(target=compose)
        composing.start()
        try:
            yield
        finally:
            trained = training.poll() is None
            over.set()
            training.terminate()
            training.wait()
            composing.join()
        print(
            f"beside it: a training {'to the end' if trained else 'that ended early'}, {len(composed)} pieces"
        )


def report(load: Load) -> None:
    everything = [one for kind in load.took.values() for one in kind]
    print(f"{'page':12} {'requests':>8} {'median ms':>10} {'p95 ms':>8} {'largest KB':>11}")
    for kind, took in [*sorted(load.took.items()), ("all", everything)]:
        cuts = statistics.quantiles(took, n=20)
        size = max(load.bytes.values()) if kind == "all" else load.bytes[kind]
        median = 1000 * statistics.median(took)
        print(f"{kind:12} {len(took):8} {median:10.1f} {1000 * cuts[18]:8.1f} {size / 1000:11.1f}")
    print("answers other than 200:", dict(load.wrong) or "none")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--corpus", help="to train on meanwhile, made by `python -m musicgen prepare`")
    options = parser.parse_args()
    from tests.browser.conftest import answers, free_port

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(MUSICGEN_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="musicgen_site.settings")
        environment: dict[str, Any] = dict(os.environ)
        for command in ("migrate", "collectstatic"):
            arguments = [sys.executable, "manage.py", command, "--verbosity", "0", "--no-input"]
            subprocess.run(arguments, cwd=ROOT, env=environment, check=True)
        import django

        django.setup()
        began = time.perf_counter()
        seed(options.songs)
        took = time.perf_counter() - began
        print(f"{options.songs:,} songs seeded in {took:.0f} s; load {os.getloadavg()[0]:.1f}")
        port = free_port()
        server = serve(port, environment)
        try:
            while not answers(f"http://127.0.0.1:{port}"):
                time.sleep(0.1)
            load = Load(port, options.rate, options.seconds, options.songs)
            with busy(options.corpus):
                load.run()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
        print(
            f"{options.rate:g} requests/s for {options.seconds:g} s; load {os.getloadavg()[0]:.1f} at the end"
        )
        report(load)


if __name__ == "__main__":
    main()
