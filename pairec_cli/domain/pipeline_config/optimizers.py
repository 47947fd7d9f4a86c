"""Optimizers of embeddings and of dense weights, and learning rates (optimizer.proto)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pairec_cli.domain.pipeline_config.message import Message, Uint32


class WeightDecayMode(StrEnum):
    """How row-wise Adagrad decays weights."""

    NONE = "NONE"
    L2 = "L2"
    DECOUPLE = "DECOUPLE"


class FusedSGDOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    gradient_clipping: bool = False
    max_gradient: float = 1.0


class FusedAdagradOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    gradient_clipping: bool = False
    max_gradient: float = 1.0
    initial_accumulator_value: float = 0.0


class FusedAdamOptimizer(Message):
    """Adam, LAMB and their row-wise forms have the same fields. TorchEasyRec refuses Adam on a CPU."""

    always: ClassVar = ("lr",)
    lr: float = 0.002
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    gradient_clipping: bool = False
    max_gradient: float = 1.0


class FusedLarsSGDOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    momentum: float = 0.9
    weight_decay: float = 0.0
    gradient_clipping: bool = False
    max_gradient: float = 1.0


class FusedRowWiseAdagradOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    weight_decay: float = 0.0
    weight_decay_mode: WeightDecayMode = WeightDecayMode.NONE
    gradient_clipping: bool = False
    max_gradient: float = 1.0


class FusedAdadeltaOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    rho: float = 0.95
    eps: float = 1e-6
    weight_decay: float = 0.0
    gradient_clipping: bool = False
    max_gradient: float = 1.0


class FusedRMSpropOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    alpha: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 0.0
    gradient_clipping: bool = False
    max_gradient: float = 1.0


class SGDOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    momentum: float = 0.9
    weight_decay: float = 0.0
    dampening: float = 0.0
    nesterov: bool = False
    fused: bool = False


class AdagradOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    weight_decay: float = 0.0
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10
    fused: bool = False


class AdamOptimizer(Message):
    """Adam and AdamW have the same fields."""

    always: ClassVar = ("lr",)
    lr: float = 0.002
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    eps: float = 1e-8
    amsgrad: bool = False
    fused: bool = False


class AdadeltaOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    rho: float = 0.95
    eps: float = 1e-6
    weight_decay: float = 0.0


class RMSpropOptimizer(Message):
    always: ClassVar = ("lr",)
    lr: float = 0.002
    alpha: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 0.0


class ConstantLR(Message):
    """The optimizer's own rate, always."""


class ExponentialDecayLR(Message):
    decay_size: Uint32 | None = None
    """Steps, or epochs when `by_epoch`, between two decays."""
    decay_factor: float = 0.95
    staircase: bool = True
    warmup_learning_rate: float = 0.0
    warmup_size: Uint32 = 0
    min_learning_rate: float = 0.0
    by_epoch: bool = False


class ManualStepLR(Message):
    schedule_sizes: tuple[Uint32, ...] = ()
    learning_rates: tuple[float, ...] = ()
    warmup: bool = False
    by_epoch: bool = False


class CosineAnnealingLR(Message):
    T_max: Uint32 | None = None
    min_learning_rate: float = 0.0
    warmup_learning_rate: float = 0.0
    warmup_size: Uint32 = 0
    by_epoch: bool = False


class CosineAnnealingWarmRestartsLR(Message):
    T_0: Uint32 | None = None
    T_mult: Uint32 = 1
    min_learning_rate: float = 0.0
    warmup_learning_rate: float = 0.0
    warmup_size: Uint32 = 0
    by_epoch: bool = False


LEARNING_RATES = (
    "constant_learning_rate",
    "exponential_decay_learning_rate",
    "manual_step_learning_rate",
    "cosine_annealing_learning_rate",
    "cosine_annealing_warm_restarts_learning_rate",
)
DENSE = (
    "sgd_optimizer",
    "adagrad_optimizer",
    "adam_optimizer",
    "adamw_optimizer",
    "adadelta_optimizer",
    "rmsprop_optimizer",
)


