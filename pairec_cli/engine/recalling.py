"""The recall stage: every source of a scene, merged in the order of RecallNames."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.stages import Recall, Recalled, RequestContext


class Answer(NamedTuple):
    """What one recall gave, and in how many milliseconds."""

    recall: Recall
    recalled: Recalled
    ms: float


def run_recalls(recalls: Sequence[Recall], context: RequestContext) -> list[Answer]:
    """Every recall's answer, in the order given. Sources behind a network wait side by side when there are
    several; those in this process follow one another, because a thread costs more than their point read."""
    remote = [recall for recall in recalls if recall.remote]
    if len(remote) < 2:
        return [_answer(recall, context) for recall in recalls]
    from concurrent.futures import ThreadPoolExecutor  # loaded for remote sources alone: it costs 10 ms

    with ThreadPoolExecutor(len(remote), thread_name_prefix="recall") as pool:
        waiting = {id(recall): pool.submit(_answer, recall, context) for recall in remote}
        return [
            waiting[id(recall)].result() if id(recall) in waiting else _answer(recall, context)
            for recall in recalls
        ]


def _answer(recall: Recall, context: RequestContext) -> Answer:
    """One recall's answer; a recall that fails gives nothing and says why, and the request goes on."""
    start = time.perf_counter()
    try:
        recalled = recall.recall(context)
    except PairecError as error:
        recalled = Recalled((), error.message)
    except Exception as error:
        recalled = Recalled((), f"failed: {type(error).__name__}: {error}")
    return Answer(recall, recalled, (time.perf_counter() - start) * 1000)


def merged(answers: Sequence[Answer]) -> list[Item]:
    return list(chain.from_iterable(answer.recalled.items for answer in answers))
