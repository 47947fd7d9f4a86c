"""The recall stage: merge order, failures, and sources that wait side by side."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.stages import Recalled, RequestContext
from pairec_cli.engine.recalling import merged, run_recalls
from tests.engine.recalls.contract import context


@dataclass
class Fixed:
    """Gives one item of its own name."""

    name: str
    title: str = "fixed"
    remote: bool = False
    thread: str = ""

    def recall(self, context: RequestContext) -> Recalled:
        self.thread = threading.current_thread().name
        return Recalled([Item(self.name)])


@dataclass
class Meeting(Fixed):
    """Answers only when `party` recalls are asked at the same time."""

    remote: bool = True
    party: threading.Barrier | None = None

    def recall(self, context: RequestContext) -> Recalled:
        assert self.party is not None
        self.party.wait(timeout=30)
        return super().recall(context)


@dataclass
class Broken(Fixed):
    error: Exception | None = None

    def recall(self, context: RequestContext) -> Recalled:
        assert self.error is not None
        raise self.error


def test_answers_come_in_configured_order() -> None:
    answers = run_recalls([Fixed("b"), Fixed("a"), Fixed("c")], context())
    assert [answer.recall.name for answer in answers] == ["b", "a", "c"]
    assert [item.id for item in merged(answers)] == ["b", "a", "c"]
    assert all(answer.ms >= 0 for answer in answers)


def test_a_recall_that_fails_gives_nothing_and_says_why() -> None:
    recalls = [
        Broken("x", error=DataError("the list is torn")),
        Broken("y", error=ZeroDivisionError("division by zero")),
        Fixed("z"),
    ]
    answers = run_recalls(recalls, context())
    assert [answer.recalled.reason for answer in answers] == [
        "the list is torn",
        "failed: ZeroDivisionError: division by zero",
        "",
    ]
    assert [item.id for item in merged(answers)] == ["z"]


def test_remote_sources_wait_side_by_side_and_merge_in_order() -> None:
    party = threading.Barrier(2)
    recalls = [Meeting("far", party=party), Fixed("near"), Meeting("wide", party=party)]
    answers = run_recalls(recalls, context())
    assert [item.id for item in merged(answers)] == ["far", "near", "wide"]
    assert recalls[1].thread == threading.main_thread().name


def test_one_remote_source_starts_no_thread() -> None:
    recalls = [Fixed("near"), Fixed("far", remote=True)]
    run_recalls(recalls, context())
    assert {recall.thread for recall in recalls} == {threading.main_thread().name}
