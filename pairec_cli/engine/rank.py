"""The rank stage: each item's score from an expression over what is known of it (RankConf).

Source: "Engine configuration" in PAI-Rec's help and the open engine's rank_service.go. Models (RankAlgoList)
are not asked here: a scene that names them keeps its scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.item_features import keep_recall
from pairec_cli.domain.rank_score import RankScore, compile_rank_score, is_score
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext

Doubt = tuple[str, str, object]


class RankConf(Record):
    """RankConf.<scene>. `rank_score` makes the score; before it `score_rewrite` sets algorithm scores, each
    from an expression."""

    unserved: ClassVar[tuple[str, ...]] = ("ContextFeatures", "ItemFeatures", "BatchCount")

    rank_algo_list: tuple[str, ...] = ()
    rank_score: str = ""
    score_rewrite: Mapping[str, str] = {}
    ast_type: str = ""
    processor: str = ""

    def doubts(self) -> Iterator[Doubt]:
        if self.processor not in ("", "EasyRec"):
            yield "Processor", "is a key of PAI-Rec that has no effect here", self.processor
        if self.ast_type:
            yield "ASTType", "is not served: expressions are read by the default grammar", self.ast_type
        if reason := _unread(self.rank_score):
            yield "RankScore", f"{reason}: scores stay as they are", self.rank_score
        if self.score_rewrite and not self.rank_score:
            yield "ScoreRewrite", "has no effect without RankScore", dict(self.score_rewrite)
        for name, text in self.score_rewrite.items():
            if not text or (reason := _unread(text)):
                yield f"ScoreRewrite.{name}", f"{reason or 'is empty'}: the score is 0", text

    @property
    def ranks(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.rank_score or self.rank_algo_list)


def _unread(text: str) -> str:
    """Why the text is no expression; empty when it is one, or empty itself."""
    try:
        return "holds no expression" if text and compile_rank_score(text) is None else ""
    except InvalidInput as error:
        return f"cannot be read ({error.message})"


def _compiled(text: str) -> RankScore | None:
    try:
        return compile_rank_score(text)
    except InvalidInput:
        return None


class ScoreExpression:
    """Sets algorithm scores, all from those before, then the score. What cannot be computed, and what is no
    finite number, leaves the score and makes an algorithm score 0; the engine fails such a request."""

    def __init__(self, name: str, conf: RankConf) -> None:
        self.name = name
        self.score = _compiled(conf.rank_score)
        self.rewrites = [(name, _compiled(text)) for name, text in conf.score_rewrite.items()]

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        failed = sum(not self._rank(item) for item in items)
        if failed:
            context.notes.append(f"{self.name} gives no number for {failed} of {len(items)} items")
        return items

    def _rank(self, item: Item) -> bool:
        """Whether the item has the score that the expression gives it. What recalled it becomes properties,
        so that `${recall_score}` and the recall's own name have a meaning."""
        keep_recall(item)
        if self.rewrites:
            scores = {name: _number(expression, item) for name, expression in self.rewrites}
            item.algo_scores.update({name: 0.0 if score is None else score for name, score in scores.items()})
        if self.score is None:
            return True
        score = _number(self.score, item)
        if score is not None:
            item.score = score
        return score is not None


def _number(expression: RankScore | None, item: Item) -> float | None:
    if expression is None:
        return None
    try:
        value = expression(item)
    except InvalidInput:
        return None
    return value if is_score(value) else None
