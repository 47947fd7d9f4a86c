"""UserCollaborativeFilterRecall: what is similar to the items that the user likes (u2i2i, u2i2x2i)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pairec_cli.domain.coercion import to_float
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION, DaoConf
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import FEATURESTORE, RecallConf
from pairec_cli.engine.recalls.lists import ITEM, ITEM_IDS, SIMILAR_IDS, USER, Lists, Place, open_lists
from pairec_cli.engine.recalls.read_once import ReadOnce
from pairec_cli.engine.recalls.similarities import (
    Similar,
    ranked,
    scored_text,
    similar_of,
    summed,
    triggers_of,
)

KEY = "UserCollaborativeDaoConf"
CHARACTERS = 8_000_000
"""Of lists that are read once: what they say takes some 40 MB."""


class CollaborativeDaoConf(DaoConf):
    """Where triggers and similar items lie. With `item2_x_table` and `x2_item_table` a trigger leads to its
    values of column `x_key`, split by `x_delimiter`, and these to items. `normalization` other than `on` or
    empty leaves the sums as they are."""

    user2_item_table: str = ""
    item2_item_table: str = ""
    user2_item_feature_view_name: str = ""
    item2_item_feature_view_name: str = ""
    item2_x_table: str = ""
    x2_item_table: str = ""
    item2_x_feature_view_name: str = ""
    x2_item_feature_view_name: str = ""
    x_key: str = ""
    x_delimiter: str = ""
    normalization: str = ""


class CollaborativeConf(RecallConf):
    """On Redis DaoConf names the source: triggers lie under the prefix and the user id, similar items under
    the bare item id. On Tablestore similar items without a score count, with 0."""

    user_collaborative_dao_conf: CollaborativeDaoConf = CollaborativeDaoConf()


class UserCollaborativeFilterRecall:
    """score(x) = Σ over triggers t of weight(t) · similarity(t, x), divided by the largest; triggers are not
    taken away. By way of x the weight of a value is the sum of its triggers' weights, and triggers are.
    """

    Config: ClassVar[type[CollaborativeConf]] = CollaborativeConf
    title: ClassVar[str] = "collaborative filtering"

    def __init__(self, name: str, config: CollaborativeConf, resources: Resources) -> None:
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type
        dao = config.user_collaborative_dao_conf
        self.normalize = dao.normalization in ("on", "")
        self.delimiter = dao.x_delimiter
        self.similar: ReadOnce[Similar] | None = None
        self.values: Lists | None = None
        self.items: Lists | None = None
        if not dao.adapter_type and config.dao_conf.adapter_type == "redis":
            self.triggers = open_lists("DaoConf", config.dao_conf, Place(USER), resources)
            bare = config.dao_conf.replace(redis_prefix="")
            similar = open_lists("DaoConf", bare, Place(ITEM), resources)
            self.similar = ReadOnce(similar, similar_of, CHARACTERS)
        else:
            self._open(dao, resources)
        self.remote = self.triggers.remote

    def _open(self, dao: CollaborativeDaoConf, resources: Resources) -> None:
        mysql = dao.adapter_type == "mysql"
        value = "article_ids" if mysql else ITEM_IDS
        views = (ITEM_IDS, SIMILAR_IDS)
        _require(dao, "User2Item", dao.user2_item_table, dao.user2_item_feature_view_name)
        user = Place(USER, value, dao.user2_item_table, dao.user2_item_feature_view_name, (ITEM_IDS,))
        self.triggers = open_lists(KEY, dao, user, resources)
        to_x = dao.item2_x_table or dao.item2_x_feature_view_name
        if to_x and (dao.x2_item_table or dao.x2_item_feature_view_name):
            x = Place(ITEM, dao.x_key, dao.item2_x_table, dao.item2_x_feature_view_name)
            back = Place(dao.x_key, ITEM, dao.x2_item_table, dao.x2_item_feature_view_name, (ITEM, ITEM_IDS))
            self.values = open_lists(KEY, dao, x, resources)
            self.items = open_lists(KEY, dao, back, resources)
            return
        _require(dao, "Item2Item", dao.item2_item_table, dao.item2_item_feature_view_name)
        key, value = ("article_id", value) if mysql else (ITEM, SIMILAR_IDS)
        item = Place(key, value, dao.item2_item_table, dao.item2_item_feature_view_name, views[::-1])
        read = _similar_of_bare if dao.adapter_type == "tablestore" else similar_of
        self.similar = ReadOnce(open_lists(KEY, dao, item, resources), read, CHARACTERS)

    def recall(self, context: RequestContext) -> Recalled:
        text, reason = self.triggers.one(context.uid)
        weights = triggers_of(text)
        if not weights:
            return Recalled((), reason or "the user has no triggers")
        scores = self._scores(weights)
        if not scores:
            return Recalled((), f"nothing is similar to {len(weights)} triggers")
        found = ranked(scores, self.count, self.name, self.item_type, normalize=self.normalize)
        return Recalled(found, "" if found else "RecallCount is 0")

    def _scores(self, weights: Mapping[str, float]) -> dict[str, float]:
        if self.similar is not None:
            return summed(weights, self.similar.many(list(weights)))
        assert self.values is not None
        assert self.items is not None
        by_value: dict[str, float] = {}
        for trigger, text in self.values.many(list(weights)).items():
            for value in text.split(self.delimiter) if self.delimiter else (text,):
                by_value[value] = by_value.get(value, 0.0) + weights[trigger]
        return _of_values(weights, by_value, self.items.many(list(by_value)))


def _similar_of_bare(text: str) -> Similar:
    return similar_of(scored_text(text))


def _of_values(
    triggers: Mapping[str, float], weights: Mapping[str, float], lists: Mapping[str, str]
) -> dict[str, float]:
    """Σ over values of weight · score, without the triggers; an item without a score counts with 1."""
    found: dict[str, float] = {}
    for value, text in lists.items():
        for item, score in _scored(text):
            if item not in triggers:
                found[item] = found.get(item, 0.0) + weights[value] * score
    return found


def _scored(text: str) -> Iterator[tuple[str, float]]:
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if item not in ("", "null"):
            yield item, to_float(rest[0].strip(), 1.0) if len(rest) == 1 else 1.0


def _require(dao: CollaborativeDaoConf, what: str, table: str, view: str) -> None:
    embedded = dao.adapter_type.lower() == FEATURESTORE
    key = f"{KEY}.{what}{'FeatureViewName' if embedded else 'Table'}"
    if dao.adapter_type and not (view if embedded else table):
        raise InvalidConfig(CONFIGURATION, [Problem(key, "is missing")])
