"""Compiling a function of tensors with the Keras backend that runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import keras


def compiled(function: Callable[..., Any], variables: Sequence[Any]) -> Callable[..., Any]:
    """The function as one compiled program (XLA), weights it uses included.

    Args:
        function: of tensors, to tensors; it may read Keras variables and must not write any.
        variables: those that it reads; their values at the time of each call count.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        program: Callable[..., Any] = tensorflow.function(function, jit_compile=True, autograph=False)
        return program
    if backend == "jax":

        def with_values(values: list[Any], *arguments: Any) -> Any:
            with keras.StatelessScope(state_mapping=[*zip(variables, values, strict=True)]):
                return function(*arguments)

        # What JAX finds in a variable while it compiles would otherwise stay for ever.
        jitted = importlib.import_module("jax").jit(with_values)
        return lambda *arguments: jitted([variable.value for variable in variables], *arguments)
    return function
