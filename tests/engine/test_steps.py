"""One stage with its row of the funnel, and the aftermath of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.requests import StageTrace
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.steps import finish, run_stage, with_aftermath
from tests.filters.contract import context, item


class FirstOnly:
    name = "first"

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        context.notes.append("a shard did not answer")
        return items[:1]


class Broken:
    name = "broken"

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        raise DataError("the table is gone")


class Remembers:
    name = "memory"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def after_answer(self, items: Sequence[Item], context: RequestContext) -> None:
        self.seen += [one.id for one in items]
        if not items:
            raise DataError("nothing to remember")


def test_a_stage_leaves_a_row_with_its_notes() -> None:
    trace: list[StageTrace] = []
    request = context()
    left = run_stage("filter", FirstOnly(), [item("a"), item("b")], request, trace)
    assert [one.id for one in left] == ["a"]
    (row,) = trace
    assert (row.stage, row.name, row.entered, row.left) == ("filter", "first", 2, 1)
    assert row.note == "a shard did not answer"


def test_a_stage_that_fails_leaves_the_list_and_says_why_and_notes_do_not_spill_over() -> None:
    trace: list[StageTrace] = []
    request = context()
    items = [item("a"), item("b")]
    run_stage("filter", FirstOnly(), items, request, trace)
    assert run_stage("filter", Broken(), items, request, trace) == items
    assert trace[-1].note == "skipped: the table is gone"


def test_the_aftermath_reaches_every_stage_that_has_one_and_gathers_failures() -> None:
    first, second = Remembers(), Remembers()
    stages = [first, FirstOnly(), second]
    assert finish(with_aftermath(stages), [item("a")], context()) == []
    assert (first.seen, second.seen) == (["a"], ["a"])
    assert finish(with_aftermath(stages), [], context()) == ["nothing to remember"] * 2
