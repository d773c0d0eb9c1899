"""Figures for Prometheus, read from the database and Redis when they are asked for."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rq import Worker

from musicgen_site.operating.readiness import free_bytes
from training import queues
from training.models import Work, WorkState

_COUNTED: Final = (
    ("accounts.User", "users"),
    ("accounts.Listener", "listeners"),
    ("generator.Song", "songs"),
    ("training.Dataset", "datasets"),
    ("training.Checkpoint", "checkpoints"),
    ("listening.Rating", "ratings"),
)


def metrics_text() -> bytes:
    """All figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Site())
    return generate_latest(registry)


class _Site(Collector):
    def collect(self) -> Iterable[Metric]:
        yield from _work()
        yield from _queues()
        rows = GaugeMetricFamily("musicgen_rows", "Rows in the database.", labels=["kind"])
        for name, kind in _COUNTED:
            rows.add_metric([kind], apps.get_model(name)._default_manager.count())
        yield rows
        yield GaugeMetricFamily("musicgen_disk_free_bytes", "Room on the data disk.", value=free_bytes())


def _work() -> Iterator[Metric]:
    states = GaugeMetricFamily("musicgen_work_rows", "Rows of work by state.", labels=["kind", "state"])
    waits = GaugeMetricFamily(
        "musicgen_work_oldest_wait_seconds", "How long the first in the queue has waited.", labels=["kind"]
    )
    for model in _work_models():
        kind = str(model._meta.model_name)
        rows: Any = model._default_manager
        for row in rows.order_by().values("state").annotate(rows=Count("pk")):
            states.add_metric([kind, row["state"]], row["rows"])
        first = rows.filter(state=WorkState.QUEUED).aggregate(first=Min("queued_at"))["first"]
        waits.add_metric([kind], (timezone.now() - first).total_seconds() if first else 0.0)
    yield states
    yield waits


def _work_models() -> list[type[Work]]:
    return [model for model in apps.get_models() if issubclass(model, Work)]


def _queues() -> Iterator[Metric]:
    lengths = GaugeMetricFamily("musicgen_queue_jobs", "Jobs waiting in Redis.", labels=["queue"])
    workers = GaugeMetricFamily("musicgen_workers", "Workers that give signs of life.", labels=["queue"])
    is_there = 1.0
    try:
        for name in settings.QUEUES:
            queue = queues.queue_of(name)
            lengths.add_metric([name], queue.count)
            workers.add_metric([name], Worker.count(queue=queue))
    except RedisError:
        is_there = 0.0
    yield GaugeMetricFamily("musicgen_redis_up", "Whether Redis answers.", value=is_there)
    yield lengths
    yield workers
