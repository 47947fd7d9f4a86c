"""Columns that stand side by side, some of them the same for all rows.

One request ranks N items for one user: what belongs to the user has one row, what belongs to the item N.
`Joined` keeps the two apart, so that a linear layer multiplies the user's row once instead of N times. In
training every part has all rows, and `Joined` is a plain concatenation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, eq=False)
class Joined:
    """The matrix (N, D) whose columns are the parts', each at its places."""

    parts: tuple[Tensor, ...]
    """(N, d) each; (1, d) where all rows share it, which takes `rows`."""
    places: tuple[tuple[int, ...], ...] | None = None
    """Per part its columns in the whole; None: the parts follow each other."""
    rows: int | None = None
    """N where parts may have a single row, None where all parts have all rows."""

    def whole(self) -> Tensor:
        """(N, D)."""
        parts = self.parts if self.rows is None else [part.expand(self.rows, -1) for part in self.parts]
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
            return F.linear(input.whole(), self.weight, self.bias)
        weights = columns_of(self.weight, input)
        terms = [F.linear(part, weight) for part, weight in zip(input.parts, weights, strict=True)]
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
