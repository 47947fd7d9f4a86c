"""OnlineVectorRecall: the user's vectors are computed with the request, and searched among the items'.

In PAI-Rec a TorchEasyRec service answers with items (VectorAlgoType `torchrec_vector`); here user tower and
item index run in this process.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.errors import InvalidConfig, PairecError, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.registry import Registry
from pairec_cli.domain.sources import CONFIGURATION
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import FEATURESTORE, RecallConf, require_view
from pairec_cli.engine.recalls.realtime_triggers import TriggerDaoConf, named_numbers, open_events

TORCHREC = "torchrec_vector"
_TOWERS = Registry("user tower", {"onnx": "pairec_cli.online.user_towers:ServedTower"})
"""Loaded by the first request: NumPy and onnxruntime take longer to import than a request to answer."""


class RecentDaoConf(Record):
    """Where the user's latest events lie; EventWeight, where given, names those that count."""

    user_trigger_dao_conf: TriggerDaoConf = TriggerDaoConf()


class OnlineVectorConf(RecallConf):
    """`recall_algo` is the model's name; DaoConf, where given, names the view of the users' histories.
    `seen_field`, a column of that view with item ids joined by `,`, and `temperature` are our own keys."""

    recall_algo: str = ""
    vector_algo_type: str = ""
    seen_field: str = ""
    temperature: float = 0.0
    real_time_user2_item_dao_conf: RecentDaoConf = RecentDaoConf()

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if self.vector_algo_type not in ("", TORCHREC):
            message = f"is not served: the recall searches vectors, as with {TORCHREC}"
            yield "VectorAlgoType", message, self.vector_algo_type


class OnlineVectorRecall:
    """score = inner product of the nearest of the user's vectors with the item's; with a temperature T
    exp((score - the best) / T), which compares with other recalls' scores."""

    Config: ClassVar[type[OnlineVectorConf]] = OnlineVectorConf
    title: ClassVar[str] = "nearest vectors of a user tower"
    waits: ClassVar[bool] = True

    def __init__(self, name: str, config: OnlineVectorConf, resources: Resources) -> None:
        if not config.recall_algo:
            raise InvalidConfig(CONFIGURATION, [Problem("RecallAlgo", "is missing: name the model")])
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type
        self.model, self.models = config.recall_algo, resources.models
        self.temperature, self.seen = config.temperature, config.seen_field
        self.features, self.view = resources.features, ""
        dao = config.dao_conf
        if dao.adapter_type:
            self.view = require_view(
                "DaoConf", dao.adapter_type, dao.feature_store_name, dao.feature_store_view_name, resources
            )
        trigger = config.real_time_user2_item_dao_conf.user_trigger_dao_conf
        self.events = open_events(trigger, resources) if trigger.adapter_type else None
        self.counts = named_numbers(trigger.event_weight)
        self.remote = bool(trigger.adapter_type) and trigger.adapter_type.lower() != FEATURESTORE
        self._lock = threading.Lock()
        self._served: Any = None

    def load(self) -> None:
        self._tower().now()

    def recall(self, context: RequestContext) -> Recalled:
        tower, doubt = self._tower().now()
        if doubt:
            context.notes.append(doubt)
        history = (self.features.get(self.view, context.uid) if self.view else None) or {}
        recent = self._recent(context)
        seen = {*recent, *str(history.get(self.seen) or "").split(",")} - {""} if self.seen else set()
        given = context.request.features
        vectors = tower.vectors(context.uid, {**context.user, **history}, given, recent, int(time.time()))
        found = tower.nearest(vectors, self.count, seen)
        if tower.index.doubt:
            context.notes.append(tower.index.doubt)
        best = found[0][1] if found else 0.0
        items = [Item(id, self._score(near, best), self.name, self.item_type) for id, near in found]
        if items:
            return Recalled(items)
        return Recalled((), "RecallCount is 0" if self.count == 0 else "the index has no other items")

    def _score(self, near: float, best: float) -> float:
        return math.exp((near - best) / self.temperature) if self.temperature > 0 else near

    def _recent(self, context: RequestContext) -> Sequence[str]:
        """Items of the user's latest events, latest first. A source that fails leaves the history."""
        if self.events is None:
            return ()
        try:
            rows = self.events.newest(context.uid)
        except PairecError as error:
            context.notes.append(f"{self.name}: no recent events: {error.message}")
            return ()
        wanted = (row for row in rows if not self.counts or to_text(row["event"], "") in self.counts)
        found = (to_text(row["item_id"], "") for row in wanted)
        return tuple(dict.fromkeys(item for item in found if item))

    def _tower(self) -> Any:
        if self._served is None:
            with self._lock:
                if self._served is None:
                    if not self.models:
                        raise PairecError("this engine was opened without models")
                    self._served = _TOWERS.load("onnx")(Path(self.models) / self.model)
        return self._served
