"""The items of a user's recent behavior, weighed: where RealTimeU2IRecall starts.

Source: "Recall configuration" in PAI-Rec's help, and the open engine's realtime_user2item DAOs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from pairec_cli.domain.coercion import to_float, to_int, to_text
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.expressions import Evaluate, compile_govaluate
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf, EventColumns, UserEvents, under
from pairec_cli.domain.stages import FeatureReader, Resources
from pairec_cli.engine.recalls.conf import FEATURESTORE, require_view

KEY = "RealTimeUser2ItemDaoConf.UserTriggerDaoConf"
MAX = "max"


class DiversityRule(Record):
    """DiversityRules[]: at most `size` triggers of one combination of the dimensions, as long as there are
    others."""

    dimensions: tuple[str, ...] = ()
    size: int = 0


class TriggerDaoConf(DaoConf):
    """A table of behavior, or a view of the embedded store: user → one column per field, each a list joined
    by commas. `weight_expression` (govaluate) sees `currentTime` and `eventTime` in seconds."""

    unserved = (*DaoConf.unserved, "PrimaryKey", "SelectFields", "ItemCount", "AdditionUid")

    where_clause: str = ""
    limit: int = 0
    trigger_count: int = 0
    event_weight: str = ""
    event_play_time: str = ""
    weight_expression: str = ""
    weight_mode: str = "sum"
    no_use_play_time_field: bool = False
    property_fields: tuple[str, ...] = ()
    diversity_rules: tuple[DiversityRule, ...] = ()
    item_id_field_name: str = "item_id"
    event_field_name: str = "event"
    play_time_field_name: str = "play_time"
    timestamp_field_name: str = "timestamp"

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if not self.weight_expression:
            yield "WeightExpression", "is missing: events count by EventWeight alone", ""
        elif isinstance(error := _compiled(self.weight_expression), InvalidInput):
            yield "WeightExpression", f"{error.message}: the recall gives nothing", self.weight_expression
        if self.limit <= 0:
            yield "Limit", "is missing: there are no triggers", self.limit


class _Trigger:
    __slots__ = ("item", "row", "weight")

    def __init__(self, item: str, weight: float, row: Mapping[str, object]) -> None:
        self.item, self.weight, self.row = item, weight, row


class Triggers:
    """Item → weight, largest first. Raises InvalidConfig for a source that is not served."""

    def __init__(
        self, conf: TriggerDaoConf, resources: Resources, clock: Callable[[], float] = time.time
    ) -> None:
        self.conf, self.clock = conf, clock
        self.count = conf.trigger_count or conf.limit
        self.weights = named_numbers(conf.event_weight)
        self.play_times = {} if conf.no_use_play_time_field else named_numbers(conf.event_play_time)
        self.expression = _compiled(conf.weight_expression)
        self.events = open_events(conf, resources)
        self.remote = conf.adapter_type.lower() != FEATURESTORE

    def of(self, uid: str) -> dict[str, float]:
        """Raises InvalidInput when WeightExpression cannot be read: the recall then gives nothing, as in
        PAI-Rec."""
        if isinstance(self.expression, InvalidInput):
            raise InvalidInput(f"WeightExpression: {self.expression.message}")
        if self.conf.limit <= 0:
            return {}
        now = float(int(self.clock()))
        found: dict[str, _Trigger] = {}
        for row in self.events.newest(uid):
            item, event = to_text(row["item_id"], ""), to_text(row["event"], "")
            bound = self.play_times.get(event)
            if not item or (bound is not None and to_float(row.get("play_time"), 0.0) <= bound):
                continue
            weight = self.weights.get(event, 1.0) * self._decay(now, row["timestamp"])
            known = found.get(item)
            if known is None:
                found[item] = _Trigger(item, weight, row)
            elif self.conf.weight_mode == MAX:
                known.weight = max(known.weight, weight)
            else:
                known.weight += weight
        ordered = sorted(found.values(), key=lambda trigger: trigger.weight, reverse=True)
        chosen = _diverse(ordered, self.conf.diversity_rules, self.count)[: self.count]
        return {trigger.item: trigger.weight for trigger in chosen}

    def _decay(self, now: float, moment: object) -> float:
        """What the expression gives; 0 where that is no number."""
        if self.expression is None or isinstance(self.expression, InvalidInput):
            return 1.0
        try:
            value = self.expression({"currentTime": now, "eventTime": float(to_int(moment, 0))})
        except InvalidInput:
            return 0.0
        return value if isinstance(value, float) else 0.0


def _diverse(triggers: list[_Trigger], rules: Sequence[DiversityRule], count: int) -> list[_Trigger]:
    """Greedily the first trigger that keeps every rule, else the first of the rest. One that was taken
    against the rules does not count in them."""
    if not rules:
        return triggers
    rest, chosen = list(triggers), list[_Trigger]()
    taken: dict[tuple[int, str], int] = {}
    while rest and len(chosen) < count:
        for trigger in rest:
            places = [(index, _combination(trigger, rule)) for index, rule in enumerate(rules)]
            if all(taken.get(place, 0) < rules[place[0]].size for place in places):
                for place in places:
                    taken[place] = taken.get(place, 0) + 1
                break
        else:
            trigger = rest[0]
        rest.remove(trigger)
        chosen.append(trigger)
    return chosen


def _combination(trigger: _Trigger, rule: DiversityRule) -> str:
    return "_".join(to_text(trigger.row.get(name), "") for name in rule.dimensions)


def named_numbers(text: str) -> dict[str, float]:
    """`name:number;…`; what has another form is left out."""
    pairs = (piece.split(":") for piece in text.split(";"))
    named = ((pair[0], to_float(pair[1], None)) for pair in pairs if len(pair) == 2)
    return {name: number for name, number in named if number is not None}


def _compiled(text: str) -> Evaluate | InvalidInput | None:
    """The expression, or why it cannot be read; None for an empty text."""
    try:
        return compile_govaluate(text) if text else None
    except InvalidInput as error:
        return error


def open_events(conf: TriggerDaoConf, resources: Resources) -> UserEvents:
    """The events of users, wherever they lie. Raises InvalidConfig for a source that is not served."""
    columns = EventColumns(
        play_time="" if conf.no_use_play_time_field else "play_time",
        properties=conf.property_fields,
        where=conf.where_clause,
        limit=conf.limit,
    )
    if conf.adapter_type.lower() == FEATURESTORE:
        view = require_view(
            KEY, conf.adapter_type, conf.feature_store_name, conf.feature_store_view_name, resources
        )
        return ViewEvents(resources.features, view, conf)
    with under(KEY):
        return resources.sources.open(conf).user_events(conf, columns)


class ViewEvents:
    """Events in the columns of a user's row: lists joined by commas, as long as the list of items."""

    def __init__(self, features: FeatureReader, view: str, conf: TriggerDaoConf) -> None:
        self.features, self.view, self.limit = features, view, conf.limit
        self.columns = {
            "item_id": conf.item_id_field_name,
            "event": conf.event_field_name,
            "play_time": conf.play_time_field_name,
            "timestamp": conf.timestamp_field_name,
            **{name: name for name in conf.property_fields},
        }

    def newest(self, uid: str) -> Sequence[Mapping[str, object]]:
        row = self.features.get(self.view, uid)
        if not row or not row.get(self.columns["item_id"]):
            return []
        lists = {name: str(row.get(column) or "").split(",") for name, column in self.columns.items()}
        places = range(len(lists["item_id"]))
        rows = [{name: texts[i] if i < len(texts) else None for name, texts in lists.items()} for i in places]
        rows.sort(key=lambda one: to_int(one["timestamp"], 0), reverse=True)
        return rows[: self.limit]
