"""Learning rates over time, by hand."""

from __future__ import annotations

import pytest

from pairec_cli.components.learning_rates import learning_rate
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.pipeline_config.optimizers import DenseOptimizer


def optimizer(schedule: str) -> DenseOptimizer:
    text = f"""train_input_path: "" eval_input_path: "" model_dir: "" train_config {{
      sparse_optimizer {{ adagrad_optimizer {{}} }} dense_optimizer {{ adam_optimizer {{}} {schedule} }} }}"""
    train = parse(text).train_config
    assert train is not None
    return train.dense_optimizer


def rates(schedule: str, counts: list[int], base: float = 1.0) -> list[float]:
    return [learning_rate(optimizer(schedule), base, steps, 100) for steps in counts]


def test_constant() -> None:
    assert rates("constant_learning_rate {}", [0, 1000]) == rates("", [0, 1000]) == [1, 1]


def test_exponential_decay() -> None:
    stairs = "exponential_decay_learning_rate { decay_size: 10 decay_factor: 0.5 min_learning_rate: 0.2 %s }"
    assert rates(stairs % "", [0, 9, 10, 20, 30]) == [1, 1, 0.5, 0.25, 0.2]
    assert rates(stairs % "staircase: false", [5]) == pytest.approx([0.5**0.5])
    warm = stairs % "warmup_size: 4 warmup_learning_rate: 0.2"
    assert rates(warm, [0, 2, 4, 13, 14]) == pytest.approx([0.2, 0.6, 1, 1, 0.5])


def test_manual_steps() -> None:
    manual = """manual_step_learning_rate { schedule_sizes: 10 schedule_sizes: 20 learning_rates: 0.1
      learning_rates: 0.01 %s }"""
    assert rates(manual % "", [0, 10, 11, 20, 21]) == [1, 1, 0.1, 0.1, 0.01]
    assert rates(manual % "warmup: true", [0, 5, 10]) == pytest.approx([1, 0.55, 0.1])


def test_cosine() -> None:
    assert rates("cosine_annealing_learning_rate { T_max: 10 min_learning_rate: 0.2 }", [0, 5, 10, 99]) == (
        pytest.approx([1, 0.6, 0.2, 0.2])
    )


def test_cosine_with_restarts() -> None:
    restarts = "cosine_annealing_warm_restarts_learning_rate { T_0: 10 %s }"
    assert rates(restarts % "", [0, 5, 10, 15]) == pytest.approx([1, 0.5, 1, 0.5])
    assert rates(restarts % "T_mult: 2 warmup_size: 3", [13, 23, 33, 53]) == pytest.approx([1, 0.5, 1, 0.5])


def test_by_epoch() -> None:
    schedule = "exponential_decay_learning_rate { decay_size: 1 decay_factor: 0.5 by_epoch: true }"
    assert learning_rate(optimizer(schedule), 1.0, steps=1000, epochs=2) == 0.25


def test_a_rate_of_zero_stays() -> None:
    schedule = "exponential_decay_learning_rate { decay_size: 1 min_learning_rate: 0.1 }"
    assert rates(schedule, [0, 10], base=0.0) == [0, 0]


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("exponential_decay_learning_rate {}", "needs decay_size"),
        ("cosine_annealing_learning_rate {}", "needs T_max"),
        ("cosine_annealing_warm_restarts_learning_rate {}", "needs T_0"),
        ("manual_step_learning_rate { schedule_sizes: 1 }", "as many learning_rates"),
    ],
)
def test_schedules_without_their_length(schedule: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        rates(schedule, [0])
