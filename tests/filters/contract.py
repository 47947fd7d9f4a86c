"""What every filter keeps. A filter's test inherits `FilterContract` and names its type."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import FeatureReader, RequestContext, Resources
from pairec_cli.filters.registry import FILTERS


class NoFeatures:
    """A store without views, for stages that read none."""

    def get(self, view: str, key: str) -> None:
        raise AssertionError(f"read {view} {key}")

    def get_many(self, view: str, keys: object) -> dict[str, Any]:
        raise AssertionError(f"read {view} {keys}")


def context(size: int = 10, **user: object) -> RequestContext:
    return RequestContext(RecommendRequest("u1", "home", size), {"uid": "u1", **user})


def item(id: str, score: float = 0.0, retrieve_id: str = "r1", **properties: object) -> Item:
    return Item(id, score, retrieve_id, properties=dict(properties))


def state(item: Item) -> tuple[object, ...]:
    """All that a candidate holds, to compare with."""
    return (
        item.id,
        item.score,
        item.retrieve_id,
        item.item_type,
        item.properties,
        item.algo_scores,
        item.recall_scores,
    )


def candidate_lists() -> st.SearchStrategy[list[Item]]:
    """Lists with repeated ids, equal scores and several recalls."""
    scores = st.sampled_from([0.0, 0.25, 0.5, 0.5, 1.0, -1.0])
    one = st.builds(Item, st.sampled_from("abcdefg"), scores, st.sampled_from(["r1", "r2", "r3"]))
    return st.lists(one, max_size=14)


class StageContract:
    """What filters and sorts share. `config` holds the fields that the stage's Config is made with."""

    kind: ClassVar[str]
    registry: ClassVar[Any]
    config: ClassVar[dict[str, Any]] = {}
    features: ClassVar[FeatureReader] = NoFeatures()
    may_repeat: ClassVar[bool] = False
    """Whether the stage may give one item twice."""
    may_drop: ClassVar[bool]

    def resources(self) -> Resources:
        return Resources(self.features)

    def make(self, **config: Any) -> Any:
        stage = self.registry.load(self.kind)
        return stage("named", stage.Config(**{**self.config, **config}), self.resources())

    def test_it_bears_its_configured_name(self) -> None:
        assert self.make().name == "named"

    def test_its_config_is_a_record_whose_fields_have_defaults(self) -> None:
        config: Any = self.registry.load(self.kind).Config
        assert issubclass(config, Record)
        config()

    def test_no_candidates_stay_none(self) -> None:
        assert self.make().apply([], context()) == []

    def test_it_gives_back_candidates_it_was_given(self) -> None:
        @settings(max_examples=30, deadline=None)
        @given(items=candidate_lists())
        def check(items: list[Item]) -> None:
            before = list(items)
            handed = {id(one) for one in items}
            after = self.make().apply(items, context())
            assert {id(one) for one in after} <= handed
            assert self.may_repeat or len({id(one) for one in after}) == len(after)
            assert self.may_drop or len(after) == len(before)
            assert items == before, "the list that was handed in is somebody else's"

        check()

    def test_the_same_candidates_give_the_same_answer(self) -> None:
        @settings(max_examples=30, deadline=None)
        @given(items=candidate_lists())
        def check(items: list[Item]) -> None:
            first = self.make().apply(copy.deepcopy(items), context())
            second = self.make().apply(copy.deepcopy(items), context())
            assert [state(one) for one in first] == [state(one) for one in second]

        check()


class FilterContract(StageContract):
    """Inherit, set `kind` (the FilterType) and, where needed, `config` and `features`."""

    registry = FILTERS
    may_drop = True

    def test_it_says_why_it_drops(self) -> None:
        assert self.make().drops
