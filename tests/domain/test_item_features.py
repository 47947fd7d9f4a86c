"""What expressions see of an item."""

from __future__ import annotations

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.item_features import item_features


def test_the_recall_is_among_the_properties() -> None:
    item = Item("a", 0.5, "hot", properties={"cat": "x"})
    assert item_features(item) == {"cat": "x", "hot": 0.5, "recall_name": "hot", "recall_score": 0.5}
    assert item.properties == {"cat": "x"}


def test_what_was_added_before_stays_and_no_recall_adds_nothing() -> None:
    assert item_features(Item("a", 0.5, "hot", properties={"hot": 0.9})) == {"hot": 0.9}
    assert item_features(Item("a", 0.5, properties={"cat": "x"})) == {"cat": "x"}
