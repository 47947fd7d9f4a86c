"""LOOKUP: a property of the item is its score."""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.engine.algorithms.conf import AlgorithmConf

NOTHING = 0.5
"""The score of an item without the property, as in PAI-Rec."""


class Lookup:
    """Gives one score, named as the algorithm."""

    def __init__(self, conf: AlgorithmConf, resources: Resources) -> None:
        self.name, self.field = conf.name, conf.lookup_conf.field_name

    def score(self, items: Sequence[Item], context: RequestContext) -> dict[str, list[float]]:
        return {"": [self._one(item) for item in items]}

    def _one(self, item: Item) -> float:
        found = to_float(item.properties[self.field], None) if self.field in item.properties else None
        return NOTHING if found is None else found
