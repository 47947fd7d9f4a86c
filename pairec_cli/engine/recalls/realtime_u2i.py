"""RealTimeU2IRecall: what is similar to the items that the user has just looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import FEATURESTORE, RecallConf
from pairec_cli.engine.recalls.lists import ITEM, ITEM_IDS, SIMILAR_IDS, Lists, Place, open_lists
from pairec_cli.engine.recalls.realtime_triggers import TriggerDaoConf, Triggers
from pairec_cli.engine.recalls.similarities import ranked

KEY = "RealTimeUser2ItemDaoConf"
SNAKE = "snake"


class RealTimeDaoConf(Record):
    """Triggers, and the table or view of similar items; both lie in the source of the triggers."""

    unserved: ClassVar[tuple[str, ...]] = (
        *("SimilarItemScoreField", "I2ICacheSize", "I2ICacheTime", "Item2XTable", "X2ItemTable", "XKey"),
        *("XDelimiter", "Item2XFeatureViewName", "X2ItemFeatureViewName"),
    )

    user_trigger_dao_conf: TriggerDaoConf = TriggerDaoConf()
    item2_item_table: str = ""
    item2_item_feature_view_name: str = ""
    similar_item_id_field: str = ""
    merge_mode: str = ""


class RealTimeConf(RecallConf):
    real_time_user2_item_dao_conf: RealTimeDaoConf = RealTimeDaoConf()


class RealTimeU2IRecall:
    """score(x) = max over triggers t of weight(t) · similarity(t, x), best first. With MergeMode `snake` the
    triggers give in turn, each its best that is not there yet. Without similar items the triggers
    themselves, largest weight first."""

    Config: ClassVar[type[RealTimeConf]] = RealTimeConf
    title: ClassVar[str] = "the user's recent behavior"

    def __init__(self, name: str, config: RealTimeConf, resources: Resources) -> None:
        conf = config.real_time_user2_item_dao_conf
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type
        self.snake = conf.merge_mode == SNAKE
        self.triggers = Triggers(conf.user_trigger_dao_conf, resources)
        self.similar = _similar(conf, resources)
        self.remote = self.triggers.remote

    def recall(self, context: RequestContext) -> Recalled:
        weights = self.triggers.of(context.uid)
        if not weights:
            return Recalled((), "the user has no triggers")
        if self.similar is None:
            return Recalled(ranked(weights, self.count, self.name, self.item_type))
        lists = {t: list(_entries(text)) for t, text in self.similar.many(list(weights)).items()}
        scored = {t: [(x, weights[t] * score) for x, score in entries] for t, entries in lists.items()}
        if self.snake:
            found = [Item(x, score, self.name, self.item_type) for x, score in _in_turn(scored).items()]
        else:
            found = ranked(_best(scored), sys.maxsize, self.name, self.item_type)
        reason = "RecallCount is 0" if found else f"nothing is similar to {len(weights)} triggers"
        found = found[: self.count]
        return Recalled(found, "" if found else reason)


def _similar(conf: RealTimeDaoConf, resources: Resources) -> Lists | None:
    trigger = conf.user_trigger_dao_conf
    embedded = trigger.adapter_type.lower() == FEATURESTORE
    if not (conf.item2_item_feature_view_name if embedded else conf.item2_item_table):
        return None
    value = conf.similar_item_id_field or SIMILAR_IDS
    columns = (value, SIMILAR_IDS, ITEM_IDS)
    place = Place(ITEM, value, conf.item2_item_table, conf.item2_item_feature_view_name, columns)
    dao = DaoConf(**{name: getattr(trigger, name) for name in DaoConf.field_names})
    return open_lists(KEY, dao, place, resources)


def _entries(text: str) -> Iterator[tuple[str, float]]:
    """`id:score` and `id:recall:score`; blanks round a score do not count, one that is no number is 1."""
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if item not in ("", "null") and len(rest) in (1, 2):
            yield item, to_float(rest[-1].strip(), 1.0)


def _best(scored: Mapping[str, list[tuple[str, float]]]) -> dict[str, float]:
    """Each candidate's largest score, in order of first appearance."""
    found: dict[str, float] = {}
    for item, score in chain.from_iterable(scored.values()):
        found[item] = max(found.get(item, score), score)
    return found


def _in_turn(scored: Mapping[str, list[tuple[str, float]]]) -> dict[str, float]:
    """The first candidate of every trigger, then the second ones …, each once."""
    found: dict[str, float] = {}
    for row in zip_longest(*scored.values()):
        for entry in row:
            if entry is not None:
                found.setdefault(*entry)
    return found
