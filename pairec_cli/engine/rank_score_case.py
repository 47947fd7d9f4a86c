"""RankScore expressions tried on one item.

The document is a list of expressions, or an object with them under `cases`; each is a text or an object
with `expr`. Its `item` (score, algo_scores, features) is what their names mean; without one they see the
sample item.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig, InvalidInput
from pairec_cli.domain.rank_score import compile_rank_score
from pairec_cli.domain.records import Record
from pairec_cli.engine.decode import Findings, decode

WHAT = "the file of expressions"
NO_EXPRESSION, PARSE_ERROR, PANIC = "no_expression", "parse_error", "panic"
"""The text holds no expression; it has a character that no expression has; it cannot be computed (the open
engine fails the request)."""


class SampleItem(Record):
    """An item to try expressions on."""

    score: float = 0.25
    algo_scores: Mapping[str, float] = {
        "probs_ctr": 0.2,
        "probs_cvr": 0.5,
        "zero": 0.0,
        "both": 3.0,
        "algo_ctr": 0.1,
        "algo_cvr": 0.3,
        "a-b.c": 9.0,
    }
    features: Mapping[str, Any] = {"price": 12, "price_text": "12.5", "word": "abc", "both": 4}

    def made(self) -> Item:
        return Item("sample", self.score, properties=dict(self.features), algo_scores=dict(self.algo_scores))


class _File(Record):
    item: SampleItem | None = None
    cases: tuple[Any, ...] = ()


def rank_scores(document: Any) -> list[float | str]:
    """The value of each expression in order, or why there is none. Raises InvalidConfig for a document of
    another form."""
    findings = Findings()
    file = decode(_File, {"cases": document} if isinstance(document, list) else document, "", findings)
    texts: list[Any] = [case.get("expr") if isinstance(case, Mapping) else case for case in file.cases]
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            findings.problem(f"cases[{index}]", "must be a text or an object with expr", text)
    if findings.problems:
        raise InvalidConfig(WHAT, findings.problems)
    return [rank_score(text, (file.item or SampleItem()).made()) for text in texts]


def rank_score(text: str, item: Item) -> float | str:
    """One expression's value, or the word for why there is none; infinities and NaN as words too."""
    try:
        score = compile_rank_score(text)
    except InvalidInput:
        return PARSE_ERROR
    if score is None:
        return NO_EXPRESSION
    try:
        value = score(item)
    except InvalidInput:
        return PANIC
    return value if math.isfinite(value) else str(value)
