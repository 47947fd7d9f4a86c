"""A first layer over embeddings, which multiplies each row of a small table once instead of once a sample.

Let feature k read row i_bk of table T_k in sample b, and W_k be the columns of W that it meets. Then

    y_b = W x_b + Σ_k W_k T_k[i_bk] = W x_b + Σ_k P_k[i_bk]          P_k = T_k W_kᵀ
    D_k[i] = Σ_{b: i_bk = i} ∂y_b        ∂T_k = D_k W_k        ∂W_kᵀ = T_kᵀ D_k

which is the same layer. A table of n rows takes n products of a vector and a matrix, not one per sample;
these are left with additions. Bins, categories and counts have tables of a few rows, and large batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F

from pairec_cli.components.embedding_tables import EmbeddingTables, add_gradient, known
from pairec_cli.components.table_kernels import readers

SAMPLES_A_ROW = 4
"""A table is small where the batch has so many samples for each of its rows, or more."""


@dataclass(frozen=True, eq=False)
class Lookups:
    """K ids a sample, each in a table of its own, all of one width: (B, K · width) when looked up."""

    tables: EmbeddingTables
    ids: Tensor
    """int64 (B, K)."""
    names: tuple[str, ...]

    @property
    def width(self) -> int:
        return self.tables.places[self.names[0]].width

    @property
    def shape(self) -> tuple[int, int]:
        return self.ids.shape[0], len(self.names) * self.width

    def whole(self) -> Tensor:
        """(B, K · width)."""
        return self.tables.block(self.ids, self.names)

    @cached_property
    def small(self) -> tuple[int, ...]:
        """Which of the K have small tables, while training on a CPU; elsewhere none."""
        if self.ids.device.type != "cpu" or not torch.is_grad_enabled():
            return ()
        places = (self.tables.places[name] for name in self.names)
        return tuple(k for k, place in enumerate(places) if place.rows * SAMPLES_A_ROW <= len(self.ids))

    @cached_property
    def large(self) -> tuple[int, ...]:
        return tuple(k for k in range(len(self.names)) if k not in set(self.small))

    def looked_up(self) -> Tensor:
        """Those of the large tables: (B, len(large) · width)."""
        return self.tables.block(self.ids[:, list(self.large)], [self.names[k] for k in self.large])


@dataclass(frozen=True, eq=False)
class SmallTables:
    """The small tables of some lookups and where the first layer's weights meet them."""

    lookups: Lookups
    columns: tuple[int, ...]
    """Per small table its first column of W."""

    @cached_property
    def first(self) -> list[int]:
        """Per table its first row among those of all."""
        ends = np.cumsum([self.lookups.tables.places[name].rows for name in self._names])
        return [0, *ends.tolist()]

    @property
    def _names(self) -> list[str]:
        return [self.lookups.names[k] for k in self.lookups.small]

    @cached_property
    def rows(self) -> Tensor:
        """Per sample and table the row among those of all: (B, K)."""
        sizes = torch.tensor(self.first).diff()
        return known(self.lookups.ids[:, list(self.lookups.small)], sizes) + torch.tensor(self.first[:-1])

    @cached_property
    def table(self) -> list[Tensor]:
        return [self.lookups.tables.table(name).detach() for name in self._names]

    def projected(self, weight: Tensor) -> Tensor:
        """Σ_k P_k[i_bk]: (B, out); `weight` (out, D)."""
        width = self.lookups.width
        rows = torch.empty(self.first[-1], len(weight))
        for k, table in enumerate(self.table):
            columns = weight[:, self.columns[k] : self.columns[k] + width]
            torch.mm(table, columns.t(), out=rows[self.first[k] : self.first[k + 1]])
        return F.embedding_bag(self.rows, rows, mode="sum")

    def backward(self, gradient: Tensor, weight: Tensor, of_weight: Tensor) -> None:
        """∂W_kᵀ into `of_weight` (D, out), ∂T_k to the matrix's gradient; `gradient` is ∂y (B, out)."""
        width, tables = self.lookups.width, self.lookups.tables
        offsets = torch.empty(self.first[-1] + 1, dtype=torch.int64)
        samples = torch.empty(self.rows.numel(), dtype=torch.int64)
        readers(self.rows.numpy(), offsets.numpy(), samples.numpy())
        totals = F.embedding_bag(samples, gradient, offsets, mode="sum", include_last_offset=True)
        of_rows = torch.empty(self.first[-1], width)
        for k, table in enumerate(self.table):
            place, column = slice(self.first[k], self.first[k + 1]), self.columns[k]
            torch.mm(totals[place], weight[:, column : column + width], out=of_rows[place])
            torch.mm(table.t(), totals[place], out=of_weight[column : column + width])
        read = offsets.diff() > 0
        add_gradient(tables.matrix(width), self.in_matrix[read], of_rows[read])

    @property
    def in_matrix(self) -> Tensor:
        """Per row of all tables its row of the matrix."""
        begin = torch.tensor([self.lookups.tables.places[name].first for name in self._names])
        ends = torch.tensor(self.first)
        return torch.arange(self.first[-1]) + (begin - ends[:-1]).repeat_interleave(ends.diff())


def first_layer(
    x: Tensor, places: Sequence[int], small: Sequence[SmallTables], weight: Tensor, bias: Tensor | None
) -> Tensor:
    """y = W [x ; small tables] + b: (B, D) → (B, out). Column j of `x` meets column places[j] of W."""
    found: Tensor = _FirstLayer.apply(x, weight, bias, torch.tensor(places, dtype=torch.int64), small)
    return found


class _FirstLayer(Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, places: Tensor, small: Sequence[SmallTables]
    ) -> Tensor:
        chosen = weight.index_select(1, places)
        out = x @ chosen.t() if bias is None else torch.addmm(bias, x, chosen.t())
        for tables in small:
            out += tables.projected(weight)
        ctx.save_for_backward(x, weight, chosen)
        ctx.places, ctx.small, ctx.has_bias = places, small, bias is not None
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, chosen = ctx.saved_tensors
        gradient = gradient.contiguous()
        of_weight = torch.empty(weight.shape[1], weight.shape[0])
        of_weight[ctx.places] = x.t() @ gradient
        for tables in ctx.small:
            tables.backward(gradient, weight, of_weight)
        of_x = gradient @ chosen if ctx.needs_input_grad[0] else None
        return of_x, of_weight.t(), gradient.sum(0) if ctx.has_bias else None, None, None
