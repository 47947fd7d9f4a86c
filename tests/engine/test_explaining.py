"""Why an item is in the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.candidates import Explanation, RecallHit, Trigger
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.engine import Engine
from tests.engine.stores import config, custom, hot, store

EXPLAIN = {"TriggerView": "u2i_triggers", "SimilarView": "i2i"}


def engine(folder: Path, **views: dict[str, str | None]) -> Engine:
    db = store(
        folder,
        u2i={"1": "a::0.62,b:twin:0.5"},
        hot={"-1": "c::0.3,a::0.2"},
        u2i_triggers={"1": "t:0.5,s:1,gone:2"},
        i2i={"t": "a:0.4,x:1", "s": "x:0.1,b:0.5,a:0.42"},
        **views,
    )
    return Engine.from_config(config(custom("u2i", Explain=EXPLAIN), hot("hot")), db)


def explained(served: Engine, **keys: Any) -> dict[str, Explanation]:
    response = served.recommend(RecommendRequest("1", "home", 3, **{"explain": True, **keys}))
    found = {item.item_id: item.explanation for item in response.items}
    return {item: why for item, why in found.items() if why is not None}


def test_recalls_scores_and_triggers(tmp_path: Path) -> None:
    found = explained(engine(tmp_path))
    assert list(found) == ["a", "b", "c"]
    assert found["a"].recalls == (
        RecallHit("u2i", "u2i", 0.62, (Trigger("s", 1.0, 0.42), Trigger("t", 0.5, 0.4))),
        RecallHit("hot", "hot", 0.2),
    )
    assert found["b"].recalls == (RecallHit("u2i", "twin", 0.5, (Trigger("s", 1.0, 0.5),)),)
    assert found["c"].recalls == (RecallHit("hot", "hot", 0.3),)
    triggers = found["a"].recalls[0].triggers
    assert sum(trigger.contribution for trigger in triggers) == pytest.approx(0.62)


def test_debug_asks_for_it_too_and_silence_does_not(tmp_path: Path) -> None:
    served = engine(tmp_path)
    assert set(explained(served, explain=False, debug=True)) == {"a", "b", "c"}
    assert explained(served, explain=False) == {}


def test_missing_views_are_a_note(tmp_path: Path) -> None:
    served = engine(tmp_path)
    served.featuredb.drop("i2i")
    response = served.recommend(RecommendRequest("1", "home", 3, explain=True))
    (note,) = response.notes
    assert note.startswith("recall u2i cannot name its triggers: feature view 'i2i' does not exist")
    explanation = response.items[0].explanation
    assert explanation is not None
    assert explanation.recalls[0] == RecallHit("u2i", "u2i", 0.62)


def test_named_fields(tmp_path: Path) -> None:
    served = engine(tmp_path)
    fields = ["score", "similar"]
    rows = [("t", 3, "a:0.4"), ("s", 4, None)]
    served.featuredb.publish("i2i", "item_id", fields, rows, ds="20260101", fingerprint="f")
    conf = custom("u2i", Explain={**EXPLAIN, "SimilarField": "similar"})
    found = explained(Engine.from_config(config(conf), served.featuredb))
    assert found["a"].recalls[0].triggers == (Trigger("t", 0.5, 0.4),)
    assert found["b"].recalls[0].triggers == ()


def test_a_user_without_triggers_has_none(tmp_path: Path) -> None:
    served = engine(tmp_path)
    served.featuredb.publish("u2i_triggers", "k", ["item_ids"], [], ds="20260102", fingerprint="g")
    assert all(not hit.triggers for why in explained(served).values() for hit in why.recalls)
