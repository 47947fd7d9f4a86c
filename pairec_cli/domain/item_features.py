"""An item's properties as conditions and expressions see them."""

from __future__ import annotations

from collections.abc import Mapping

from pairec_cli.domain.candidates import Item


def keep_recall(item: Item) -> None:
    """Make what recalled the item properties of it, once: those that `item_features` adds."""
    recall, properties = item.retrieve_id, item.properties
    if recall and recall not in properties:
        score = item.score
        properties[recall] = score
        properties["recall_name"] = recall
        properties["recall_score"] = score


ADDED = frozenset(("recall_name", "recall_score"))


def item_features(item: Item) -> Mapping[str, object]:
    """The item's properties, and what recalled it: `recall_name`, `recall_score`, and the score under the
    recall's name; a property of that name means that they were added before."""
    recall = item.retrieve_id
    if not recall or recall in item.properties:
        return item.properties
    return {**item.properties, recall: item.score, "recall_name": recall, "recall_score": item.score}
