"""From a history to several interests: MIND's behavior-to-interest routing.

Li et al., "Multi-Interest Network with Dynamic Routing for Recommendation at Tmall", arXiv 1904.08030,
section 4.3; in the form of TorchEasyRec's modules/capsule.py. B users, T entries, K interests:

    v_j = S c_j                                          one bilinear map for all
    b   ~ N(0, stddev²), not trained                     (or zeros)
    rounds:  a_jk = softmax_k(scale · b_jk)  of entries that are there and interests that the user has
             z_k  = Σ_j a_jk v_j
             b_jk = a_jk + <z_k, v_j / |v_j|>            (no gradient)
    last:    z_k  = squash(z_k) = (|z|² / (1 + |z|²))^pow · z / |z|

A user with a history of n has max(1, min(max_k, log2 n)) interests, rounded up.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.layers import B2ICapsule

NEVER = -1e9
SMALL = 1e-12


class Capsules(nn.Module):
    """In training the first routing logits are drawn for each batch, afterwards they are always the same
    ones, so that a user's interests are what they are. Raises InvalidInput for a config without rounds,
    interests or length."""

    def __init__(self, width: int, config: B2ICapsule) -> None:
        super().__init__()
        if not (config.max_k and config.num_iters and config.max_seq_len and config.high_dim):
            raise InvalidInput("capsule_config needs max_k, num_iters, max_seq_len and high_dim above 0")
        if config.routing_init_method not in ("normal", "zeros"):
            raise InvalidInput(
                f"routing_init_method {config.routing_init_method!r} is neither normal nor zeros"
            )
        self.config, self.width = config, config.high_dim
        self.bilinear = nn.Parameter(torch.randn(width, config.high_dim))
        start = torch.randn(config.max_seq_len, config.max_k)
        self.register_buffer("start", start * self._deviation)

    @property
    def _deviation(self) -> float:
        return 0.0 if self.config.routing_init_method == "zeros" else self.config.routing_logits_stddev

    def forward(self, entries: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, D) and bool (B, T), T at most max_seq_len → interests (B, K, high_dim), zero where the user
        has fewer, and bool (B, K) which there are."""
        config = self.config
        v = entries.detach() @ self.bilinear.detach()
        length = torch.linalg.vector_norm(v, dim=2, keepdim=True).clamp(min=SMALL)
        there = self.has(present)
        b = self._first_logits(v).expand(v.shape[0], -1, -1)
        for turn in range(config.num_iters):
            masked = torch.where(there.unsqueeze(1), b, NEVER)
            a = F.softmax(config.routing_logits_scale * masked, 2) * present.unsqueeze(2)
            if turn < config.num_iters - 1:
                b = a + v @ (a.transpose(1, 2) @ v).transpose(1, 2) / length
        # Σ_j a_jk S c_j as S Σ_j a_jk c_j: gradients then pass through S once an interest, not once an entry.
        z = squash(a.transpose(1, 2) @ entries @ self.bilinear, config.squash_pow)
        return z * there.unsqueeze(2), there

    def has(self, present: Tensor) -> Tensor:
        """Which interests there are: bool (B, K); always the first."""
        most = self.config.max_k
        place = torch.arange(most, device=present.device)
        if self.config.const_caps_num:
            return (place >= 0).expand(present.shape[0], most)
        # place < log2(n) as 2^place < n: a logarithm rounds otherwise in an exported graph.
        return (place == 0) | (torch.pow(2, place) < present.sum(1).unsqueeze(1))

    def _first_logits(self, v: Tensor) -> Tensor:
        if self.training and self._deviation:
            return torch.randn(v.shape[0], v.shape[1], self.config.max_k, device=v.device) * self._deviation
        start: Tensor = self.get_buffer("start")
        return start[: v.shape[1]]


def squash(z: Tensor, power: float) -> Tensor:
    """(|z|² / (1 + |z|²))^power · z / |z| over the last axis; zero stays zero."""
    square = z.square().sum(-1, keepdim=True)
    return (square / (1 + square) + SMALL) ** power * z / (square + SMALL).sqrt()
