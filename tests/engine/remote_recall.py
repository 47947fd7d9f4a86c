"""A recall type of somebody else's, found through its dotted path."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import NoConfig, Recalled, RequestContext, Resources


class RemoteRecall:
    """Gives two items that bear the user's id."""

    Config: ClassVar[type[NoConfig]] = NoConfig
    title: ClassVar[str] = "remote"
    remote: ClassVar[bool] = True

    def __init__(self, name: str, config: NoConfig, resources: Resources) -> None:
        self.name = name

    def recall(self, context: RequestContext) -> Recalled:
        return Recalled([Item(f"{context.uid}-{place}", 1.0 / place, self.name) for place in (1, 2)])
