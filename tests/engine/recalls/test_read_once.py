"""Lists that are read once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.recalls.read_once import ENTRY, ReadOnce
from pairec_cli.online.featuredb import FeatureDB
from tests.engine.stores import config, custom, dao, hot, publish, store


class Reading:
    """The texts that were read, in order."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> int:
        self.texts.append(text)
        return len(text)


class Texts:
    """Lists under keys, of an edition that is told or not; `asked` are the keys that were asked for."""

    remote = False

    def __init__(self, edition: str | None, **texts: str) -> None:
        self.told, self.texts = edition, texts
        self.asked: list[str] = []

    def edition(self) -> str | None:
        return self.told

    def one(self, key: str) -> tuple[str, str]:
        raise AssertionError(key)

    def many(self, keys: Sequence[str]) -> dict[str, str]:
        self.asked += keys
        return {key: self.texts[key] for key in keys if key in self.texts}


def test_a_list_is_asked_for_once_in_an_edition() -> None:
    reading, lists = Reading(), Texts("1", a="x", b="", c="xyz")
    once = ReadOnce(lists, reading)
    assert list(once.many(["c", "no", "a", "b"]).items()) == [("c", 3), ("a", 1), ("b", 0)]
    assert list(once.many(["b", "no", "c"]).items()) == [("b", 0), ("c", 3)]
    assert (reading.texts, lists.asked) == (["xyz", "x", ""], ["c", "no", "a", "b"])
    lists.told, lists.texts = "2", {"a": "xx", "no": "yes"}
    assert once.many(["a", "no", "c"]) == {"a": 2, "no": 3}


def test_without_editions_a_text_is_read_once_and_another_text_anew() -> None:
    reading, lists = Reading(), Texts(None, a="x", b="x")
    once = ReadOnce(lists, reading)
    assert once.many(["a", "b"]) == {"a": 1, "b": 1}
    lists.texts = {"a": "xyz"}
    assert once.many(["a", "b"]) == {"a": 3}
    assert (reading.texts, lists.asked) == (["x", "xyz"], ["a", "b", "a", "b"])


def test_what_came_first_goes_first_when_the_texts_are_too_long() -> None:
    reading = Reading()
    once = ReadOnce(Texts("1", a="aaa", b="bbb", c="ccc"), reading, characters=2 * (ENTRY + 3))
    for key in "abacba":
        assert once.many([key]) == {key: 3}
    assert reading.texts == ["aaa", "bbb", "ccc", "aaa"]


def test_a_text_that_is_too_long_is_not_kept_and_pushes_none_out() -> None:
    reading = Reading()
    once = ReadOnce(Texts("1", a="abc", b="abcd"), reading, characters=ENTRY + 3)
    for key in "abba":
        once.many([key])
    assert reading.texts == ["abc", "abcd", "abcd"]


@pytest.mark.parametrize("edition", ["1", None])
def test_threads_share_it(edition: str | None) -> None:
    texts = {str(number): "x" * (number % 17) for number in range(50)}
    once = ReadOnce(Texts(edition, **texts), len, characters=5 * ENTRY)
    asked = [str(number % 50) for number in range(4_000)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda key: once.many([key, "none"]), asked))
    assert found == [{key: len(texts[key])} for key in asked]
    kept = once._kept
    assert kept.entries.keys() == kept.lengths.keys()
    assert sum(kept.lengths.values()) == kept.length <= 5 * ENTRY


def test_threads_may_see_different_editions() -> None:
    """One may have begun before a view was published anew: it must get what it sees."""
    seen = threading.local()

    class Seen(Texts):
        def edition(self) -> str:
            return str(seen.edition)

        def many(self, keys: Sequence[str]) -> dict[str, str]:
            return dict.fromkeys(keys, "x" * int(seen.edition))

    once = ReadOnce(Seen(None), len)

    def read(number: int) -> bool:
        seen.edition = number % 2 + 1
        return once.many(["a", "b"]) == {"a": seen.edition, "b": seen.edition}

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(2_000)))


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
