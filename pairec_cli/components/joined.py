"""Columns that stand side by side, some of them the same for all rows.

One request ranks N items for one user: what belongs to the user has one row, what belongs to the item N.
`Joined` keeps the two apart, so that a linear layer multiplies the user's row once instead of N times. In
training every part has all rows, and `Joined` is a concatenation; a linear layer multiplies the rows of small
embedding tables once instead of once a sample, see small_tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.small_tables import Lookups, SmallTables, first_layer

NARROW = 32
"""Columns of a layer, below which small tables are looked up like all others."""


@dataclass(frozen=True, eq=False)
class Joined:
    """The matrix (N, D) whose columns are the parts', each at its places."""

    parts: tuple[Tensor | Lookups, ...]
    """(N, d) each; (1, d) where all rows share it, which takes `rows`."""
    places: tuple[tuple[int, ...], ...] | None = None
    """Per part its columns in the whole; None: the parts follow each other."""
    rows: int | None = None
    """N where parts may have a single row, None where all parts have all rows."""

    @property
    def tensors(self) -> list[Tensor]:
        """The parts, looked up."""
        return [part.whole() if isinstance(part, Lookups) else part for part in self.parts]

    @property
    def has_small_tables(self) -> bool:
        return any(isinstance(part, Lookups) and part.small for part in self.parts)

    def apart(self) -> tuple[Tensor, list[int], list[SmallTables]]:
        """All but the small tables (N, d), the places of these columns in the whole, and the small tables."""
        found, taken, small = [], list[int](), []
        begin = 0
        for number, part in enumerate(self.parts):
            size = part.shape[1]
            places = self.places[number] if self.places else range(begin, begin + size)
            begin += size
            if not isinstance(part, Lookups):
                found.append(part)
                taken += places
                continue
            first = [places[k * part.width] for k in range(len(part.names))]
            if part.small:
                small.append(SmallTables(part, tuple(first[k] for k in part.small)))
            if part.large:
                found.append(part.looked_up())
                taken += [first[k] + d for k in part.large for d in range(part.width)]
        rows = len(self.parts[0].ids) if isinstance(self.parts[0], Lookups) else len(self.parts[0])
        return torch.cat(found, 1) if found else torch.empty(rows, 0), taken, small

    def whole(self) -> Tensor:
        """(N, D)."""
        parts = self.tensors if self.rows is None else [part.expand(self.rows, -1) for part in self.tensors]
        matrix = parts[0] if len(parts) == 1 else torch.cat(list(parts), 1)
        if self.places is None:
            return matrix
        taken = [place for places in self.places for place in places]
        return matrix[:, inverse(taken)]


class Linear(nn.Linear):
    """y = W x + b, also of `Joined`: the sum over the parts of W's columns times the part."""

    def forward(self, input: Tensor | Joined) -> Tensor:
        if isinstance(input, Tensor):
            return F.linear(input, self.weight, self.bias)
        if input.rows is None:
            if self.out_features >= NARROW and input.has_small_tables:
                x, places, small = input.apart()
                return first_layer(x, places, small, self.weight, self.bias)
            return F.linear(input.whole(), self.weight, self.bias)
        weights = columns_of(self.weight, input)
        terms = [F.linear(part, weight) for part, weight in zip(input.tensors, weights, strict=True)]
        total = sum(terms[1:], terms[0])
        return total if self.bias is None else total + self.bias


def columns_of(weight: Tensor, joined: Joined) -> Sequence[Tensor]:
    """Per part of `joined` the columns of `weight` (out, D) that belong to it."""
    if joined.places is None:
        return list(weight.split([part.shape[1] for part in joined.parts], 1))
    return [weight[:, list(places)] for places in joined.places]


def inverse(permutation: Sequence[int]) -> list[int]:
    """[2, 0, 1] → [1, 2, 0]: where each number stands."""
    return sorted(range(len(permutation)), key=permutation.__getitem__)
