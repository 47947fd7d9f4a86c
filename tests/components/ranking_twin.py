"""Slow NumPy twins: feature groups row by row, layers as their equations say, in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairec_cli.components.batch import Batch
from pairec_cli.components.ranking_model import RankingModel

Array = NDArray[Any]
TABLES = {
    "user_id": ("user", 6),
    "age": ("age_emb", 4),
    "likes": ("likes_emb", 4),
    "item_id": ("item", 6),
    "tags": ("tags_emb", 6),
    "age_x_item": ("age_x_item_emb", 6),
    "click_5_seq__item_id": ("item", 6),
    "click_5_seq__ts": ("click_5_seq__ts_emb", 4),
}
"""Feature → its table and the table's width."""
OF_SEVERAL = {"likes": "mean", "tags": "sum"}


@dataclass
class Twin:
    """A model's weights and a batch, as loops read them."""

    model: RankingModel
    batch: Batch

    @property
    def weights(self) -> dict[str, Array]:
        return {n: v.detach().double().numpy() for n, v in self.model.state_dict().items()}

    def vector(self, name: str, id: int, suffix: str = "") -> Array:
        """The vector of an id; one that the table does not have is out of vocabulary, 1."""
        table = self.model.embeddings.table(TABLES[name][0] + suffix).detach().double().numpy()
        return np.asarray(table[id if 0 <= id < len(table) else 1])

    def feature(self, name: str, row: int, suffix: str = "") -> Array:
        if name in OF_SEVERAL:
            lists = self.batch.lists[name]
            ids = lists.values[lists.offsets[row] : lists.offsets[row + 1]].tolist()
            width = self.model.embeddings.places[TABLES[name][0] + suffix].width
            total = sum((self.vector(name, id, suffix) for id in ids), np.zeros(width))
            return total / max(1, len(ids)) if OF_SEVERAL[name] == "mean" else total
        if name in TABLES:
            return self.vector(name, int(self.batch.id(name)[row]), suffix)
        scale = self.model.groups.scale
        place = scale.names.index(name)
        count, mean, squares = (float(one[place]) for one in (scale.count, scale.mean, scale.squares))
        value = float(self.batch.dense_block([name])[row, 0])
        return np.array([(value - mean) / np.sqrt(squares / count) if count else value])

    def columns(self, names: Sequence[str], suffix: str = "") -> Array:
        """(B, D): embeddings by width, those of one id first, then numbers."""
        order = sorted(
            names,
            key=lambda name: (
                name not in TABLES,
                0 if suffix else TABLES.get(name, ("", 0))[1],
                name in OF_SEVERAL,
            ),
        )
        rows = range(len(self.batch))
        return np.array([np.concatenate([self.feature(n, r, suffix) for n in order]) for r in rows])

    def entries(self, row: int, names: Sequence[str]) -> Array:
        """(length, D): the entries that there are."""
        found = []
        for t in range(int(self.batch.lengths["click_5_seq"][row])):
            entry = [
                self.vector(n, int(self.batch.sequences[n][row, t]))
                if n in TABLES
                else self.batch.sequences[n][row, t : t + 1].double().numpy()
                for n in names
            ]
            found.append(np.concatenate(entry))
        return np.array(found)

    def pooled(self, names: Sequence[str], width: int) -> Array:
        """(B, D): the mean of the entries, zero without any."""
        lists = [self.entries(row, names) for row in range(len(self.batch))]
        return np.array([e.mean(0) if len(e) else np.zeros(width) for e in lists])

    def attended(
        self, query: str, names: Sequence[str], width: int, prefix: str, act: Any = np.tanh
    ) -> Array:
        """(B, D): DIN with an attention MLP of one layer."""
        found = []
        for row in range(len(self.batch)):
            q = np.zeros(width)
            vector = self.feature(query, row)
            q[: len(vector)] = vector
            scores = []
            entries = self.entries(row, names)
            for k in entries:
                hidden = act(
                    linear(
                        self.weights, f"{prefix}.mlp.layers.0.linear", np.concatenate([q, k, q - k, q * k])
                    )
                )
                scores.append(linear(self.weights, f"{prefix}.score", hidden)[0])
            found.append(softmax(np.array(scores)) @ entries if scores else np.zeros(width))
        return np.array(found)

    def mlp(self, prefix: str, x: Array) -> Array:
        """Linear and ReLU, as many as there are."""
        layer = 0
        while f"{prefix}.layers.{layer}.linear.weight" in self.weights:
            x = np.maximum(0, linear(self.weights, f"{prefix}.layers.{layer}.linear", x))
            layer += 1
        assert layer > 0
        return x

    def linear(self, prefix: str, x: Array) -> Array:
        return linear(self.weights, prefix, x)


def linear(weights: dict[str, Array], prefix: str, x: Array) -> Array:
    return np.asarray(x @ weights[f"{prefix}.weight"].T + weights.get(f"{prefix}.bias", 0))


def softmax(x: Array) -> Array:
    """Over the last axis."""
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def mixed(gate: Array, experts: Sequence[Array]) -> Array:
    """Σ_k softmax(gate)_k · expert_k, row by row."""
    shares = softmax(gate)
    return sum(shares[:, k : k + 1] * expert for k, expert in enumerate(experts))  # type: ignore[return-value]
