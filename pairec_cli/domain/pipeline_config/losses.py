"""Losses and metrics (loss.proto, metric.proto)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.pipeline_config.message import Message, Uint32, Uint64


class BinaryCrossEntropy(Message):
    """Log loss on one logit; output `probs`."""

    label_smoothing: float = 0.0


class SoftmaxCrossEntropy(Message):
    """Log loss over classes."""

    label_smoothing: float = 0.0


class L2Loss(Message):
    """Squared error; output `y`."""


class JRCLoss(Message):
    """Joint ranking and calibration within a session."""

    session_name: str
    alpha: float = 0.5


class BinaryFocalLoss(Message):
    """Log loss that weighs easy rows down."""

    gamma: float = 2.0
    alpha: float = 0.5


class SoftmaxCrossEntropyWithNegativeMining(Message):
    """EasyRec's: the support-vector guided softmax, whose negatives are the batch's other items. Not
    TorchEasyRec's."""

    num_negative_samples: Uint32
    margin: float = 0.0
    gamma: float = 1.0
    coefficient_of_support_vector: float = 1.0


class CircleLoss(Message):
    """Loss of pairs (EasyRec's loss.proto): similarities above 1 - margin are near enough, below margin far
    enough."""

    margin: float = 0.25
    gamma: float = 32.0


class MultiSimilarityLoss(Message):
    """Loss of pairs (EasyRec's loss.proto): positives and negatives are weighed around `lamb`."""

    alpha: float = 2.0
    beta: float = 50.0
    lamb: float = 1.0
    eps: float = 0.1
    """Of the mining of hard pairs, which EasyRec leaves out as well."""


class LossConfig(Message):
    """One loss."""

    oneofs: ClassVar = {
        "loss": (
            "binary_cross_entropy",
            "softmax_cross_entropy",
            "l2_loss",
            "jrc_loss",
            "binary_focal_loss",
            "softmax_cross_entropy_with_negative_mining",
        )
    }
    binary_cross_entropy: BinaryCrossEntropy | None = None
    softmax_cross_entropy: SoftmaxCrossEntropy | None = None
    l2_loss: L2Loss | None = None
    jrc_loss: JRCLoss | None = None
    binary_focal_loss: BinaryFocalLoss | None = None
    softmax_cross_entropy_with_negative_mining: SoftmaxCrossEntropyWithNegativeMining | None = None


class AUC(Message):
    """Area under the ROC curve, over `thresholds` bins."""

    thresholds: Uint32 = 200


class MulticlassAUC(Message):
    """One class against the others, averaged."""

    thresholds: Uint32 = 200
    average: str = "macro"


class RecallAtK(Message):
    """Share of positives within the first k of the sampled candidates."""

    top_k: Uint32 = 5


class MeanAbsoluteError(Message):
    """Mean |y - label|."""


class MeanSquaredError(Message):
    """Mean (y - label)²."""


class Accuracy(Message):
    """Share of rows on the right side of the threshold."""

    threshold: float = 0.5
    top_k: Uint32 = 1


class GroupedAUC(Message):
    """Mean AUC over groups that hold both classes; `grouping_key` names a configured feature."""

    grouping_key: str


class XAUC(Message):
    """Share of pairs that prediction and label order alike."""

    sample_ratio: float = 1e-3
    max_pairs: Uint64 | None = None
    in_batch: bool = False


class GroupedXAUC(Message):
    """XAUC within groups."""

    grouping_key: str
    max_pairs_per_group: Uint64 = 100


class NormalizedEntropy(Message):
    """Log loss over that of the constant base rate."""

    eta: float = 1e-12


class MetricConfig(Message):
    """One metric of evaluation."""

    oneofs: ClassVar = {
        "metric": (
            "auc",
            "multiclass_auc",
            "recall_at_k",
            "mean_absolute_error",
            "mean_squared_error",
            "accuracy",
            "grouped_auc",
            "xauc",
            "grouped_xauc",
            "normalized_entropy",
        )
    }
    auc: AUC | None = None
    multiclass_auc: MulticlassAUC | None = None
    recall_at_k: RecallAtK | None = None
    mean_absolute_error: MeanAbsoluteError | None = None
    mean_squared_error: MeanSquaredError | None = None
    accuracy: Accuracy | None = None
    grouped_auc: GroupedAUC | None = None
    xauc: XAUC | None = None
    grouped_xauc: GroupedXAUC | None = None
    normalized_entropy: NormalizedEntropy | None = None


class TrainMetricConfig(Message):
    """One metric of training, decaying with time."""

    oneofs: ClassVar = {
        "metric": (
            "auc",
            "recall_at_k",
            "mean_absolute_error",
            "mean_squared_error",
            "accuracy",
            "xauc",
        )
    }
    auc: AUC | None = None
    recall_at_k: RecallAtK | None = None
    mean_absolute_error: MeanAbsoluteError | None = None
    mean_squared_error: MeanSquaredError | None = None
    accuracy: Accuracy | None = None
    xauc: XAUC | None = None
    decay_rate: float = 0.9
    decay_step: Uint32 = 100
