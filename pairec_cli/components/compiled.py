"""How our kernels are compiled: without the GIL, cached on disk, one specialisation each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile at the first call; keep the machine code beside the source, or in the user's cache folder.

    Where neither can be written numba refuses to cache at all; then every process compiles for itself.
    Division follows NumPy (no Python exception inside a kernel).
    """
    try:
        compiled: Function = njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:  # numba: "no locator available"
        compiled = njit(nogil=True, error_model="numpy")(function)
    return compiled


def inlined(function: Function) -> Function:
    """A part of a kernel, put in place of its call before compilation.

    As a function of its own it would be optimised alone and then again within its caller, some 0.3 s each.
    """
    part: Function = njit(nogil=True, error_model="numpy", inline="always")(function)
    return part
