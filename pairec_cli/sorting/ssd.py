"""SSDSort: a page of good and unlike items, by sliding spectrum decomposition.

Huang et al., "Sliding spectrum decomposition for diversified recommendation" (KDD 2021, arXiv 2107.05204):
the next item maximises r + gamma · volume · |e⊥|, where e⊥ is what its embedding adds to those of the
window, and the volume that of the items chosen. An item that leaves the window gives its direction back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import under
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.sorting.embeddings import (
    EmbeddingConf,
    Embeddings,
    Matrix,
    Vector,
    arranged,
    by_score,
    candidates,
)

DEFAULT_GAMMA, DEFAULT_WINDOW = 0.25, 5
NO_ITEM: Mapping[str, object] = {}


class Switch(Record):
    """Conditions on the user; the engine reads no expression here."""

    unserved: ClassVar[tuple[str, ...]] = ("Expression",)

    conditions: tuple[FilterParam, ...] = ()


class SsdConf(EmbeddingConf):
    """`gamma` says how much unlikeness counts beside the score, 0.25 when it is not positive. `use_ssd_star`
    keeps the volume at 1. `condition` switches the sort on."""

    gamma: float = 0.0
    use_ssd_star: bool = False
    condition: Switch = Switch()


class SsdConfig(Record):
    ssd_conf: SsdConf = SsdConf()


class SSDSort:
    """Gives the page alone, as many items as are asked for. All items by score where the condition does not
    hold, embeddings cannot be had, or there are only AbortRunCount items."""

    Config: ClassVar[type[SsdConfig]] = SsdConfig

    def __init__(self, name: str, config: SsdConfig, resources: Resources) -> None:
        self.name = name
        self.conf = config.ssd_conf
        self.gamma = self.conf.gamma if self.conf.gamma > 0 else DEFAULT_GAMMA
        self.window = self.conf.window_size if self.conf.window_size > 1 else DEFAULT_WINDOW
        self.positive = self.conf.ensure_positive_sim.lower() != "false"
        self.conditions = Conditions(self.conf.condition.conditions)
        with under("SSDConf"):
            self.embeddings = Embeddings(self.conf, resources)

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        off = not self.conditions.hold(context.user, NO_ITEM)
        if off or len(items) <= self.conf.abort_run_count:
            return by_score(items)
        return arranged(items, self.conf.filter_retrieve_ids, lambda ours: self._page(ours, context))

    def _page(self, items: list[Item], context: RequestContext) -> list[Item]:
        size = context.request.size
        items = candidates(by_score(items), self.conf, size)
        matrix = self.embeddings.matrix(items, context)
        if matrix is None:
            return items
        if self.positive:
            matrix = np.hstack([matrix, np.ones((len(items), 1))])
        scores = np.array([item.score for item in items])
        chosen = sliding(
            scores, matrix, size, gamma=self.gamma, window=self.window, star=self.conf.use_ssd_star
        )
        return [items[index] for index in chosen]


def sliding(
    scores: Vector, vectors: Matrix, count: int, *, gamma: float, window: int, star: bool = False
) -> list[int]:
    """`count` rows (all when there are fewer) in the order in which they are chosen."""
    count = min(count, len(vectors))
    residual, free = vectors.copy(), np.ones(len(vectors), dtype=bool)
    chosen: list[int] = []
    in_window: deque[tuple[int, Vector]] = deque()
    volume, quality = gamma, scores
    while len(chosen) < count:
        best = int(np.argmax(np.where(free, quality, -np.inf)))
        best = best if free[best] else int(np.argmax(free))
        chosen.append(best)
        free[best] = False
        direction = residual[best]
        if not star:
            volume *= float(np.linalg.norm(direction))
        if len(in_window) == window:
            oldest, shares = in_window.popleft()
            residual[free] += shares[free, None] * residual[oldest]
        shares = _shares(residual, direction)
        residual[free] -= shares[free, None] * direction
        in_window.append((best, shares))
        quality = scores + volume * np.linalg.norm(residual, axis=1)
    return chosen


def _shares(vectors: Matrix, direction: Vector) -> Vector:
    """How much of the direction is in each row; 1 where there is no direction, as in the engine."""
    square = float(direction @ direction)
    return vectors @ direction / square if square else np.ones(len(vectors))
