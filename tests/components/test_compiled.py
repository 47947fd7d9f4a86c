"""Kernels compile with or without a place to keep the machine code."""

from __future__ import annotations

from typing import Any

import numba
import pytest

from pairec_cli.components import compiled
from pairec_cli.components.etrec_kernel import neighbours


def double(value: int) -> int:
    return 2 * value


def test_kernels_release_the_gil_and_are_kept_on_disk() -> None:
    assert neighbours.targetoptions["nogil"] is True  # type: ignore[attr-defined]  # numba's dispatcher
    assert neighbours.stats.cache_path is not None  # type: ignore[attr-defined]


def test_where_nothing_can_be_written_a_kernel_still_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(**options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function 'double': no locator available for file")
        return numba.njit(**options)

    monkeypatch.setattr(compiled, "njit", refusing)
    kernel = compiled.kernel(double)
    assert kernel(21) == 42
    assert len(kernel.signatures) == 1  # type: ignore[attr-defined]  # compiled, not interpreted


def test_an_inlined_part_is_compiled_into_its_caller() -> None:
    part = compiled.inlined(double)

    def twice(value: int) -> int:
        return part(value) + part(value)

    assert numba.njit(twice)(3) == 12
    assert not part.signatures  # type: ignore[attr-defined]
