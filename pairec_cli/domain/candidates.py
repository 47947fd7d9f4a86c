"""The item that flows through the stages of one request, and the explanation of how it came to be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pairec_cli.domain.records import Record


class Trigger(Record):
    """An item of the user's history that speaks for a candidate: `weight` is the user's liking of it,
    `similarity` its likeness to the candidate; their product is what it contributes."""

    item_id: str
    weight: float
    similarity: float

    @property
    def contribution(self) -> float:
        return self.weight * self.similarity


class RecallHit(Record):
    """One recall that gave the candidate. `recall` is the configured recall, `retrieve_id` the name the
    item carries (an entry may bring its own); `triggers` are the strongest first, empty when none are
    published."""

    recall: str
    retrieve_id: str
    score: float
    triggers: tuple[Trigger, ...] = ()


class Explanation(Record):
    """Every recall that gave the candidate, in merge order, and what the ranking models say of it (output →
    score)."""

    recalls: tuple[RecallHit, ...]
    scores: Mapping[str, float] = {}


class Item:
    """A candidate, as PAI-Rec has it. `score` is the recall's until a rank or sort sets another;
    `recall_scores` (recall name → score) is None until more than one recall has given the item.

    Written out instead of generated, because a request makes a thousand of them: `properties` and
    `algo_scores` (name → score) are empty dicts that come into being when first looked at, which halves the
    cost.
    """

    __slots__ = (
        "algo_scores",
        "explanation",
        "id",
        "item_type",
        "properties",
        "recall_scores",
        "retrieve_id",
        "score",
    )

    algo_scores: dict[str, float]
    properties: dict[str, object]

    def __init__(
        self,
        id: str,
        score: float = 0.0,
        retrieve_id: str = "",
        item_type: str = "",
        properties: dict[str, object] | None = None,
        algo_scores: dict[str, float] | None = None,
    ) -> None:
        self.id = id
        self.score = score
        self.retrieve_id = retrieve_id
        self.item_type = item_type
        self.recall_scores: dict[str, float] | None = None
        self.explanation: Explanation | None = None
        if properties is not None:
            self.properties = properties
        if algo_scores is not None:
            self.algo_scores = algo_scores

    @classmethod
    def listed(cls, entries: Iterable[tuple[str, str, float, bool]], item_type: str = "") -> list[Item]:
        """An item for each (id, retrieve id, score, …) in order. As the constructor makes them, but a call
        for each of hundreds would cost more than the work itself."""
        new = cls.__new__
        found = []
        for id, retrieve_id, score, _ in entries:
            item = new(cls)
            item.id = id
            item.score = score
            item.retrieve_id = retrieve_id
            item.item_type = item_type
            item.recall_scores = None
            item.explanation = None
            found.append(item)
        return found

    if not TYPE_CHECKING:  # a type checker would take every misspelt attribute for one of these

        def __getattr__(self, name: str) -> dict:
            if name not in ("properties", "algo_scores"):
                raise AttributeError(f"an item has no {name!r}")
            made = {}
            setattr(self, name, made)
            return made

    def __repr__(self) -> str:
        return f"Item({self.id!r}, {self.score!r}, {self.retrieve_id!r})"
