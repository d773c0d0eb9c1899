"""The way onto a queue. Redis holds only an index: the row in the database is the truth."""

import django_rq
from django.conf import settings
from rq import Queue

RESULT_SECONDS = 60  # how long Redis remembers a job that ended; the row remembers for good


def queue_of(name: str) -> Queue:
    """The queue of that name."""
    if name not in settings.QUEUES:
        raise LookupError(f"There is no queue {name!r}; the queues are {', '.join(settings.QUEUES)}.")
    found: Queue = django_rq.get_queue(name)
    return found


def put(*, queue: str, function: str, job_id: str, argument: int, timeout_seconds: int) -> None:
    """Put a call of `function(argument)` on the queue.

    Args:
        function: dotted name of the job; a name, so that whoever enqueues need not import it.
        job_id: names this attempt. Put there twice it is delivered twice, and the second delivery
            finds the row taken.
        timeout_seconds: after this the worker stops the job.

    Raises:
        redis.exceptions.ConnectionError: Redis is away; the reaper will enqueue the row later.
    """
    queue_of(queue).enqueue_call(
        function,
        args=(argument,),
        job_id=job_id,
        timeout=timeout_seconds,
        result_ttl=RESULT_SECONDS,
        failure_ttl=RESULT_SECONDS,
    )


def waiting_ids(queue: str) -> set[str]:
    """Ids of the jobs that wait on the queue."""
    return set(queue_of(queue).get_job_ids())
