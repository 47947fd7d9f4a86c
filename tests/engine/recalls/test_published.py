"""What the list recalls share: column, key, and the reasons for an empty answer."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import NotFound
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.recalls.conf import RecallConf
from pairec_cli.engine.recalls.entries import Entry, parse_entries
from pairec_cli.engine.recalls.published import PublishedList
from tests.engine.recalls.contract import context
from tests.engine.stores import MemoryFeatures, dao, lists, resources


class Shouting(PublishedList):
    """The list under the user's id in capitals."""

    title = "shouting"
    key_column = "user_id"

    def key_of(self, uid: str) -> str:
        return uid.upper()

    def parse(self, text: str) -> list[Entry]:
        return parse_entries(text, self.name)


def make(features: MemoryFeatures, **keys: object) -> Shouting:
    conf = decode(RecallConf, {"RecallCount": 9, "DaoConf": dao("v", **keys)}, "", Findings())
    return Shouting("own", conf, resources(features))


def test_the_key_is_the_subclass_word() -> None:
    found, reason = make(lists(v={"U1": "a::0.5"})).entries("u1")
    assert (found, reason) == ([("a", "own", 0.5, True)], "")


def test_another_column() -> None:
    features = MemoryFeatures({"v": {"U1": {"item_ids": "a", "others": "b"}}})
    assert [entry[0] for entry in make(features, ItemIdField="others").entries("u1")[0]] == ["b"]


@pytest.mark.parametrize(
    ("features", "column", "reason"),
    [
        (lists(v={}), "", "view 'v' has no key 'U1'"),
        (lists(v={"U1": ""}), "", "its list in view 'v' is empty"),
        (lists(v={"U1": None}), "", "its list in view 'v' is empty"),
        (lists(v={"U1": "a"}), "nowhere", "view 'v' has no column 'nowhere'"),
    ],
)
def test_an_empty_answer_has_its_reason(features: MemoryFeatures, column: str, reason: str) -> None:
    recalled = make(features, ItemIdField=column).recall(context())
    assert (list(recalled.items), recalled.reason) == ([], reason)


def test_an_unpublished_view_is_an_error_of_the_source() -> None:
    with pytest.raises(NotFound, match="feature view 'v'"):
        make(lists()).recall(context())
