"""One compiled step of learning, the same on every Keras backend.

Keras' own `fit` trains one network against one loss; a game of two networks needs the step itself.
Knows losses, variables and optimisers; no music, no files.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

Loss = Callable[..., tuple[Any, dict[str, Any]]]


class GradientStep:
    """Lowers a loss by moving some variables.

    Args:
        loss: of arrays, gives a scalar and further scalars by name; it reads variables and writes none.
        learned: the variables that move.
        read: the other variables that the loss reads.
        optimizer: built for `learned` here.

    Raises:
        NotImplementedError: a Keras backend that is neither TensorFlow nor JAX.
    """

    def __init__(self, loss: Loss, learned: Sequence[Any], read: Sequence[Any], optimizer: Any) -> None:
        self.optimizer = optimizer
        optimizer.build(learned)
        backend = keras.backend.backend()
        if backend == "tensorflow":
            self._learn, self._look = _with_tensorflow(loss, list(learned), optimizer)
        elif backend == "jax":
            self._learn, self._look = _with_jax(loss, list(learned), list(read), optimizer)
        else:
            raise NotImplementedError(f"Set KERAS_BACKEND to tensorflow or jax: {backend} has no such step.")

    def __call__(self, *arrays: Any, learn: bool = True) -> dict[str, float]:
        """Take the step; or, with `learn` false, only look at the loss.

        Args:
            arrays: the loss's arguments.
            learn: whether the variables move.

        Returns:
            The loss as "loss", and what it gave beside it.
        """
        value, beside = (self._learn if learn else self._look)(*map(ops.convert_to_tensor, arrays))
        return {"loss": float(value), **{name: float(number) for name, number in beside.items()}}


def _with_tensorflow(loss: Loss, learned: list[Any], optimizer: Any) -> tuple[Any, Any]:
    tensorflow = importlib.import_module("tensorflow")
    raw = [variable.value for variable in learned]

    def learn(*arrays: Any) -> Any:
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(raw)
            value, beside = loss(*arrays)
        optimizer.apply(tape.gradient(value, raw, unconnected_gradients="zero"), learned)
        return value, beside

    # Measured on CPU: XLA runs the loop over time slower than TensorFlow's own.
    return tensorflow.function(learn, autograph=False), tensorflow.function(loss, autograph=False)


def _with_jax(loss: Loss, learned: list[Any], read: list[Any], optimizer: Any) -> tuple[Any, Any]:
    jax = importlib.import_module("jax")

    def at(values: list[Any], others: list[Any], arrays: tuple[Any, ...]) -> Any:
        places = [*zip(learned, values, strict=True), *zip(read, others, strict=True)]
        with keras.StatelessScope(state_mapping=places):
            return loss(*arrays)

    @jax.jit
    def moved(values: Any, others: Any, memory: Any, arrays: Any) -> Any:
        result, gradients = jax.value_and_grad(at, has_aux=True)(values, others, arrays)
        return result, optimizer.stateless_apply(memory, gradients, values)

    looked = jax.jit(at)

    def learn(*arrays: Any) -> Any:
        memory = [variable.value for variable in optimizer.variables]
        result, after = moved([v.value for v in learned], [v.value for v in read], memory, arrays)
        for variables, values in zip((learned, optimizer.variables), after, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return result

    def look(*arrays: Any) -> Any:
        return looked([v.value for v in learned], [v.value for v in read], arrays)

    return learn, look
