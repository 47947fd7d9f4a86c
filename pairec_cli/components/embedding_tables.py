"""Embedding tables. Tables of one width lie in one matrix, so one gather serves many features.

Row 0 of each matrix belongs to no table: it is zero, is never trained, and stands for "no entry here" in
padded lists. Gradients are sparse and hold the rows of the batch only. Ids outside a table count as out of
vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional as F

from pairec_cli.components.batch import Ragged
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.model_features import OUT_OF_VOCABULARY

Pooling = Literal["sum", "mean"]


@dataclass(frozen=True)
class Table:
    """A table of `rows` vectors of `width`."""

    name: str
    rows: int
    width: int
    init_fn: str | None = None
    """As TorchEasyRec writes it: "nn.init.uniform_,a=-0.01,b=0.01"; None: uniform in ±sqrt(1 / rows)."""


@dataclass(frozen=True, eq=False)
class Padded:
    """Several ids a row, padded: `ids` int64 (B, T), of which `present` bool (B, T) are there."""

    ids: Tensor
    present: Tensor


@dataclass(frozen=True)
class Place:
    """Where a table lies: rows first … first + rows - 1 of the matrix of its width."""

    width: int
    first: int
    rows: int


class EmbeddingTables(nn.Module):
    """All tables of a model, each initialised as TorchRec does where its feature names no other way.

    Raises InvalidInput when two features ask for one table in two shapes, and what `initialise` raises.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        super().__init__()
        self.tables: dict[str, Table] = {}
        for table in tables:
            same = self.tables.setdefault(table.name, table)
            if (same.width, same.rows) != (table.width, table.rows):
                raise InvalidInput(
                    f"embedding {table.name!r} is {same.rows} x {same.width} for one feature "
                    f"and {table.rows} x {table.width} for another",
                    hint="features that share an embedding_name need equal num_buckets and embedding_dim",
                )
        self.places: dict[str, Place] = {}
        self.bounds: dict[tuple[tuple[str, ...], torch.device], tuple[Tensor, Tensor]] = {}
        ends: dict[int, int] = {}
        for table in self.tables.values():
            first = ends.get(table.width, 1)
            self.places[table.name] = Place(table.width, first, table.rows)
            ends[table.width] = first + table.rows
        self.matrices = nn.ParameterDict(
            {str(width): nn.Parameter(torch.zeros(end, width)) for width, end in ends.items()}
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        with torch.no_grad():
            for matrix in self.matrices.values():
                matrix.zero_()
            for name, table in self.tables.items():
                initialise(self.table(name), table.init_fn)

    def table(self, name: str) -> Tensor:
        """The rows of one table, a view (rows, width)."""
        place = self.places[name]
        return self.matrix(place.width)[place.first : place.first + place.rows]

    def matrix(self, width: int) -> Tensor:
        return self.matrices[str(width)]

    def block(self, ids: Tensor, names: Sequence[str]) -> Tensor:
        """Column k of `ids` (B, K) in table names[k], all of one width: (B, K · width)."""
        rows, first = self._bounds(tuple(names), ids.device)
        matrix = self.matrix(self.places[names[0]].width)
        return looked_up(matrix, known(ids, rows) + first).flatten(1)

    def _bounds(self, names: tuple[str, ...], device: torch.device) -> tuple[Tensor, Tensor]:
        """Sizes and first rows of tables: two (K,), made once."""
        if (names, device) not in self.bounds:
            places = [self.places[name] for name in names]
            self.bounds[names, device] = (
                torch.tensor([place.rows for place in places], device=device),
                torch.tensor([place.first for place in places], device=device),
            )
        return self.bounds[names, device]

    def pooled(self, ids: Ragged | Padded, name: str, pooling: Pooling) -> Tensor:
        """The sum or mean of each row's vectors, zero where a row has none: (B, width)."""
        if isinstance(ids, Padded):
            total = self.padded(ids, name).sum(1)
            return total if pooling == "sum" else total / ids.present.sum(1, keepdim=True).clamp(min=1)
        place = self.places[name]
        rows = known(ids.values, place.rows) + place.first
        total = summed(self.matrix(place.width), rows, ids.offsets)
        return total if pooling == "sum" else total / ids.offsets.diff().clamp(min=1).unsqueeze(1)

    def padded(self, ids: Padded, name: str) -> Tensor:
        """The vectors of (B, T) ids, zero where there is none: (B, T, width)."""
        place = self.places[name]
        rows = torch.where(ids.present, known(ids.ids, place.rows) + place.first, 0)
        return looked_up(self.matrix(place.width), rows)


def known(ids: Tensor, rows: Tensor | int) -> Tensor:
    """`ids`, with those outside 0 … rows - 1 as out of vocabulary."""
    return torch.where((ids >= 0) & (ids < rows), ids, OUT_OF_VOCABULARY)


def looked_up(matrix: Tensor, rows: Tensor) -> Tensor:
    """matrix[rows]: (…) → (…, width)."""
    return _Lookup.apply(matrix, rows) if torch.is_grad_enabled() else F.embedding(rows, matrix)


def summed(matrix: Tensor, rows: Tensor, offsets: Tensor) -> Tensor:
    """Per list r the sum of matrix[rows[offsets[r] : offsets[r + 1]]]: (B, width)."""
    if torch.is_grad_enabled():
        return _Sum.apply(matrix, rows, offsets)
    return F.embedding_bag(rows, matrix, offsets, mode="sum", include_last_offset=True)


class _Lookup(Function):
    """F.embedding(sparse=True), but for how gradients of several lookups add up: see `add_gradient`."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, rows: Tensor) -> Tensor:
        ctx.matrix, ctx.rows = matrix, rows
        return F.embedding(rows, matrix)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, None]:
        rows, values = ctx.rows.reshape(-1), gradient.reshape(-1, gradient.shape[-1])
        if ctx.rows.dim() == 2 and not bool(rows.all()):
            rows, values = rows[rows > 0], values[rows > 0]
        add_gradient(ctx.matrix, rows, values)
        return None, None


class _Sum(Function):
    """F.embedding_bag(mode="sum", sparse=True), likewise."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, rows: Tensor, offsets: Tensor) -> Tensor:
        ctx.matrix, ctx.rows, ctx.offsets = matrix, rows, offsets
        return F.embedding_bag(rows, matrix, offsets, mode="sum", include_last_offset=True)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, None, None]:
        lists = torch.repeat_interleave(ctx.offsets.diff(), output_size=len(ctx.rows))
        add_gradient(ctx.matrix, ctx.rows, gradient.index_select(0, lists))
        return None, None, None


