"""ContextItemRecall: the items that the request itself brings (item_list)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float, to_text
from pairec_cli.domain.stages import NoConfig, Recalled, RequestContext, Resources


class ContextItemRecall:
    """There without being configured. `item_id` and `score` of each object are the item's; its other keys
    become properties. An object without an id is left out."""

    Config: ClassVar[type[NoConfig]] = NoConfig
    title: ClassVar[str] = "the request's items"
    remote: ClassVar[bool] = False

    def __init__(self, name: str, config: NoConfig, resources: Resources) -> None:
        self.name = name

    def recall(self, context: RequestContext) -> Recalled:
        items = []
        for given in context.request.item_list:
            id = to_text(given.get("item_id"), "")
            if id:
                properties = {key: value for key, value in given.items() if key not in ("item_id", "score")}
                score = to_float(given.get("score"), 0.0)
                items.append(Item(id, score, self.name, properties=properties))
        return Recalled(items, "" if items else "the request has no item_list")
