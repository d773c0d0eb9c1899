"""What this machine has, and what a process uses of it. Linux's own files; nvidia-smi where there is one."""

import functools
import hashlib
import importlib.metadata
import os
import platform
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import musicgen

_LIBRARIES: Final = (
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "jax",
    "numpy",
    "symusic",
    "miditok",
    "safetensors",
)
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_SMI_SECONDS: Final = 10.0


def cpu_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def memory_mb() -> int:
    """Memory of the machine, or what its control group allows of it."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limit = Path(path).read_text().strip()
        except OSError:
            continue
        if limit.isdigit():
            total = min(total, int(limit))
    return total // 2**20


def gpus() -> list[dict[str, Any]]:
    """Name and memory of each NVIDIA GPU that this process may use."""
    rows = _smi("name,memory.total")
    return [{"name": name, "memory_mb": int(float(memory))} for name, memory in rows]


def gpu_use() -> tuple[float, float] | None:
    """Percent busy and MB used of the busiest GPU; None without one."""
    rows = [(float(busy), float(memory)) for busy, memory in _smi("utilization.gpu,memory.used")]
    return max(rows) if rows else None


def _smi(query: str) -> list[list[str]]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        told = subprocess.run(
            [program, f"--query-gpu={query}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_SMI_SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[cell.strip() for cell in line.split(",")] for line in told.splitlines() if line.strip()]
    return [row for row in rows if all(cell.replace(".", "").isdigit() for cell in row[1:])]


def host_name() -> str:
    """What this machine is called; MUSICGEN_WORKER_HOST may say otherwise."""
    return os.environ.get("MUSICGEN_WORKER_HOST") or socket.gethostname()


def environment() -> dict[str, Any]:
    """Code, libraries and machine, so that a run can be made again."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "musicgen": musicgen.__version__,
        "code_sha256": code_hash(),
        "python": platform.python_version(),
        "libraries": versions,
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "system": platform.platform(),
        "host": host_name(),
        "cpus": cpu_count(),
        "memory_mb": memory_mb(),
        "gpus": gpus(),
    }


@functools.cache
def code_hash() -> str:
    """SHA-256 over the music core's sources, whatever they were checked out with."""
    root = Path(musicgen.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


class ProcessUse:
    """What a process uses, from look to look.

    Args:
        pid: of the process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen_at = time.monotonic()
        self._ticks = 0
        self.peak_memory_mb = 0.0

    def look(self) -> dict[str, float]:
        """Percent of one core since the last look, and MB of memory; empty once it has ended."""
        try:
            stat = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return {}
        ticks, now = int(stat[11]) + int(stat[12]), time.monotonic()
        seconds = max(1e-3, now - self._seen_at)
        percent = 100 * (ticks - self._ticks) / _TICKS / seconds
        self._ticks, self._seen_at = ticks, now
        self.peak_memory_mb = max(self.peak_memory_mb, _kilobytes(status, "VmHWM:") / 1024)
        used = {"cpu_percent": round(percent, 1), "memory_mb": round(_kilobytes(status, "VmRSS:") / 1024, 1)}
        gpu = gpu_use()
        if gpu:
            used |= {"gpu_percent": gpu[0], "gpu_memory_mb": gpu[1]}
        return used


def _kilobytes(status: str, name: str) -> float:
    for line in status.splitlines():
        if line.startswith(name):
            return float(line.split()[1])
    return 0.0
