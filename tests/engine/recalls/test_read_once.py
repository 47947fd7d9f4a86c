"""Texts that are read once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.recalls.read_once import ReadOnce
from pairec_cli.online.featuredb import FeatureDB
from tests.engine.stores import config, custom, dao, hot, publish, store


class Reading:
    """The texts that were read, in order."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> int:
        self.texts.append(text)
        return len(text)


def test_a_text_is_read_once_and_another_text_anew() -> None:
    reading = Reading()
    once = ReadOnce(reading)
    assert [once("a:1"), once("a:1"), once("a:1,b"), once("a:1")] == [3, 3, 5, 3]
    assert reading.texts == ["a:1", "a:1,b"]


def test_what_came_first_goes_first_when_the_texts_are_too_long() -> None:
    reading = Reading()
    once = ReadOnce(reading, characters=6)
    for text in ("aaa", "bbb", "aaa", "ccc", "bbb", "aaa"):
        assert once(text) == 3
    assert reading.texts == ["aaa", "bbb", "ccc", "aaa"]


def test_a_text_that_is_too_long_is_not_kept_and_pushes_none_out() -> None:
    reading = Reading()
    once = ReadOnce(reading, characters=3)
    for text in ("abc", "abcd", "abcd", "abc"):
        once(text)
    assert reading.texts == ["abc", "abcd", "abcd"]


def test_threads_share_it() -> None:
    once = ReadOnce(len, characters=50)
    texts = ["x" * (number % 17) for number in range(4_000)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(once, texts)) == [len(text) for text in texts]
    assert sum(map(len, once._kept)) == once._length <= 50


GROUP = {"RecallType": "UserGroupHotRecall", "Triggers": [{"TriggerKey": "sex"}]}
SIMILAR = {
    "RecallType": "UserCollaborativeFilterRecall",
    "UserCollaborativeDaoConf": dao(
        "", User2ItemFeatureViewName="triggers", Item2ItemFeatureViewName="lists"
    ),
}


@pytest.mark.parametrize(
    ("recall", "key"),
    [(hot("lists"), "-1"), (custom("lists", **GROUP), "m"), (custom("lists", **SIMILAR), "t")],
    ids=("hot", "group", "similar"),
)
def test_a_view_that_is_published_anew_is_served_at_once(
    tmp_path: Path, recall: dict[str, Any], key: str
) -> None:
    """Whoever publishes it: this store, or another process' one. What earlier requests made of their items
    is theirs alone."""
    similar = key == "t"
    texts = ["x:3,y:2", "y:5,x:1", "w:2,x:1"] if similar else ["x::3,y::2", "y::5,x::1", "w::2,x::1"]
    with store(tmp_path, triggers={"u": "t:1"}, lists={key: texts[0]}) as db, FeatureDB(db.path) as other:
        engine = Engine.from_config(config(recall), db)
        asked = RecommendRequest("u", "home", 2, features={"sex": "m"})

        def served() -> list[str]:
            items, _ = engine.candidates(asked)
            ids = [item.id for item in items]
            for item in items:
                item.id, item.score, item.properties["seen"] = "changed", -1.0, 1
            return ids

        assert [served(), served()] == [["x", "y"]] * 2
        publish(db, "lists", {key: texts[1]})
        assert [served(), served()] == [["y", "x"]] * 2
        publish(other, "lists", {key: texts[2]})
        assert [served(), served()] == [["w", "x"]] * 2
        publish(other, "lists", {key: texts[0]})
        assert served() == ["x", "y"]
