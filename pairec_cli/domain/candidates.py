"""The item that flows through the stages of one request, and the explanation of how it came to be there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trigger:
    """An item of the user's history that speaks for a candidate: `weight` is the user's liking of it,
    `similarity` its likeness to the candidate; their product is what it contributes."""

    item_id: str
    weight: float
    similarity: float

    @property
    def contribution(self) -> float:
        return self.weight * self.similarity


@dataclass(frozen=True, slots=True)
class RecallHit:
    """One recall that gave the candidate. `recall` is the configured recall, `retrieve_id` the name the
    item carries (an entry may bring its own); `triggers` are the strongest first, empty when none are
    published."""

    recall: str
    retrieve_id: str
    score: float
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every recall that gave the candidate, in merge order."""

    recalls: tuple[RecallHit, ...]


@dataclass(slots=True, eq=False)
class Item:
    """A candidate, as PAI-Rec has it. `score` is the recall's until a rank or sort sets another;
    `recall_scores` (recall name → score) is None until the item has been given by more than one recall."""

    id: str
    score: float = 0.0
    retrieve_id: str = ""
    item_type: str = ""
    properties: dict[str, object] = field(default_factory=dict)
    algo_scores: dict[str, float] = field(default_factory=dict)
    recall_scores: dict[str, float] | None = None
    explanation: Explanation | None = None
