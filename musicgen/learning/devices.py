"""Learning on several devices, of one machine or more: each takes its share of the rows of every batch.

On TensorFlow by `tf.distribute`, on JAX by Keras' own distribution. Both add up the gradients of
all devices before the weights move, so that the course of a training does not depend on how many
there are. Knows devices, Keras models and variables; no corpora, no files.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from musicgen.learning.hosts import ALONE, Hosts

_NVIDIA: Final = (Path("/proc/driver/nvidia/version"), Path("/dev/dxg"))  # Linux, Windows' Linux


class DevicesError(ValueError):
    """So many devices are not there, or cannot share the work."""


class Devices:
    """The devices that one training learns on.

    Args:
        count: how many of each host; 0 for all GPUs, as far as they can share a batch, or one device
            without.
        rows: of a batch.
        hosts: that learn together.

    Raises:
        DevicesError: there are fewer, or they cannot share the rows evenly.
    """

    def __init__(self, count: int, rows: int, hosts: Hosts = ALONE) -> None:
        names = _gpus()
        if not count:
            most = len(names) // hosts.count
            count = max((n for n in range(1, most + 1) if rows % (n * hosts.count) == 0), default=1)
        names = names or _cpus()
        of_each = len(names) // hosts.count
        if count > max(of_each, 1):
            raise DevicesError(
                f"There are no {count} devices, only {of_each}: {', '.join(names)}. Give --devices "
                f"{of_each}, or none to use every GPU."
            )
        if rows % (count * hosts.count):
            raise DevicesError(
                f"{count * hosts.count} devices cannot share {rows} pieces side by side evenly; choose a "
                f"batch_size that is a multiple of {count * hosts.count}, or other devices."
            )
        self.hosts = hosts
        self.count = count * hosts.count
        self.rows_of_each = rows
        self._strategy: Any = None
        self._distribution: Any = None
        if self.count == 1:
            return
        # Those of each host stand together, in the order of hosts: so do the rows of a batch.
        names = [name for host in range(hosts.count) for name in names[host * of_each :][:count]]
        backend = keras.backend.backend()
        if backend == "tensorflow":
            tensorflow = importlib.import_module("tensorflow")
            self._strategy = tensorflow.distribute.MirroredStrategy(names)
            self.rows_of_each = rows // count
        elif backend == "jax":
            self._distribution = keras.distribution.DataParallel(devices=names, auto_shard_dataset=False)
        else:
            raise DevicesError(f"{backend} learns on one device here; take tensorflow or jax.")

    @contextmanager
    def building(self) -> Iterator[None]:
        """In here what is built lies on all devices."""
        with self.learning(), nullcontext() if self._strategy is None else self._strategy.scope():
            yield

    @contextmanager
    def learning(self) -> Iterator[None]:
        """In here batches are shared."""
        with _distributed(self._distribution):
            yield

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Within `learning`: work for one device, such as judging what was learned."""
        with _distributed(None):
            yield

    def optimizer(self, **settings: Any) -> Any:
        """Adam, the same on several devices as on one.

        Raises:
            DevicesError: gradients put together over batches, which TensorFlow has for one device only.
        """
        if self._strategy is None:
            return keras.optimizers.Adam(**settings)
        if settings.get("gradient_accumulation_steps"):
            raise DevicesError(
                "TensorFlow cannot put gradients together over batches on several devices; set "
                "accumulation to 1 and batch_size higher, or use JAX (KERAS_BACKEND=jax)."
            )
        with self._strategy.scope():
            return _AddingFirst(**settings, name="adam")

    def scatter_seeds(self, model: Any) -> None:
        """Give each device random numbers of its own; on JAX they come from one stream anyway."""
        if self._strategy is None:
            return
        for variable in model.non_trainable_variables:
            if "seed_generator" in variable.path:
                for number, one in enumerate(variable.value.values):
                    one.assign(one + np.array([number, 0], one.dtype.as_numpy_dtype))

    def values(self, variable: Any) -> npt.NDArray[Any]:
        """What a variable holds; with an axis of devices in front where each has its own."""
        if self._is_own(variable):
            return np.stack([one.numpy() for one in variable.value.values])
        return np.asarray(variable)

    def put(self, variable: Any, values: npt.NDArray[Any]) -> None:
        """Give a variable back what `values` told of it."""
        if self._is_own(variable):
            for one, its in zip(variable.value.values, values, strict=True):
                one.assign(its)
        else:
            variable.assign(values)

    def _is_own(self, variable: Any) -> bool:
        # What is carried from chunk to chunk, and random numbers, are of a device's own rows.
        return self._strategy is not None and variable.aggregation == "none" and not variable.trainable


def idle_gpu() -> str | None:
    """What to do about an NVIDIA GPU that this machine has and Keras cannot use; None if all is well."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all") in ("", "-1")
    if hidden or _gpus() or not any(path.exists() for path in _NVIDIA):
        return None
    how = {
        "tensorflow": "run make setup GPU=1, or pip install 'tensorflow[and-cuda]'",
        "jax": "pip install 'jax[cuda12]'",
    }
    backend = keras.backend.backend()
    return (
        f"This machine has an NVIDIA GPU, but {backend} finds no CUDA libraries that fit it and learns on "
        f"the CPU: {how.get(backend, 'install them')}. CUDA_VISIBLE_DEVICES=-1 is for doing so on purpose."
    )


@contextmanager
def _distributed(distribution: Any) -> Iterator[None]:
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(distribution)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


class _AddingFirst(keras.optimizers.Adam):
    """Adam that clips the gradient of all devices together, where Keras clips each one's share."""

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        distribute = importlib.import_module("tensorflow").distribute
        context = distribute.get_replica_context()
        clipped = super()._clip_gradients(context.all_reduce(distribute.ReduceOp.SUM, list(grads)))
        # Keras adds up what all devices have, which is the same by now.
        return [gradient / context.num_replicas_in_sync for gradient in clipped]


def _gpus() -> list[str]:
    return _devices("gpu")


def _cpus() -> list[str]:
    return _devices("cpu")


def _devices(kind: str) -> list[str]:
    if keras.backend.backend() == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        return [device.name for device in tensorflow.config.list_logical_devices(kind.upper())]
    if keras.backend.backend() == "jax":
        try:
            return [str(name) for name in keras.distribution.list_devices(kind)]
        except RuntimeError:  # how JAX says that there is none of this kind
            return []
    return []
