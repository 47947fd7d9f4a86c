"""Answers of a recall kept for a while (CacheAdapter `localCache`).

Keys are those of PAI-Rec's engine: CachePrefix and the user, the item, or the user's groups; the recall's
name where all users have one answer. The local cache of the engine is of use to four kinds of recall; here to
all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Loading, Recall, Recalled, RequestContext
from pairec_cli.engine.recalls.conf import LOCAL, RecallConf
from pairec_cli.engine.recalls.triggers import trigger_ids
from pairec_cli.filters.expiring_cache import ExpiringCache

KEPT = 2_000
"""Answers of one recall; what was asked for longest ago goes first."""
SECONDS = 1_800

Key = Callable[[RequestContext], str]
Row = tuple[str, float, str, str, dict[str, float] | None]


class CachedRecall:
    """A recall whose answers are kept; empty ones are asked for anew."""

    def __init__(self, recall: Recall, kind: str, conf: RecallConf) -> None:
        """`kind` is the RecallType."""
        self.recalled = recall
        self.name, self.title, self.remote = recall.name, recall.title, recall.remote
        self.prefix, self.key = conf.cache_prefix, _key(kind, recall.name, conf)
        self.cache = ExpiringCache[list[Row]](KEPT, conf.cache_time if conf.cache_time > 0 else SECONDS)

    def load(self) -> None:
        if isinstance(self.recalled, Loading):
            self.recalled.load()

    def recall(self, context: RequestContext) -> Recalled:
        key = self.prefix + self.key(context)
        rows = self.cache.get(key)
        if rows is None:
            found = self.recalled.recall(context)
            if found.items:
                self.cache.put(key, [_row(item) for item in found.items])
            return found
        return Recalled([_item(row) for row in rows])


def cached(recall: Any, kind: str, conf: Any) -> Any:
    """The recall, with its answers kept where the configuration says so."""
    return CachedRecall(recall, kind, conf) if getattr(conf, "cache_adapter", "") == LOCAL else recall


def _key(kind: str, name: str, conf: RecallConf) -> Key:
    if kind in ("UserGlobalHotRecall", "ColdStartRecall"):
        return lambda context: name
    if kind == "ItemCollaborativeFilterRecall":
        return lambda context: context.request.item_id
    triggers = getattr(conf, "triggers", ())
    if triggers:
        return lambda context: ",".join(trigger_ids(triggers, context.user))
    return lambda context: context.uid


def _row(item: Item) -> Row:
    scores = dict(item.algo_scores)
    return (item.id, item.score, item.retrieve_id, item.item_type, scores or None)


def _item(row: Row) -> Item:
    id, score, recall, kind, scores = row
    return Item(id, score, recall, kind, None, dict(scores) if scores else None)
