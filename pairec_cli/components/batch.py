"""A batch of encoded rows, as models read it.

Single-valued ids stand in one matrix and numbers in another, so that one gather fetches what a hundred
small ones would. Shapes: B rows, F single ids, D numbers, T entries of a sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Ragged:
    """Several ids a row. Row r holds values[offsets[r] : offsets[r + 1]]."""

    values: Tensor
    """int64 (nnz,)."""
    offsets: Tensor
    """int64 (B + 1,), from 0 to nnz."""


@dataclass(frozen=True, eq=False)
class Batch:
    """B rows. What a feature group lacks is an empty mapping or a matrix without columns."""

    ids: Tensor
    """int64 (B, F): single-valued ids, a column each."""
    id_names: tuple[str, ...]
    dense: Tensor
    """float32 (B, D): numbers, a column each."""
    dense_names: tuple[str, ...]
    lists: Mapping[str, Ragged] = field(default_factory=dict)
    """Features of several ids a row (tags)."""
    sequences: Mapping[str, Tensor] = field(default_factory=dict)
    """Feature → (B, T), latest first: int64 ids, or float32 numbers; 0 behind the end."""
    lengths: Mapping[str, Tensor] = field(default_factory=dict)
    """Sequence name → int64 (B,)."""
    labels: Mapping[str, Tensor] = field(default_factory=dict)
    """float32 (B,)."""
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    """Column of sample weights → float32 (B,)."""
    user: Tensor | None = None
    """int64 (B,): a number per user, for metrics by user."""

    @classmethod
    def of(
        cls, ids: Mapping[str, Tensor] | None = None, dense: Mapping[str, Tensor] | None = None, **rest: Any
    ) -> Self:
        """From single columns: ids int64 (B,), dense float32 (B,); `rest` as the attributes."""
        ids, dense = ids or {}, dense or {}
        columns = [*ids.values(), *dense.values(), *rest.get("sequences", {}).values()]
        rows = len(columns[0]) if columns else len(next(iter(rest["lists"].values())).offsets) - 1
        return cls(
            torch.stack(list(ids.values()), 1) if ids else torch.zeros((rows, 0), dtype=torch.int64),
            tuple(ids),
            torch.stack(list(dense.values()), 1) if dense else torch.zeros((rows, 0)),
            tuple(dense),
            **rest,
        )

    def __len__(self) -> int:
        return len(self.ids)

    def id(self, name: str) -> Tensor:
        """int64 (B,). Raises ValueError if there is no such single-valued id."""
        return self.ids[:, self.id_names.index(name)]

    def id_block(self, names: Sequence[str]) -> Tensor:
        """int64 (B, len(names)), a view where the columns stand side by side."""
        return block(self.ids, [self.id_names.index(name) for name in names])

    def dense_block(self, names: Sequence[str]) -> Tensor:
        """float32 (B, len(names)), a view where the columns stand side by side."""
        return block(self.dense, [self.dense_names.index(name) for name in names])

    def to(self, device: torch.device | str) -> Self:
        """The same rows on `device`."""
        moved = {
            one.name: _moved(value, device)
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), Tensor | Mapping)
        }
        return replace(self, **moved)


def block(matrix: Tensor, places: Sequence[int]) -> Tensor:
    """Columns `places` of `matrix`, in this order."""
    if not places or list(places) == list(range(places[0], places[0] + len(places))):
        first = places[0] if places else 0
        return matrix[:, first : first + len(places)]
    return matrix[:, list(places)]


def _moved(value: Any, device: torch.device | str) -> Any:
    if isinstance(value, Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, Ragged):
        return Ragged(_moved(value.values, device), _moved(value.offsets, device))
    return {name: _moved(one, device) for name, one in value.items()}
