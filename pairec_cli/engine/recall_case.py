"""Recalls tried for one request.

A case is a JSON object: `recall_conf` and `extra_recall_confs` (RecallConfs entries; one without RecallType
names a recall that is there without being configured), `recall_names` (default: the recalls of the case in
order), `scene`, `category`, `user` (id, features), `item_id` and `item_list` of the request, `size`, `state`.
Other keys are for the reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import DEFAULT_CATEGORY, DEFAULT_SIZE, RecommendRequest, StageTrace
from pairec_cli.domain.sources import Sources
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.engine.cases import (
    WHAT,
    CaseState,
    CaseUser,
    StepResult,
    folded,
    joined,
    memory_of,
    parts_of,
    read_case,
)
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.decode import fold
from pairec_cli.engine.features import request_properties
from pairec_cli.engine.plan import Planner
from pairec_cli.engine.recalling import merged, run_recalls
from pairec_cli.online.memory import MemorySources, MemoryViews


class RecallCase(Record):
    """A case, read."""

    recall_conf: Any = None
    extra_recall_confs: tuple[Any, ...] = ()
    recall_names: tuple[str, ...] = ()
    scene: str = "default_scene"
    category: str = DEFAULT_CATEGORY
    user: CaseUser = CaseUser()
    item_id: str = ""
    item_list: tuple[Any, ...] = ()
    size: int = DEFAULT_SIZE
    state: CaseState = CaseState()

    @classmethod
    def read(cls, document: Any, *, now: float | None = None) -> RecallCase:
        """Raises InvalidConfig with every value of a wrong type."""
        found = read_case(cls, document, lambda case: parts_of(case.user, ()), now)
        wrong = [
            Problem(f"item_list[{index}]", "must be an object", given)
            for index, given in enumerate(found.item_list)
            if not isinstance(given, Mapping)
        ]
        if wrong:
            raise InvalidConfig(WHAT, wrong)
        return found

    def configuration(self, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The recalls of the engine configuration `base`, if any, and the case's on top; the feature stores
        that they name are there."""
        given = folded(base)
        confs = [conf for conf in (self.recall_conf, *self.extra_recall_confs) if conf is not None]
        own = [conf for conf in confs if not isinstance(conf, Mapping) or _type(conf) is not None]
        stores = given.get("featurestoreconfs") or {name: {} for name in _stores(confs)}
        return {"RecallConfs": joined(given.get("recallconfs"), own), "FeatureStoreConfs": stores}

    def names(self, config: EngineConfig, base: Mapping[str, Any] | None) -> Sequence[str]:
        """The recalls to run. Raises NotFound for one that is not configured."""
        confs = (self.recall_conf, *self.extra_recall_confs)
        names = self.recall_names or [_name(conf) for conf in confs if isinstance(conf, Mapping)]
        if not names and base:
            names = EngineConfig.read(base).category(self.scene, self.category).recall_names
        for name in names:
            if name not in config.recalls:
                raise NotFound("recall", name, config.recalls)
        return names

    def run(
        self,
        base: Mapping[str, Any] | None = None,
        *,
        sources: Sources | None = None,
        seed: int | None = None,
    ) -> StepResult:
        """The candidates in the order of the recalls, and the funnel. Raises InvalidConfig for a
        configuration that is refused, InvalidInput for a state that cannot be made."""
        config = EngineConfig.read(self.configuration(base))
        database, lists = memory_of(self.state)
        memory = MemorySources(database, lists)
        resources = Resources(MemoryViews(database), config.feature_stores, sources or memory)
        recalls = Planner(config, resources).recalls
        user, features = self.user.id, self.user.features
        request = RecommendRequest(
            user,
            self.scene,
            self.size,
            self.category,
            features,
            "case",
            item_id=self.item_id,
            item_list=self.item_list,
        )
        context = RequestContext(request, request_properties(user, features), Random(seed))
        answers = run_recalls([recalls[name] for name in self.names(config, base)], context)
        trace = [
            StageTrace("recall", one.recall.name, 0, len(one.recalled.items), one.ms, one.recalled.reason)
            for one in answers
        ]
        return StepResult(merged(answers), trace, [], [])


def _type(conf: Mapping[str, Any]) -> object:
    return next((value for key, value in conf.items() if fold(key) == "recalltype"), None)


def _name(conf: Mapping[str, Any]) -> str:
    return str(next((value for key, value in conf.items() if fold(key) == "name"), ""))


def _stores(value: Any) -> set[str]:
    """Every FeatureStoreName in it."""
    if isinstance(value, Mapping):
        own = {str(inner) for key, inner in value.items() if fold(key) == "featurestorename" and inner}
        return own.union(*map(_stores, value.values()))
    return set().union(*map(_stores, value)) if isinstance(value, list) else set()
