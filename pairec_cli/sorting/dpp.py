"""DPPSort: a page of good and unlike items, by a determinantal point process.

The greedy maximum of det(L), L = diag(r) S diag(r) with r = exp(alpha · score) and S the similarity of
embeddings, found with the incremental Cholesky rows of Chen, Zhang and Zhou, "Fast greedy MAP inference
for determinantal point process" (NeurIPS 2018). Windows of the page are chosen one after the other.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import under
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.sorting.embeddings import EmbeddingConf, Embeddings, Matrix, arranged, candidates

DEFAULT_WINDOW = 10
EPSILON = 1e-10
_LARGEST_POWER = 300.0
"""exp of more would leave the range of floats when squared."""
SCORE = "dpp_relevance_score"


class DppConf(EmbeddingConf):
    """`alpha` says how much the score counts beside unlikeness; 0 leaves it out."""

    unserved: ClassVar[tuple[str, ...]] = (*EmbeddingConf.unserved, "EmbeddingHookNames")

    alpha: float = 0.0


class DppConfig(Record):
    dpp_conf: DppConf = DppConf()


class DPPSort:
    """Gives the page alone, as many items as are asked for. Where embeddings cannot be had, or there are only
    AbortRunCount items, all of them stay as they are."""

    Config: ClassVar[type[DppConfig]] = DppConfig
    Conf: ClassVar[type[DppConf]] = DppConf
    """An entry of the top-level list DPPConf."""

    def __init__(self, name: str, config: DppConfig, resources: Resources) -> None:
        self.name = name
        self.conf = config.dpp_conf
        self.window = self.conf.window_size if self.conf.window_size > 0 else DEFAULT_WINDOW
        with under("DPPConf"):
            self.embeddings = Embeddings(self.conf, resources)

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if len(items) <= self.conf.abort_run_count:
            return items
        return arranged(items, self.conf.filter_retrieve_ids, lambda ours: self._page(ours, context))

    def _page(self, items: list[Item], context: RequestContext) -> list[Item]:
        size = context.request.size
        items = candidates(items, self.conf, size)
        matrix = self.embeddings.matrix(items, context)
        if matrix is None:
            return items
        scores = np.array([item.score for item in items])
        for item in items:
            item.algo_scores[SCORE] = item.score
        weights = np.exp(np.clip(self.conf.alpha * scores, -_LARGEST_POWER, _LARGEST_POWER))
        # A constant 1 beside unit vectors makes all similarities positive: (1 + cos) / 2.
        positive = np.hstack([matrix, np.ones((len(items), 1))]) / math.sqrt(2)
        return [items[index] for index in windows(weights[:, None] * positive, size, self.window)]


def windows(vectors: Matrix, count: int, window: int) -> list[int]:
    """`count` rows (all when there are fewer), chosen `window` at a time: within a window rows repel each
    other, across windows they only do not repeat."""
    chosen: list[int] = []
    count = min(count, len(vectors))
    while len(chosen) < count:
        chosen += greedy(vectors, min(window, count - len(chosen)), chosen)
    return chosen


def greedy(vectors: Matrix, count: int, taken: list[int]) -> list[int]:
    """Up to `count` rows besides those taken, each the one that adds most to the volume that the chosen rows
    span. When none adds any, the first ones."""
    gain = np.einsum("ij,ij->i", vectors, vectors)
    gain[taken] = -np.inf
    chosen: list[int] = []
    rows = np.empty((count, len(vectors)))
    while len(chosen) < count:
        best = int(np.argmax(gain))
        if chosen and gain[best] == -np.inf:
            break
        chosen.append(best)
        added = gain[best]
        if added < EPSILON:
            break
        step = len(chosen) - 1
        row = (vectors @ vectors[best] - rows[:step, best] @ rows[:step]) / math.sqrt(added)
        rows[step] = row
        gain -= row * row
        gain[best] = -np.inf
    out = {*taken, *chosen}
    rest = (index for index in range(len(vectors)) if index not in out)
    return chosen + [index for index, _ in zip(rest, range(count - len(chosen)), strict=False)]
