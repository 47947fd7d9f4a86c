"""ItemRankScore: best score first (PAI-Rec, "Configure re-ranking")."""

from __future__ import annotations

from operator import attrgetter
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import NoConfig, RequestContext, Resources

_score = attrgetter("score")


class ItemRankScore:
    """Descending score. Equal scores keep their order; PAI-Rec leaves it open above twelve items."""

    Config: ClassVar[type[NoConfig]] = NoConfig

    def __init__(self, name: str, config: NoConfig, resources: Resources) -> None:
        self.name = name

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        return sorted(items, key=_score, reverse=True)
