"""Compiling a function of tensors with the Keras backend that runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import keras


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as one compiled program (XLA), weights it uses included.

    Args:
        function: of tensors, to tensors; it may read Keras variables and must not write any.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        program: Callable[..., Any] = tensorflow.function(function, jit_compile=True, autograph=False)
        return program
    if backend == "jax":
        jitted: Callable[..., Any] = importlib.import_module("jax").jit(function)
        return jitted
    return function
