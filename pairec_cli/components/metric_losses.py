"""Losses of metric learning over the pairs of a batch: which pairs are pulled together, which pushed apart.

B rows, each an item in a session. P is the set of positive pairs, N that of negative ones, s the similarity:

    circle            a_p = relu(1 + m - s_p),  a_n = relu(s_n + m)  as constants,  D_p = 1 - m,  D_n = m
                      L = mean softplus( LSE_n γ a_n (s_n - D_n) + LSE_p -γ a_p (s_p - D_p) )
    multi-similarity  L = mean [ log(1 + Σ_p e^{-α(s_p - λ)}) / α + log(1 + Σ_n e^{β(s_n - λ)}) / β ],  s ≥ 0

over the rows that have a positive and a negative. Sun et al., "Circle Loss", CVPR 2020; Wang et al.,
"Multi-Similarity Loss", CVPR 2019; as EasyRec's collaborative_metric_learning.py uses them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from pairec_cli.domain.pipeline_config.losses import CircleLoss, MultiSimilarityLoss
from pairec_cli.domain.pipeline_config.models import PositivePairs

NOTHING = -1e30
"""Exponent of a pair that does not count."""


def pairs(
    sessions: Tensor, items: Tensor, clicked: Tensor, positives: PositivePairs
) -> tuple[Tensor, Tensor]:
    """Positive and negative pairs, bool (B, B) each, of the anchors by row; all arguments are (B,).

    CLICKED: clicked items of one session are positive. An unclicked item is nobody's positive and no anchor.
    SAME_LABEL: items of one session that were both clicked, or both not (EasyRec's code).
    Everything else is negative, but for an item beside itself: EasyRec counts one that two sessions share as
    a negative, whose similarity of 1 drowns all others. Who knows more of the sessions than the batch shows
    takes away the negatives that a session clicked (`CoMetricLearningI2I.loss`).
    """
    same = sessions.unsqueeze(1) == sessions
    other = items.unsqueeze(1) != items
    label = clicked > 0
    if positives is PositivePairs.CLICKED:
        return same & other & label & label.unsqueeze(1), other & ~(same & label) & label.unsqueeze(1)
    alike = same & (label == label.unsqueeze(1))
    return alike & other, ~alike & other


def circle_loss(similarity: Tensor, positive: Tensor, negative: Tensor, config: CircleLoss) -> Tensor:
    """A scalar; `similarity` (B, B), cosines. 0 where no row has a positive and a negative."""
    margin, gamma = config.margin, config.gamma
    above = (1 + margin - similarity.detach()).clamp(min=0)
    below = (similarity.detach() + margin).clamp(min=0)
    pulled = -gamma * above * (similarity - (1 - margin))
    pushed = gamma * below * (similarity - margin)
    return _mean(F.softplus(_lse(pushed, negative) + _lse(pulled, positive)), positive, negative)


def multi_similarity_loss(
    similarity: Tensor, positive: Tensor, negative: Tensor, config: MultiSimilarityLoss
) -> Tensor:
    """A scalar, as `circle_loss`."""
    shifted = similarity.clamp(min=0) - config.lamb
    pulled = F.softplus(_lse(-config.alpha * shifted, positive)) / config.alpha
    pushed = F.softplus(_lse(config.beta * shifted, negative)) / config.beta
    return _mean(pulled + pushed, positive, negative)


def _lse(exponents: Tensor, counted: Tensor) -> Tensor:
    """Per row the log of the sum of e^exponent over the pairs that count: (B,)."""
    return torch.logsumexp(torch.where(counted, exponents, NOTHING), 1)


def _mean(rows: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    usable = positive.any(1) & negative.any(1)
    return torch.where(usable, rows, 0.0).sum() / usable.sum().clamp(min=1)
