"""What tests of the site share: users of each role, a real Redis, real workers, a data folder each."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import settings as hypothesis_settings

from musicgen_site.supervision.redis_server import find_redis_server

# What is drawn by chance is drawn anew by every developer, and the same way by every CI run: a
# landing must not fail over a case that another change brought.
hypothesis_settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis_settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 20

# By now the tests' settings are loaded; what tests start runs under the true ones.
os.environ["DJANGO_SETTINGS_MODULE"] = "musicgen_site.settings"
# Whoever runs the tests in the background hands down a Ctrl-C that is ignored; programs that tests
# start must hear it all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes share the tests, see `tests.sharing`."""
    from tests.sharing import Sharing

    return Sharing(config, log)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis on the socket that the settings name, for the whole session."""
    from django.conf import settings

    socket = Path(settings.REDIS_SOCKET)
    socket.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(find_redis_server(ROOT / ".tools")),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    process = subprocess.Popen([*command, "--dir", str(socket.parent)], stdout=subprocess.DEVNULL)
    connection = redis.Redis.from_url(settings.REDIS_URL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(redis.ConnectionError):
                if connection.ping():
                    break
            assert process.poll() is None, "redis-server ended"
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.02)
        yield settings.REDIS_URL
    finally:
        connection.close()
        process.terminate()
        process.wait(START_SECONDS)


@pytest.fixture
def empty_redis(redis_url: str) -> str:
    """The session's Redis with nothing in it. Returns its address."""
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushall()
    return redis_url


@pytest.fixture
def data_dir(settings, tmp_path: Path) -> Path:
    """A data folder for this test alone."""
    settings.DATA_DIR = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return tmp_path


@pytest.fixture
def site_environment(transactional_db, empty_redis: str, data_dir: Path) -> dict[str, str]:
    """Environment variables by which a process of its own serves or works for this very test."""
    from django.db import connection

    database = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"sqlite:///{database['NAME']}"
    else:
        login = f"{database['USER']}:{database['PASSWORD']}"
        address = f"postgres://{login}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": address,
        "MUSICGEN_DATA_DIR": str(data_dir),
        "REDIS_URL": empty_redis,
    }


@pytest.fixture
def start_worker(site_environment: dict[str, str]) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts real workers (`manage.py work QUEUE`), each in a group of its own; ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(queue: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "work", queue],
            cwd=ROOT,
            env=site_environment,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Waits until a condition holds; fails with what it waited for when that takes too long."""

    def wait(condition: Callable[[], object], what: str, seconds: float = 600) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
            time.sleep(0.05)

    return wait


@pytest.fixture
def listener_user(db):
    """Somebody with an account and no role."""
    from accounts.models import User

    return User.objects.create_user("listener@example.org", "a-long-password")


@pytest.fixture
def researcher(db):
    """Somebody who may upload and train."""
    from accounts.models import User
    from accounts.roles import RESEARCHER
    from accounts.services import user_grant_role

    user = User.objects.create_user("ada@example.org", "a-long-password")
    user_grant_role(user=user, role=RESEARCHER)
    return user


@pytest.fixture
def other_researcher(db):
    """Another one."""
    from accounts.models import User
    from accounts.roles import RESEARCHER
    from accounts.services import user_grant_role

    user = User.objects.create_user("emmy@example.org", "a-long-password")
    user_grant_role(user=user, role=RESEARCHER)
    return user


@pytest.fixture
def moderator(db):
    """Somebody who keeps order, and does no research."""
    from accounts.models import User
    from accounts.roles import MODERATOR
    from accounts.services import user_grant_role

    user = User.objects.create_user("mod@example.org", "a-long-password")
    user_grant_role(user=user, role=MODERATOR)
    return user
