"""From a sequence to one vector, as TorchEasyRec's sequence encoders do.

Shapes: N rows, T entries, D the width of an entry. A request has one sequence for its N items: `entries` and
`present` may then have a single row. Entries that are not present are zero vectors.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.layers import MLP
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig

NEVER = -(2.0**31) + 1
"""Score of an entry that is not there, TorchEasyRec's."""


class DinEncoder(nn.Module):
    """Target attention: a_t = softmax_t(w · MLP([q ; k_t ; q - k_t ; q ∘ k_t])), Σ_t a_t k_t.

    Deep Interest Network (arXiv 1706.06978), equation 3; where q is narrower than k it counts as padded with
    zeros. The MLP's first layer is applied in parts, W_q q + W_k k + W_d (q - k) + W_p (q ∘ k) =
    (W_q + W_d) q + (W_k - W_d) k + W_p (q ∘ k), so that only the product is computed for each pair.
    Raises InvalidInput if q is wider than k.
    """

    def __init__(self, query_width: int, width: int, config: MLPConfig) -> None:
        super().__init__()
        if query_width > width:
            raise InvalidInput(
                f"a DIN query of width {query_width} is wider than its sequence, {width}",
                hint="the query's features must be among those of the sequence",
            )
        self.width, self.query_width = width, query_width
        self.mlp = MLP(4 * width, config)
        self.score = nn.Linear(self.mlp.width, 1)

    def forward(self, query: Tensor, entries: Tensor, present: Tensor) -> Tensor:
        """(N, Dq), (N|1, T, D), (N|1, T) → (N, D); a zero vector where nothing is present."""
        first, own = self.mlp.layers[0].linear, self.query_width
        of_q, of_k, of_difference, of_product = first.weight.split(self.width, 1)
        q = query.unsqueeze(1)
        hidden = (
            F.linear(q, (of_q + of_difference)[:, :own], first.bias)
            + F.linear(entries, of_k - of_difference)
            + F.linear(q * entries[:, :, :own], of_product[:, :own])
        )
        scores = self.score(self.mlp.after_first_linear(hidden)).squeeze(2)
        attention = F.softmax(torch.where(present, scores, NEVER), 1)
        return (attention.unsqueeze(1) @ entries).squeeze(1)


class SimpleAttention(nn.Module):
    """a_t = softmax_t(q · k_t), Σ_t a_t k_t. Raises InvalidInput if q and k differ in width."""

    def __init__(self, query_width: int, width: int) -> None:
        super().__init__()
        if query_width != width:
            raise InvalidInput(
                f"simple_attention needs a query as wide as its sequence, not {query_width} and {width}",
                hint="give both the same features, or use din_encoder",
            )
        self.width = width

    def forward(self, query: Tensor, entries: Tensor, present: Tensor) -> Tensor:
        """(N, D), (N|1, T, D), (N|1, T) → (N, D)."""
        scores = (entries @ query.unsqueeze(2)).squeeze(2)
        attention = F.softmax(torch.where(present, scores, NEVER), 1)
        return (attention.unsqueeze(1) @ entries).squeeze(1)
