"""`manage.py up`: the whole site on one machine, until Ctrl-C."""

from __future__ import annotations

import http.client
import os
import sys
from typing import Any, Final

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from accounts.services import demo_researcher_ensure
from musicgen_site.startup import (
    StartupError,
    check_port_is_free,
    data_folder_owned,
    database_migrate,
    demo_begin,
    static_files_gather,
)
from musicgen_site.supervision.keeper import keep
from musicgen_site.supervision.output import PrefixedOutput, wants_colour
from musicgen_site.supervision.parts import Part
from musicgen_site.supervision.processes import end_marked
from musicgen_site.supervision.redis_server import (
    RedisMissingError,
    find_redis_server,
    redis_answers,
    redis_part,
)
from musicgen_site.supervision.supervisor import StopAsked, Supervisor
from training.jobs.machine import gpus
from training.models.run import GPU_QUEUE

_MARK: Final = "MUSICGEN_SUPERVISED_FROM"  # environment variable that every part carries: the data folder
_REDIS_STAGE: Final = 0
_SITE_STAGE: Final = 1
_REDIS_SECONDS: Final = 30.0  # to read its log of commands after a crash
_WEB_SECONDS: Final = 60.0  # on a machine that is busy with something else
_LEFTOVER_SECONDS: Final = 5.0
_WORKER_SECONDS: Final = 30.0
_TRAIN_SECONDS: Final = 75.0  # a training finishes its step and writes its checkpoint first


class Command(BaseCommand):
    """Starts Redis, the web server, the workers and the reaper, and keeps them running."""

    help = (
        "Runs the whole site on this machine: prepares the database and the static files, starts Redis, the "
        "web server, the workers and the reaper, restarts what dies, and stops everything on Ctrl-C."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Checks what can be checked, then runs the site until it is told to stop.

        Raises:
            CommandError: The site cannot start; the message says why and what to do.
        """
        try:
            with data_folder_owned(settings.DATA_DIR):
                end_marked(_MARK, str(settings.DATA_DIR), _LEFTOVER_SECONDS)
                check_port_is_free(settings.MUSICGEN_HOST, settings.MUSICGEN_PORT)
                redis = _own_redis()
                code = keep(lambda: _run_site(redis))
        except (StartupError, RedisMissingError) as error:
            raise CommandError(str(error)) from error
        if code:
            sys.exit(code)


def _own_redis() -> Part | None:
    """Return the Redis to start, None where REDIS_URL names one that runs already."""
    if "REDIS_URL" not in os.environ:
        program = find_redis_server(settings.ROOT / ".tools")
        return redis_part(program, settings.REDIS_SOCKET, stage=_REDIS_STAGE)
    if not redis_answers(settings.REDIS_URL):
        raise StartupError(
            "no Redis answers at REDIS_URL: start it, correct the address, or unset REDIS_URL so that "
            "the site starts a Redis of its own"
        )
    return None


def _run_site(redis: Part | None) -> int:
    """Start everything in order, watch it until a stop signal, and return the exit code."""
    parts = _site_parts()
    output = PrefixedOutput(
        sys.stdout, width=max(len(part.name) for part in parts), colour=wants_colour(sys.stdout)
    )
    with Supervisor(output, mark=(_MARK, str(settings.DATA_DIR))) as supervisor:
        if redis is not None:
            supervisor.start([redis])
            if not supervisor.run(lambda: redis_answers(settings.REDIS_URL), seconds=_REDIS_SECONDS):
                if supervisor.stop_asked:
                    return 0
                supervisor.say(f"Redis does not answer at {settings.REDIS_SOCKET}; its lines above say why")
                return 1
        try:
            with supervisor.interruptible():
                _prepare(supervisor)
        except StopAsked:
            return 0
        except DatabaseError as error:
            supervisor.say(f"the database cannot be used: {str(error).strip()}")
            supervisor.say("check DATABASE_URL, and that its server runs and lets this user in")
            return 1
        web, *others = parts
        supervisor.start([web])
        if not supervisor.run(_web_answers, seconds=_WEB_SECONDS) and not supervisor.stop_asked:
            supervisor.say(
                f"the web server has not answered for {_WEB_SECONDS:g} s; its lines above may say why"
            )
        if not supervisor.stop_asked:
            _announce(supervisor)
            supervisor.start(others)
            supervisor.run()
            supervisor.say("stopping; a second Ctrl-C kills at once")
    return 0


def _prepare(supervisor: Supervisor) -> None:
    """Bring the database and the static files up to date."""
    supervisor.say("bringing the database up to date")
    database_migrate()
    demo_begin()
    if static_files_gather():
        supervisor.say("gathered the static files")


def _site_parts() -> list[Part]:
    """Return every part but Redis, the web server first."""
    host = f"[{settings.MUSICGEN_HOST}]" if ":" in settings.MUSICGEN_HOST else settings.MUSICGEN_HOST
    # Threads: browsers hold connections open and songs are sent slowly, and a worker that can do one
    # thing at a time would keep everybody waiting. Two processes: a page is mostly computation. Half
    # of the threads of each are left to listeners who hear a song being composed: such a stream holds
    # a thread, though no processor, for as long as it lasts (`generator.views.live`).
    gunicorn = (
        *(sys.executable, "-m", "gunicorn", "musicgen_site.wsgi:application", "--chdir", str(settings.ROOT)),
        *("--bind", f"{host}:{settings.MUSICGEN_PORT}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "24", "--preload"),
        *("--timeout", "60", "--graceful-timeout", "10", "--keep-alive", "5"),
        *("--log-level", "warning", "--no-control-socket"),
    )
    return [
        Part("web", gunicorn, stage=_SITE_STAGE, stop_seconds=15),
        # Each worker sets its own priority, and hands a running job back to its queue when it is stopped.
        *(
            _manage(
                queue,
                "work",
                queue,
                stop_seconds=_TRAIN_SECONDS if queue.startswith("train") else _WORKER_SECONDS,
            )
            for queue in settings.QUEUES
            if queue != GPU_QUEUE or gpus()
        ),
        _manage("reap", "reap", stop_seconds=5),
        _manage("demo", "loaddemo", stop_seconds=5, niceness=5, once=True),
    ]


def _manage(name: str, *arguments: str, stop_seconds: float, niceness: int = 0, once: bool = False) -> Part:
    command = (sys.executable, str(settings.ROOT / "manage.py"), *arguments)
    return Part(name, command, stage=_SITE_STAGE, stop_seconds=stop_seconds, niceness=niceness, once=once)


def _local_host() -> str:
    """Return the host by which this machine itself reaches the server."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 nothing is bound here
    return everywhere.get(settings.MUSICGEN_HOST, settings.MUSICGEN_HOST)


def _web_answers() -> bool:
    """Return whether the web server answers anything: in production it may be a redirect to https."""
    connection = http.client.HTTPConnection(_local_host(), settings.MUSICGEN_PORT, timeout=0.5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _announce(supervisor: Supervisor) -> None:
    """Say where the site is and, in development, how to sign in as a researcher."""
    host = f"[{_local_host()}]" if ":" in _local_host() else _local_host()
    lines = [f"The site is at  http://{host}:{settings.MUSICGEN_PORT}/"]
    if settings.MUSICGEN_ENV == "development":
        email, password = demo_researcher_ensure()
        lines.append(f"Researcher sign-in (development only):  {email}  {password}")
    lines.append("Ctrl-C stops everything.")
    rule = "─" * max(len(line) for line in lines)
    for line in [rule, *lines, rule]:
        supervisor.say(line, strong=True)
