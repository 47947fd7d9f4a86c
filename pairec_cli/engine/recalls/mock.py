"""MockRecall: items by chance, to try a configuration with."""

from __future__ import annotations

from random import SystemRandom
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf


class MockRecall:
    """RecallCount items whose ids are random 32-bit numbers, with random scores in [0, 1)."""

    Config: ClassVar[type[RecallConf]] = RecallConf
    title: ClassVar[str] = "random items"
    remote: ClassVar[bool] = False

    def __init__(self, name: str, config: RecallConf, resources: Resources) -> None:
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type

    def recall(self, context: RequestContext) -> Recalled:
        chance = context.random or SystemRandom()
        items = [
            Item(str(chance.getrandbits(32)), chance.random(), self.name, self.item_type)
            for _ in range(self.count)
        ]
        return Recalled(items, "" if items else "RecallCount is 0")
