"""The items of recent behavior, weighed."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig, InvalidInput
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.recalls.realtime_triggers import TriggerDaoConf, Triggers
from pairec_cli.online.memory import MemoryTable
from tests.engine.stores import MemoryFeatures, dao, resources, sources

NOW = 1_000
ROWS = [
    ["u1", "a", "click", 5, 990, "k"],
    ["u1", "b", "buy", 50, 980, "k"],
    ["u1", "a", "click", 20, 970, "k"],
    ["u1", "c", "view", None, 960, "m"],
    ["u2", "z", "click", 1, 999, "m"],
    ["u1", "d", "click", 1, 100, None],
]
DDL = "create table act(user_id text, item_id text, event text, play_time float8, timestamp int8, cat text)"
BASE = {
    "AdapterType": "hologres",
    "HologresTableName": "act",
    "Limit": 4,
    "EventWeight": "click:1;buy:5;bad;x:y",
    "WeightExpression": "1",
}


def triggers(features: MemoryFeatures | None = None, **keys: Any) -> dict[str, float]:
    conf = decode(TriggerDaoConf, {**BASE, **keys}, "", Findings())
    made = resources(features).replace(sources=sources(act=MemoryTable(DDL, ROWS)))
    return Triggers(conf, made, lambda: NOW + 0.9).of("u1")


def test_weights_add_up_over_events_and_unlisted_events_count_one() -> None:
    assert list(triggers().items()) == [("b", 5.0), ("a", 2.0), ("c", 1.0)]


def test_the_largest_weight() -> None:
    assert triggers(WeightMode="max", EventWeight="click:0.5") == {"b": 1.0, "c": 1.0, "a": 0.5}


def test_an_expression_of_time() -> None:
    found = triggers(WeightExpression="exp((eventTime - currentTime) / 10)", EventWeight="")
    assert found["b"] == pytest.approx(2.718281828**-2)
    assert triggers(WeightExpression="1 == 1") == dict.fromkeys("abc", 0.0)
    assert triggers(WeightExpression="nothing + 1") == dict.fromkeys("abc", 0.0)
    assert triggers(WeightExpression="") == triggers()


def test_an_expression_that_cannot_be_read_gives_nothing_and_is_told_beforehand() -> None:
    with pytest.raises(InvalidInput, match="WeightExpression: unexpected the end"):
        triggers(WeightExpression="1 +")
    findings = Findings()
    decode(TriggerDaoConf, {**BASE, "WeightExpression": "1 +"}, "dao", findings)
    assert [(one.path, one.value) for one in findings.warnings] == [("dao.WeightExpression", "1 +")]
    assert findings.warnings[0].message.endswith("the recall gives nothing")


def test_events_played_no_longer_than_the_bound_are_dropped() -> None:
    assert triggers(EventPlayTime="click:5;view:0") == {"b": 5.0, "a": 1.0}
    assert triggers(EventPlayTime="click:5", NoUsePlayTimeField=True) == triggers()


def test_limit_where_and_count() -> None:
    assert triggers(Limit=1) == {"a": 1.0}
    assert triggers(Limit=0) == {}
    assert triggers(WhereClause="event <> 'buy'", Limit=10) == {"a": 2.0, "c": 1.0, "d": 1.0}
    assert triggers(TriggerCount=1) == {"b": 5.0}


def test_diversity_takes_the_next_best_of_another_value_then_the_first_of_the_rest() -> None:
    rules = [{"Dimensions": ["cat"], "Size": 1}]
    diverse = triggers(PropertyFields=["cat"], DiversityRules=rules)
    assert list(diverse) == ["b", "c", "a"]
    assert list(triggers(PropertyFields=["cat"], DiversityRules=rules, TriggerCount=2)) == ["b", "c"]
    assert list(triggers(DiversityRules=[{"Dimensions": ["cat"], "Size": 0}])) == ["b", "a", "c"]


def test_a_view_holds_lists() -> None:
    row = {"item_id": "a,b,c", "event": "click,buy", "play_time": "", "timestamp": "10,30,20", "cat": "k"}
    conf = dao("act", PropertyFields=["cat"])
    assert triggers(MemoryFeatures({"act": {"u1": row}}), **conf) == {"b": 5.0, "a": 1.0, "c": 1.0}
    assert list(triggers(MemoryFeatures({"act": {"u1": row}}), **{**conf, "Limit": 2})) == ["b", "c"]
    assert triggers(MemoryFeatures({"act": {"u1": {"item_id": None}}}), **conf) == {}
    assert triggers(MemoryFeatures({"act": {}}), **conf) == {}


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"AdapterType": "redis"}, "AdapterType"),
        ({"HologresTableName": "a b"}, "HologresTableName"),
        ({"PropertyFields": ["cat from act; --"]}, "columns"),
    ],
)
def test_what_cannot_be_served_is_refused(keys: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        triggers(**keys)
    assert [p.path for p in caught.value.problems] == [f"RealTimeUser2ItemDaoConf.UserTriggerDaoConf.{path}"]
