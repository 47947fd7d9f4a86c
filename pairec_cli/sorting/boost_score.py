"""BoostScoreSort: new scores for the items that meet a condition (the open engine's boost_score_sort.go)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.expressions import Evaluate, compile_govaluate
from pairec_cli.domain.rank_score import is_score
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources


class BoostScoreCondition(Record):
    """`expression` is govaluate over the item's properties and `score`; PAI-Rec gives it no functions."""

    expression: str = ""
    conditions: tuple[FilterParam, ...] = ()

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if not self.expression:
            yield "Expression", "is missing: items that meet the conditions keep their scores", ""
            return
        try:
            compile_govaluate(self.expression, {})
        except InvalidInput as error:
            yield "Expression", f"cannot be read, so the entry is left out: {error.message}", self.expression


class BoostScoreConfig(Record):
    """`boost_score_conditions_filter_all` applies every entry that is met in turn, not only the first;
    `debug` keeps the score before as property `org_score`."""

    boost_score_conditions: tuple[BoostScoreCondition, ...] = ()
    boost_score_conditions_filter_all: bool = False
    debug: bool = False


class _Boost(Record):
    conditions: Conditions
    expression: Evaluate | None


class BoostScoreSort:
    """Rewrites scores and leaves the order alone. An expression that fails, or gives no finite number, leaves
    the score; the property `score` keeps what an expression was given."""

    Config: ClassVar[type[BoostScoreConfig]] = BoostScoreConfig

    def __init__(self, name: str, config: BoostScoreConfig, resources: Resources) -> None:
        self.name = name
        self.boosts = list(_boosts(config.boost_score_conditions))
        self.all = config.boost_score_conditions_filter_all
        self.debug = config.debug

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        for item in items:
            for boost in self.boosts:
                if boost.conditions.hold(context.user, item.properties):
                    self._apply(boost, item)
                    if not self.all:
                        break
        return items

    def _apply(self, boost: _Boost, item: Item) -> None:
        if boost.expression is None:
            return
        item.properties["score"] = item.score
        try:
            value = boost.expression(item.properties)
        except InvalidInput:
            return
        if isinstance(value, float) and is_score(value):
            if self.debug:
                item.properties["org_score"] = item.score
            item.score = value


def _boosts(entries: tuple[BoostScoreCondition, ...]) -> Iterator[_Boost]:
    """The entries whose expression can be read, as in the engine."""
    for entry in entries:
        try:
            expression = compile_govaluate(entry.expression, {}) if entry.expression else None
        except InvalidInput:
            continue
        yield _Boost(Conditions(entry.conditions), expression)
