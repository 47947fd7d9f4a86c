"""Row optimizers, against PyTorch's own and NumPy loops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pairec_cli.components.optimizers import RowOptimizer, base_rate, dense_optimizer, merged
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.pipeline_config.training import TrainConfig

ROWS, WIDTH = 9, 3


def config(sparse: str = "adagrad_optimizer {}", dense: str = "adam_optimizer {}") -> TrainConfig:
    text = f"""train_input_path: "" eval_input_path: "" model_dir: "" train_config {{
      sparse_optimizer {{ {sparse} }} dense_optimizer {{ {dense} }} }}"""
    train = parse(text).train_config
    assert train is not None
    return train


def batches(count: int = 4) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Ids with repeats, and what their vectors are multiplied with: the gradient."""
    random = torch.Generator().manual_seed(3)
    return [
        (torch.randint(0, ROWS, (6, 2), generator=random), torch.randn(6, 2, WIDTH, generator=random))
        for _ in range(count)
    ]


def trained(sparse: str, rate: float = 0.1) -> np.ndarray:
    matrix = nn.Parameter(torch.linspace(-1, 1, ROWS * WIDTH).reshape(ROWS, WIDTH))
    rule = RowOptimizer(config(sparse).sparse_optimizer, {"3": matrix})
    for ids, factor in batches():
        half = ids.shape[0] // 2
        for part in (slice(0, half), slice(half, None)):  # two look-ups add to one gradient
            (F.embedding(ids[part], matrix, sparse=True) * factor[part]).sum().backward()
        rule.step(rate)
        assert matrix.grad is None
    return matrix.detach().numpy()


def slowly(update: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray], width: int) -> np.ndarray:
    """A loop over rows: `update(w, a, g)` changes `a` in place and gives the new w."""
    matrix = np.linspace(-1, 1, ROWS * WIDTH).reshape(ROWS, WIDTH)
    sums = np.zeros((ROWS, width))
    for ids, factor in batches():
        for row in range(ROWS):
            gradient = factor[ids == row].sum(0).double().numpy()
            if (ids == row).any():
                matrix[row] = update(matrix[row], sums[row], gradient)
    return matrix


def adagrad(w: np.ndarray, a: np.ndarray, g: np.ndarray) -> np.ndarray:
    a += g**2
    return w - 0.1 * g / (np.sqrt(a) + 1e-8)


def row_wise(w: np.ndarray, a: np.ndarray, g: np.ndarray) -> np.ndarray:
    a += (g**2).mean()
    return w - 0.1 * g / (np.sqrt(a) + 1e-8)


def decayed(w: np.ndarray, a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return row_wise(w, a, g + 0.5 * w)


def apart(w: np.ndarray, a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return row_wise(w * (1 - 0.1 * 0.5), a, g)


def clipped(w: np.ndarray, a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return w - 0.1 * np.clip(g, -0.5, 0.5)


@pytest.mark.parametrize(
    ("sparse", "update", "width"),
    [
        ("adagrad_optimizer {}", adagrad, WIDTH),
        ("rowwise_adagrad_optimizer {}", row_wise, 1),
        ("rowwise_adagrad_optimizer { weight_decay: 0.5 weight_decay_mode: L2 }", decayed, 1),
        ("rowwise_adagrad_optimizer { weight_decay: 0.5 weight_decay_mode: DECOUPLE }", apart, 1),
        ("rowwise_adagrad_optimizer { weight_decay: 0.5 }", row_wise, 1),
        ("sgd_optimizer { gradient_clipping: true max_gradient: 0.5 }", clipped, 1),
    ],
)
def test_rows_equal_a_loop(
    sparse: str, update: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray], width: int
) -> None:
    assert trained(sparse) == pytest.approx(slowly(update, width), abs=1e-5)


def test_adagrad_equals_that_of_pytorch() -> None:
    matrix = nn.Parameter(torch.linspace(-1, 1, ROWS * WIDTH).reshape(ROWS, WIDTH))
    theirs = torch.optim.Adagrad([matrix], lr=0.1, eps=1e-8, initial_accumulator_value=0.3)
    for ids, factor in batches():
        theirs.zero_grad()
        (F.embedding(ids, matrix) * factor).sum().backward()
        theirs.step()
    ours = trained("adagrad_optimizer { initial_accumulator_value: 0.3 }")
    assert ours == pytest.approx(matrix.detach().numpy(), abs=1e-5)


def test_rows_outside_the_batch_stay() -> None:
    before = np.linspace(-1, 1, ROWS * WIDTH).reshape(ROWS, WIDTH)
    untouched = sorted(set(range(ROWS)) - {int(row) for ids, _ in batches() for row in ids.flatten()})
    after = trained("adagrad_optimizer {}")
    assert after[untouched] == pytest.approx(before[untouched])
    assert (after != before.astype(np.float32)).any(1).sum() == ROWS - len(untouched)


def test_repeated_rows_are_added() -> None:
    matrix = nn.Parameter(torch.zeros(5, 2))
    F.embedding(torch.tensor([4, 1, 4]), matrix, sparse=True).sum().backward()
    assert matrix.grad is not None
    rows, values = merged(matrix.grad)
    assert (rows.tolist(), values.tolist()) == ([1, 4], [[1, 1], [2, 2]])


@pytest.mark.parametrize(
    ("dense", "kind"),
    [
        ("adam_optimizer { lr: 0.5 beta1: 0.8 }", torch.optim.Adam),
        ("adamw_optimizer { lr: 0.5 weight_decay: 0.1 }", torch.optim.AdamW),
        ("adagrad_optimizer { lr: 0.5 }", torch.optim.Adagrad),
        ("sgd_optimizer { lr: 0.5 momentum: 0 }", torch.optim.SGD),
    ],
)
def test_dense_optimizers_are_those_of_pytorch(dense: str, kind: type[torch.optim.Optimizer]) -> None:
    given = config(dense=dense).dense_optimizer
    made = dense_optimizer(given, [nn.Parameter(torch.zeros(2))])
    assert isinstance(made, kind)
    assert made.defaults["lr"] == base_rate(given) == 0.5
    if kind is torch.optim.Adam:
        assert made.defaults["betas"] == (0.8, 0.999)


def test_other_optimizers_are_named() -> None:
    with pytest.raises(InvalidInput, match="sparse_optimizer: adam_optimizer is not known"):
        RowOptimizer(config("adam_optimizer {}").sparse_optimizer, {})
    with pytest.raises(InvalidInput, match="dense_optimizer: adadelta_optimizer is not known"):
        dense_optimizer(config(dense="adadelta_optimizer {}").dense_optimizer, [])
