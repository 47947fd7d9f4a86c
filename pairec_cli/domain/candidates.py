"""The item that flows through the stages of one request, and the explanation of how it came to be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


Pairs = tuple[tuple[str, float], ...]
"""Algorithm scores by name, to share between requests."""


class Item:
    """A candidate, as PAI-Rec has it. `score` is the recall's until a rank or sort sets another;
    `recall_scores` (recall name → score) is None until more than one recall has given the item.

    Written out instead of generated, because a request makes a thousand of them: `algo_scores` (name → score)
    is a dict that comes into being when first looked at, and what few items have is not set for the others,
    which halves the cost. What filters read of every item is a plain attribute.
    """

    __slots__ = (
        "_algo_scores",
        "_explanation",
        "_item_type",
        "id",
        "properties",
        "recall_scores",
        "retrieve_id",
        "score",
    )

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
        self.recall_scores: dict[str, float] | None = None
        self._item_type = item_type
        self.properties: dict[str, object] = {} if properties is None else properties
        self._algo_scores: dict[str, float] | Pairs = () if algo_scores is None else algo_scores

    @staticmethod
    def listed(
        entries: Iterable[tuple[str, str, float, bool]],
        item_type: str = "",
        algo_scores: Iterable[Pairs] = (),
    ) -> list[Item]:
        """An item for each (id, retrieve id, score, …) in order. As the constructor makes them, but a call
        for each of hundreds would cost more than the work itself. `algo_scores` are those of the first items,
        shared pairs of name and score that nobody changes."""
        found: list[Item] = []
        for id, retrieve_id, score, _ in entries:
            item = _Listed()
            item.id = id
            item.score = score
            item.retrieve_id = retrieve_id
            item.properties = {}
            item.recall_scores = None
            found.append(item)
        if item_type:
            for item in found:
                item._item_type = item_type
        for item, pairs in zip(found, algo_scores, strict=False):
            item._algo_scores = pairs
        return found

    @property
    def item_type(self) -> str:
        return getattr(self, "_item_type", "")

    @item_type.setter
    def item_type(self, kind: str) -> None:
        self._item_type = kind

    @property
    def explanation(self) -> Explanation | None:
        return getattr(self, "_explanation", None)

    @explanation.setter
    def explanation(self, explanation: Explanation) -> None:
        self._explanation = explanation

    @property
    def algo_scores(self) -> dict[str, float]:
        found = getattr(self, "_algo_scores", ())
        if isinstance(found, tuple):
            found = self._algo_scores = dict(found)
        return found

    @algo_scores.setter
    def algo_scores(self, scores: dict[str, float]) -> None:
        self._algo_scores = scores

    def __repr__(self) -> str:
        return f"Item({self.id!r}, {self.score!r}, {self.retrieve_id!r})"


class _Listed(Item):
    """An item whose attributes are set one by one: without a constructor of its own it is made at once."""

    __slots__ = ()
    __init__ = object.__init__
