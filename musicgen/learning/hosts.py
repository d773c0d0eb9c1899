"""Several machines that learn one network together: what they tell each other besides gradients.

Each runs the same program with the same settings and corpus. The first decides and keeps the run's
folder; the others learn their share of every batch, write nothing, and stop where the first stops.
Knows Keras' and JAX' ways of finding each other; no corpora, no files.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np
import numpy.typing as npt


class HostsError(ValueError):
    """Machines cannot learn together, or do not find each other."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The machines that learn together, seen from one of them.

    Attributes:
        count: how many; 1 where a training has one machine.
        index: of this one, from 0, which is the first.
    """

    count: int = 1
    index: int = 0

    @classmethod
    def joined(cls, address: str, index: int, count: int) -> Self:
        """Wait for all to be there. To be called once, before anything is computed.

        Args:
            address: host and port at which the first listens; all others must reach it.
            index: of this host, from 0.
            count: how many there are, at least 2.

        Raises:
            HostsError: another backend than JAX, or they do not find each other.
        """
        backend = keras.backend.backend()
        if backend != "jax":
            raise HostsError(
                f"Several hosts learn together on JAX alone, here runs {backend}; set KERAS_BACKEND=jax."
            )
        # It would take SIGTERM for itself, which asks all hosts to save and stop.
        importlib.import_module("jax").config.update("jax_enable_preemption_service", False)
        try:
            keras.distribution.initialize(address, count, index)
        except (RuntimeError, ValueError) as error:
            raise HostsError(
                f"The {count} hosts did not find each other at {address} ({error}). Start all of them within "
                "five minutes, with the address of the first, at a port that the others reach."
            ) from None
        return cls(count, index)

    @property
    def is_first(self) -> bool:
        """Whether this one decides and writes."""
        return self.index == 0

    def rows(self, rows: int) -> slice:
        """Which rows of a batch are this host's; `count` divides them."""
        share = rows // self.count
        return slice(self.index * share, (self.index + 1) * share)

    def any(self, here: bool) -> bool:
        """Whether it is so on any host; all must ask, and each waits for the slowest.

        Raises:
            HostsError: one of them is gone.
        """
        if self.count == 1:
            return here
        said = _asked("process_allgather", np.array([here], np.int32))
        return bool(np.asarray(said).any())

    def of_first(self, values: list[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """What the first has, on all; the others give arrays of equal shapes and types."""
        if self.count == 1:
            return values
        return [np.asarray(one) for one in _asked("broadcast_one_to_all", values)]


ALONE = Hosts()


def _asked(how: str, values: Any) -> Any:
    """Ask all hosts by a function of JAX' multihost_utils."""
    try:
        return getattr(importlib.import_module("jax.experimental.multihost_utils"), how)(values)
    except (RuntimeError, ValueError) as error:  # of Gloo, or of JAX' own service
        raise HostsError(
            f"Another host is gone ({str(error).splitlines()[0]}). Give all the same commands again to go on "
            "from what was saved last."
        ) from None
