"""The keys that every RecallConfs entry shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf
from pairec_cli.domain.stages import Resources

FEATURESTORE = "featurestore"
LOCAL = "localCache"


class ListDaoConf(DaoConf):
    """DaoConf of a recall: the list's column where it has another name, and in a table with a row per item
    the score's."""

    item_id_field: str = ""
    item_score_field: str = ""


class ExplainConf(Record):
    """Our own key, which PAI-Rec's engine ignores: the views from which an answer can be explained.

    `trigger_view`: user → `trigger_item:weight,…`; `similar_view`: item → `id:score,…`. Both hold the list in
    the named field, else in their first column.
    """

    trigger_view: str = ""
    trigger_field: str = ""
    similar_view: str = ""
    similar_field: str = ""


class RecallConf(Record):
    """RecallConfs[] without Name and RecallType. A RecallCount of 0 gives nothing, as in PAI-Rec. With
    `cache_adapter` `localCache` answers are kept for `cache_time` seconds, 1800 by default."""

    unserved: ClassVar[tuple[str, ...]] = ("CacheConfig",)

    recall_count: int = 0
    item_type: str = ""
    dao_conf: ListDaoConf = ListDaoConf()
    explain: ExplainConf = ExplainConf()
    cache_adapter: str = ""
    cache_prefix: str = ""
    cache_time: int = 0

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if self.cache_adapter not in ("", LOCAL):
            yield "CacheAdapter", f"is not served: lists are read anew; {LOCAL} is", self.cache_adapter
        elif self.cache_time and not self.cache_adapter:
            yield "CacheTime", "has no effect without CacheAdapter", self.cache_time


def require_view(path: str, adapter: str, store: str, view: str, resources: Resources) -> str:
    """`view`, when the source named is the embedded FeatureDB. Raises InvalidConfig with paths under
    `path`."""
    problems = []
    if adapter.lower() != FEATURESTORE:
        message = f"{adapter!r} is not served; allowed: {FEATURESTORE}"
        problems.append(Problem(f"{path}.AdapterType", message, adapter))
    elif store and store not in resources.feature_stores:
        message = NotFound("FeatureStoreConfs entry", store, resources.feature_stores).message
        problems.append(Problem(f"{path}.FeatureStoreName", message, store))
    elif not view:
        problems.append(Problem(f"{path}.FeatureStoreViewName", "is missing"))
    if problems:
        raise InvalidConfig("the engine configuration", problems)
    return view
