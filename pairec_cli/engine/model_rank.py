"""The rank stage of scenes with RankAlgoList: algorithm scores first, then ScoreRewrite and RankScore."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import NotFound, PairecError
from pairec_cli.domain.stages import Loading, RequestContext, Resources
from pairec_cli.engine.algorithms.conf import AlgorithmConf
from pairec_cli.engine.algorithms.registry import ALGORITHMS
from pairec_cli.engine.rank import ScoreExpression

Scores = Mapping[str, Sequence[float]]
"""Output → a score per item. An algorithm without named outputs gives one that is named "" ."""


class Algorithm(Protocol):
    """Scores candidates. Raises PairecError when it cannot."""

    def score(self, items: Sequence[Item], context: RequestContext) -> Scores: ...


class LazyAlgorithm:
    """A configured algorithm, made when the first request needs it. Safe to share between threads."""

    def __init__(self, conf: AlgorithmConf, resources: Resources) -> None:
        self.name = conf.name
        self._conf, self._resources = conf, resources
        self._lock = threading.Lock()
        self._made: Algorithm | None = None

    def score(self, items: Sequence[Item], context: RequestContext) -> Scores:
        """Raises PairecError when the algorithm cannot be made, or fails."""
        return self._algorithm().score(items, context)

    def load(self) -> None:
        """Raises PairecError as `score` does."""
        algorithm = self._algorithm()
        if isinstance(algorithm, Loading):
            algorithm.load()

    def _algorithm(self) -> Algorithm:
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return self._made

    def _make(self) -> Algorithm:
        try:
            made: Algorithm = ALGORITHMS.load(self._conf.type)(self._conf, self._resources)
        except NotFound as error:
            raise PairecError(error.hint or error.message) from error
        return made


class ModelRank:
    """Asks every algorithm for all candidates at once.

    Scores are kept as `<algorithm>_<output>`, as in PAI-Rec, and as `<output>`; that of an algorithm with one
    output also as `<algorithm>`. When an algorithm fails, candidates keep the scores that they came with: an
    expression over scores that are missing would make all of them equal.
    """

    def __init__(self, algorithms: Sequence[LazyAlgorithm], expression: ScoreExpression) -> None:
        self.name = ", ".join(algorithm.name for algorithm in algorithms)
        self.algorithms, self.expression = tuple(algorithms), expression

    def load(self) -> None:
        for algorithm in self.algorithms:
            algorithm.load()

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if not items:
            return items
        scores: dict[str, Sequence[float]] = {}
        shown: list[str] = []
        for algorithm in self.algorithms:
            try:
                found = algorithm.score(items, context)
            except PairecError as error:
                context.notes.append(f"{algorithm.name} gives no scores, items keep theirs: {error.message}")
                return items
            scores |= _named(algorithm.name, found)
            alone = len(self.algorithms) == 1
            shown += [output if alone and output else _long(algorithm.name, output) for output in found]
        names = list(scores)
        for item, values in zip(items, zip(*scores.values(), strict=True), strict=True):
            item.algo_scores.update(zip(names, values))  # noqa: B905  # a check per item costs more than it
        context.scores = tuple(shown)
        return self.expression.apply(items, context)


def _named(algorithm: str, found: Scores) -> dict[str, Sequence[float]]:
    """The scores under each of their names."""
    named = dict(found)
    named |= {_long(algorithm, output): values for output, values in found.items()}
    if len(found) == 1:
        named[algorithm] = next(iter(found.values()))
    named.pop("", None)
    return named


def _long(algorithm: str, output: str) -> str:
    return f"{algorithm}_{output}" if output else algorithm