class SparseOptimizer(Message):
    """How embeddings learn."""

    oneofs: ClassVar = {
        "optimizer": (
            "sgd_optimizer",
            "adagrad_optimizer",
            "adam_optimizer",
            "lars_sgd_optimizer",
            "lamb_optimizer",
            "partial_rowwise_lamb_optimizer",
            "partial_rowwise_adam_optimizer",
            "rowwise_adagrad_optimizer",
            "adadelta_optimizer",
            "rmsprop_optimizer",
        ),
        "learning_rate": LEARNING_RATES,
    }
    sgd_optimizer: FusedSGDOptimizer | None = None
    adagrad_optimizer: FusedAdagradOptimizer | None = None
    adam_optimizer: FusedAdamOptimizer | None = None
    lars_sgd_optimizer: FusedLarsSGDOptimizer | None = None
    lamb_optimizer: FusedAdamOptimizer | None = None
    partial_rowwise_lamb_optimizer: FusedAdamOptimizer | None = None
    partial_rowwise_adam_optimizer: FusedAdamOptimizer | None = None
    rowwise_adagrad_optimizer: FusedRowWiseAdagradOptimizer | None = None
    adadelta_optimizer: FusedAdadeltaOptimizer | None = None
    rmsprop_optimizer: FusedRMSpropOptimizer | None = None
    constant_learning_rate: ConstantLR | None = None
    exponential_decay_learning_rate: ExponentialDecayLR | None = None
    manual_step_learning_rate: ManualStepLR | None = None
    cosine_annealing_learning_rate: CosineAnnealingLR | None = None
    cosine_annealing_warm_restarts_learning_rate: CosineAnnealingWarmRestartsLR | None = None


class PartOptimizer(Message):
    """The dense weights whose name matches."""

    oneofs: ClassVar = {"optimizer": DENSE, "learning_rate": LEARNING_RATES}
    regex_pattern: str
    sgd_optimizer: SGDOptimizer | None = None
    adagrad_optimizer: AdagradOptimizer | None = None
    adam_optimizer: AdamOptimizer | None = None
    adamw_optimizer: AdamOptimizer | None = None
    adadelta_optimizer: AdadeltaOptimizer | None = None
    rmsprop_optimizer: RMSpropOptimizer | None = None
    constant_learning_rate: ConstantLR | None = None
    exponential_decay_learning_rate: ExponentialDecayLR | None = None
    manual_step_learning_rate: ManualStepLR | None = None
    cosine_annealing_learning_rate: CosineAnnealingLR | None = None
    cosine_annealing_warm_restarts_learning_rate: CosineAnnealingWarmRestartsLR | None = None


class ExponentialMovingAverage(Message):
    """Averaged dense weights, which evaluation and export may use."""

    decay: float = 0.999


class DenseOptimizer(Message):
    """How all other weights learn."""

    oneofs: ClassVar = {"optimizer": DENSE, "learning_rate": LEARNING_RATES}
    sgd_optimizer: SGDOptimizer | None = None
    adagrad_optimizer: AdagradOptimizer | None = None
    adam_optimizer: AdamOptimizer | None = None
    adamw_optimizer: AdamOptimizer | None = None
    adadelta_optimizer: AdadeltaOptimizer | None = None
    rmsprop_optimizer: RMSpropOptimizer | None = None
    constant_learning_rate: ConstantLR | None = None
    exponential_decay_learning_rate: ExponentialDecayLR | None = None
    manual_step_learning_rate: ManualStepLR | None = None
    cosine_annealing_learning_rate: CosineAnnealingLR | None = None
    cosine_annealing_warm_restarts_learning_rate: CosineAnnealingWarmRestartsLR | None = None
    part_optimizers: tuple[PartOptimizer, ...] = ()
    ema: ExponentialMovingAverage | None = None
