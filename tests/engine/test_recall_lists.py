"""What each recall gives one user, with its triggers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.candidates import RecallHit, Trigger
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.recall_lists import FALLBACK, RecallList, recall_lists
from tests.engine.stores import config, custom, hot, store

EXPLAIN = {"TriggerView": "triggers", "SimilarView": "i2i"}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    db = store(
        tmp_path,
        u2i={"1": "a::0.6,b::0.5"},
        hot={"-1": "c::0.3,a::0.2"},
        last={"-1": "z::0.1"},
        triggers={"1": "t:0.5"},
        i2i={"t": "a:0.4"},
    )
    conf = config(custom("u2i", Explain=EXPLAIN), hot("hot"))
    fallback = {"FeatureStoreName": "fs", "FeatureStoreViewName": "last", "Timeout": 500}
    conf["SceneConfs"]["home"]["default"]["FallbackConfig"] = fallback
    return Engine.from_config(conf, db)


def test_each_recall_with_its_own_items_scores_and_triggers(engine: Engine) -> None:
    u2i, hot_list, last = recall_lists(engine, RecommendRequest("1", "home", explain=True))
    assert u2i == RecallList(
        "u2i",
        "the user's own list",
        (("a", RecallHit("u2i", "u2i", 0.6, (Trigger("t", 0.5, 0.4),))), ("b", RecallHit("u2i", "u2i", 0.5))),
    )
    assert hot_list.items == (("c", RecallHit("hot", "hot", 0.3)), ("a", RecallHit("hot", "hot", 0.2)))
    assert (last.recall, last.items) == (FALLBACK, (("z", RecallHit(FALLBACK, "Fallback", 0.1)),))


def test_the_first_of_each_and_no_triggers_unless_asked(engine: Engine) -> None:
    found = recall_lists(engine, RecommendRequest("1", "home"), size=1)
    assert [[item for item, _ in one.items] for one in found] == [["a"], ["c"], ["z"]]
    assert found[0].items[0][1].triggers == ()


def test_why_a_recall_gives_nothing(engine: Engine) -> None:
    found = recall_lists(engine, RecommendRequest("2", "home"))
    assert found[0].items == ()
    assert "2" in found[0].note
    with pytest.raises(NotFound, match="scene 'homme' does not exist; did you mean 'home'"):
        recall_lists(engine, RecommendRequest("2", "homme"))
