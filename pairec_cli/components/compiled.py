"""How our kernels are compiled: without the GIL, cached on disk, one specialisation each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile at the first call and keep the machine code beside the source, or in the user's cache folder.

    Where neither can be written numba refuses to cache at all; then every process compiles for itself.
    Division follows NumPy (no Python exception inside a kernel).
    """
    try:
        compiled: Function = njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        compiled = njit(nogil=True, error_model="numpy")(function)
    return compiled
