"""Learning rates over time, as TorchEasyRec's schedules define them (optim/lr_scheduler.py).

`done` counts finished steps, or finished epochs where the schedule says by_epoch. During a warm-up of w steps
the rate rises linearly from warmup_learning_rate to the optimizer's own, b; then, with t = done - w:

    constant            b
    exponential decay   max(b · factor^(t / size), minimum), t / size rounded down if staircase
    manual step         the last of learning_rates whose size is below `done`
    cosine annealing    m + (b - m) · (1 + cos(π · min(t, T) / T)) / 2
    … warm restarts     the same with t counted from the last restart and T growing by T_mult
"""

from __future__ import annotations

import math
from bisect import bisect_left

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.optimizers import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestartsLR,
    DenseOptimizer,
    ExponentialDecayLR,
    ManualStepLR,
    SparseOptimizer,
)

WarmingUp = ExponentialDecayLR | CosineAnnealingLR | CosineAnnealingWarmRestartsLR


def learning_rate(optimizer: SparseOptimizer | DenseOptimizer, base: float, steps: int, epochs: int) -> float:
    """After so many finished steps and epochs. Raises InvalidInput for a schedule without its length."""
    schedule = getattr(optimizer, optimizer.which("learning_rate") or "", None)
    done = epochs if getattr(schedule, "by_epoch", False) else steps
    if base == 0:
        return base
    if isinstance(schedule, ManualStepLR):
        return manual_step(schedule, base, done)
    if isinstance(schedule, WarmingUp):
        if done < schedule.warmup_size:
            start = schedule.warmup_learning_rate
            return start + (base - start) * done / schedule.warmup_size
        return warm(schedule, base, done - schedule.warmup_size)
    return base


def warm(schedule: WarmingUp, base: float, t: int) -> float:
    """The rate `t` steps after the warm-up."""
    low = schedule.min_learning_rate
    if isinstance(schedule, ExponentialDecayLR):
        power = t / length(schedule.decay_size, "decay_size")
        return max(base * schedule.decay_factor ** (math.floor(power) if schedule.staircase else power), low)
    if isinstance(schedule, CosineAnnealingLR):
        period = length(schedule.T_max, "T_max")
        t = min(t, period)
    else:
        period = length(schedule.T_0, "T_0")
        while t >= period:
            t, period = t - period, period * max(1, schedule.T_mult)
    return low + (base - low) * (1 + math.cos(math.pi * t / period)) / 2


def manual_step(schedule: ManualStepLR, base: float, done: int) -> float:
    sizes, rates = schedule.schedule_sizes, schedule.learning_rates
    if not sizes or len(sizes) != len(rates):
        raise InvalidInput(
            "manual_step_learning_rate needs as many learning_rates as schedule_sizes, at least one"
        )
    if place := bisect_left(sizes, done):
        return rates[place - 1]
    return base + (rates[0] - base) * done / sizes[0] if schedule.warmup and sizes[0] else base


def length(value: int | None, name: str) -> int:
    if not value:
        raise InvalidInput(f"the learning rate of pipeline.config needs {name}, 1 or more")
    return value
