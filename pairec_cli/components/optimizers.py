"""Optimizers: one for embedding rows, which touches the rows of the batch only, and PyTorch's for the rest.

    adagrad            a ← a + g²               w ← w - lr · g / (√a + ε)      a has the matrix's shape
    row-wise adagrad   a ← a + mean(g²)         the same                       a is one number a row
    sgd                w ← w - lr · g

g is the sum of a row's gradients in the batch, clipped to ±max_gradient where gradient_clipping is set;
ε = 1e-8, as in FBGEMM, which TorchEasyRec's sparse optimizers are. Adagrad: Duchi, Hazan and Singer, JMLR 12
(2011).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from pairec_cli.components.row_kernels import adagrad, merge
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.optimizers import (
    AdagradOptimizer,
    AdamOptimizer,
    DenseOptimizer,
    FusedAdagradOptimizer,
    FusedRowWiseAdagradOptimizer,
    FusedSGDOptimizer,
    SGDOptimizer,
    SparseOptimizer,
    WeightDecayMode,
)

EPSILON = 1e-8
SparseRule = FusedAdagradOptimizer | FusedRowWiseAdagradOptimizer | FusedSGDOptimizer


class RowOptimizer:
    """Updates matrices (rows, width) by sparse gradients. Raises InvalidInput for an unknown optimizer."""

    def __init__(self, config: SparseOptimizer, matrices: Mapping[str, nn.Parameter]) -> None:
        self.rule = sparse_rule(config)
        self.matrices = dict(matrices)
        self.accumulators = {name: self._accumulator(matrix) for name, matrix in self.matrices.items()}
        self.workspaces = {
            name: Workspace(matrix) for name, matrix in self.matrices.items() if matrix.device.type == "cpu"
        }

    def _accumulator(self, matrix: Tensor) -> Tensor:
        start = self.rule.initial_accumulator_value if isinstance(self.rule, FusedAdagradOptimizer) else 0.0
        if isinstance(self.rule, FusedSGDOptimizer):
            return matrix.new_zeros((0,))
        shape = matrix.shape if isinstance(self.rule, FusedAdagradOptimizer) else matrix.shape[:1]
        return matrix.new_full(shape, start)

    def step(self, rate: float) -> None:
        """Applies the gradients at learning rate `rate`, and drops them."""
        with torch.no_grad():
            for name, matrix in self.matrices.items():
                if matrix.grad is not None:
                    add_up = self.workspaces[name].merged if name in self.workspaces else merged
                    rows, gradient = add_up(matrix.grad)
                    self._update(matrix, self.accumulators[name], rows, gradient, rate)
                    matrix.grad = None

    def _update(self, matrix: Tensor, sums: Tensor, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """`gradient` (R, width) of distinct `rows` (R,); it is overwritten."""
        rule = self.rule
        if rule.gradient_clipping:
            gradient.clamp_(-rule.max_gradient, rule.max_gradient)
        if isinstance(rule, FusedRowWiseAdagradOptimizer) and rule.weight_decay:
            if rule.weight_decay_mode is WeightDecayMode.L2:
                gradient.add_(matrix[rows], alpha=rule.weight_decay)
            elif rule.weight_decay_mode is WeightDecayMode.DECOUPLE:
                matrix.index_add_(0, rows, matrix[rows], alpha=-rate * rule.weight_decay)
        if isinstance(rule, FusedAdagradOptimizer) and matrix.device.type == "cpu":
            weights = matrix.detach().numpy()
            step = np.float32(rate)
            adagrad(weights, sums.numpy(), rows.numpy(), gradient.numpy(), step, np.float32(EPSILON))
            return
        if not isinstance(rule, FusedSGDOptimizer):
            squares = gradient**2 if sums.dim() == 2 else (gradient**2).mean(1)
            total = sums[rows].add_(squares)
            sums[rows] = total
            gradient.div_(total.sqrt_().add_(EPSILON).view(len(rows), -1))
        matrix.index_add_(0, rows, gradient, alpha=-rate)


class Workspace:
    """Room in which the gradients of a matrix on the CPU are added up."""

    def __init__(self, matrix: Tensor) -> None:
        self.slots = np.full(len(matrix), -1, np.int32)
        self.distinct = np.empty(0, np.int64)
        self.totals = np.empty((0, matrix.shape[1]), np.float32)

    def merged(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """As the function of this name, in the order of first occurrence; valid until the next call."""
        rows, values = gradient._indices()[0].numpy(), gradient._values().contiguous().numpy()
        if len(rows) > len(self.distinct):
            self.distinct = np.empty(len(rows), np.int64)
            self.totals = np.empty((len(rows), self.totals.shape[1]), np.float32)
        count = merge(rows, values, self.slots, self.distinct, self.totals)
        return torch.from_numpy(self.distinct[:count]), torch.from_numpy(self.totals[:count])


def merged(gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Distinct rows (R,) of a sparse gradient and the sum of each one's values (R, width)."""
    rows, place = torch.unique(gradient._indices()[0], return_inverse=True)
    values = gradient._values()
    return rows, values.new_zeros((len(rows), values.shape[1])).index_add_(0, place, values)


def sparse_rule(config: SparseOptimizer) -> SparseRule:
    """Raises InvalidInput for an optimizer that is not known here."""
    rule = getattr(config, config.which("optimizer") or "", None)
    if not isinstance(rule, SparseRule):
        raise InvalidInput(
            f"train_config.sparse_optimizer: {config.which('optimizer')} is not known to the local trainer",
            hint="use adagrad_optimizer, rowwise_adagrad_optimizer or sgd_optimizer",
        )
    return rule


def dense_optimizer(config: DenseOptimizer, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Raises InvalidInput for an optimizer that is not known here."""
    kind = config.which("optimizer")
    rule = getattr(config, kind or "", None)
    if isinstance(rule, AdamOptimizer):
        adam = torch.optim.AdamW if kind == "adamw_optimizer" else torch.optim.Adam
        return adam(
            weights,
            lr=rule.lr,
            betas=(rule.beta1, rule.beta2),
            eps=rule.eps,
            weight_decay=rule.weight_decay,
            amsgrad=rule.amsgrad,
            fused=True,
        )
    if isinstance(rule, AdagradOptimizer):
        return torch.optim.Adagrad(
            weights,
            lr=rule.lr,
            eps=rule.eps,
            weight_decay=rule.weight_decay,
            initial_accumulator_value=rule.initial_accumulator_value,
        )
    if isinstance(rule, SGDOptimizer):
        return torch.optim.SGD(
            weights,
            lr=rule.lr,
            momentum=rule.momentum,
            weight_decay=rule.weight_decay,
            dampening=rule.dampening,
            nesterov=rule.nesterov,
        )
    raise InvalidInput(
        f"train_config.dense_optimizer: {kind} is not known to the local trainer",
        hint="use adam_optimizer, adamw_optimizer, adagrad_optimizer or sgd_optimizer",
    )


def base_rate(config: SparseOptimizer | DenseOptimizer) -> float:
    """The optimizer's own learning rate."""
    return float(getattr(config, config.which("optimizer") or "").lr)