def add_gradient(matrix: Tensor, rows: Tensor, values: Tensor) -> None:
    """Adds `values` (n, width) to the gradient of `rows` (n,), side by side with what is there already.

    PyTorch adds two sparse gradients entry by entry, which took a seventh of forward and backward together.
    """
    if matrix.grad is not None:
        rows = torch.cat([matrix.grad._indices()[0], rows])
        values = torch.cat([matrix.grad._values(), values])
    matrix.grad = torch.sparse_coo_tensor(rows.unsqueeze(0), values, matrix.shape, check_invariants=False)


INITIALISERS: dict[str, Callable[..., Tensor]] = {
    "nn.init.uniform_": nn.init.uniform_,
    "nn.init.normal_": nn.init.normal_,
    "nn.init.trunc_normal_": nn.init.trunc_normal_,
    "nn.init.constant_": nn.init.constant_,
    "nn.init.zeros_": nn.init.zeros_,
    "nn.init.xavier_uniform_": nn.init.xavier_uniform_,
    "nn.init.xavier_normal_": nn.init.xavier_normal_,
    "nn.init.kaiming_uniform_": nn.init.kaiming_uniform_,
    "nn.init.kaiming_normal_": nn.init.kaiming_normal_,
}


def initialise(table: Tensor, init_fn: str | None) -> None:
    """Fills a table: uniform in ±sqrt(1 / rows), or as "nn.init.uniform_,a=-0.01,b=0.01" says.

    Raises NotFound for an initialiser that is not known, InvalidInput for arguments that it does not take.
    """
    if not init_fn:
        bound = math.sqrt(1 / len(table))
        table.uniform_(-bound, bound)
        return
    name, *arguments = (part.strip() for part in init_fn.split(","))
    if name not in INITIALISERS:
        raise NotFound("init_fn", name, INITIALISERS)
    try:
        pairs = (argument.split("=") for argument in arguments)
        INITIALISERS[name](table, **{key.strip(): float(value) for key, value in pairs})
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"init_fn {init_fn!r} cannot be applied: {error}") from error
