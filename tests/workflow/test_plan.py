"""The plan, checked against a world in which content is what a script makes of the contents it reads.

No SQL runs here: a run is simulated by a digest of the script and of everything it reads, computed without
fingerprints. After a backfill, what is stored must be what a run of everything from scratch would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange, shift
from pairec_cli.domain.errors import InvalidConfig, SqlError
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow.plan import BackfillPlan, Planner, Reason, script_fingerprint
from pairec_cli.workflow.windows import Bound, NodeTables, Window, node_tables
from tests.warehouse.ledger import MemoryLedger
from tests.workflow.nodes import sql_node

FLOW = WorkflowName("ws", "Flow")
SOURCE = TableName("mc", "source")
TODAY = "20260120"


def table(name: str) -> TableName:
    return TableName("mc", name)


def window(name: str, days: int = 1) -> Window:
    """The last `days` days of a table, ending with the run's own."""
    return Window(table(name), Bound(offset=1 - days), Bound(offset=0))


@dataclass
class World:
    """Nodes and what they read, a ledger, and the contents behind it."""

    reads: dict[str, list[Window]]
    scripts: dict[str, str] = field(default_factory=dict)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    contents: dict[tuple[TableName, str], str] = field(default_factory=dict)
    runs: dict[tuple[str, str], NodeRun] = field(default_factory=dict)

    def nodes(self) -> list[Node]:
        return [
            sql_node(
                name,
                self.scripts.get(name, "v1"),
                inputs=tuple(str(w.table) for w in reads),
                outputs=(f"mc.{name}",),
            )
            for name, reads in self.reads.items()
        ]

    def planner(self, *, actual: bool = False) -> Planner:
        def read(node: Node, _project: str) -> NodeTables:
            return NodeTables(tuple(self.reads[node.name]), (table(node.name),))

        return Planner(self.nodes(), self.ledger, dict(self.runs), "mc", actual=actual, read=read)

    def plan(self, targets: DsRange, **options: object) -> BackfillPlan:
        return self.planner().plan(targets, 1, **options)  # type: ignore[arg-type] # passed through

    def write_source(self, ds: str, version: str = "1") -> None:
        self.put(SOURCE, ds, f"source {ds} {version}", f"source {ds} {version}")

    def put(self, name: TableName, ds: str, content: str, fingerprint: str) -> None:
        self.contents[name, ds] = content
        self.ledger.record([Partition(name, ds, (), 1, 1, fingerprint, 0.0)])

    def run(self, plan: BackfillPlan, limit: int | None = None) -> None:
        """Carry the plan out, a task's days in order; stop after `limit` runs, as if killed."""
        done = 0
        for task in plan.tasks:
            now = self.planner(actual=True)
            for ds in task.days:
                if done == limit:
                    return
                expected = now.expected(task.node, ds)
                made = [
                    self.contents.get((w.table, day), "-")
                    for w in self.reads[task.node]
                    for day in days_of(w, ds)
                ]
                content = of_text(self.scripts.get(task.node, "v1"), ds, *made)
                self.put(table(task.node), ds, content, expected.output)
                self.runs[task.node, ds] = finished(task.node, ds, expected.script, expected.inputs)
                done += 1

    def ideal(self, node: str, ds: str) -> str:
        """What running everything from scratch gives."""
        made = [
            self.ideal(w.table.table, day)
            if w.table.table in self.reads
            else self.contents.get((w.table, day), "-")
            for w in self.reads[node]
            for day in days_of(w, ds)
        ]
        return of_text(self.scripts.get(node, "v1"), ds, *made)


def days_of(read: Window, ds: str) -> list[str]:
    first, last = read.bounds(ds)
    return list(DsRange(first, last)) if first and last else []


def finished(node: str, ds: str, script: str, inputs: str) -> NodeRun:
    return NodeRun(1, FLOW, node, ds, RunState.OK, 0.0, script_fingerprint=script, input_fingerprint=inputs)


def diamond() -> World:
    """source → a → b(3 days of a), a → c, (b, c) → d; e reads the source alone."""
    world = World(
        {
            "d": [window("b"), window("c")],
            "b": [window("a", 3)],
            "c": [window("a")],
            "a": [window("source")],
            "e": [window("source", 2)],
        }
    )
    for ds in DsRange.ending(TODAY, 10):
        world.write_source(ds)
    return world


def days(plan: BackfillPlan) -> dict[str, int]:
    return {task.node: len(task.days) for task in plan.tasks}


def test_a_first_plan_holds_every_node_after_what_it_reads_with_the_days_that_are_read() -> None:
    plan = diamond().plan(DsRange(TODAY, TODAY))
    assert days(plan) == {"a": 3, "e": 1, "b": 1, "c": 1, "d": 1}
    assert [task.node for task in plan.tasks] == ["a", "e", "b", "c", "d"]
    assert plan.tasks[0].days == ("20260118", "20260119", "20260120")
    assert {reason for task in plan.tasks for reason in task.reasons.values()} == {Reason.MISSING}
    assert (plan.runs, plan.up_to_date) == (7, 0)


def test_days_of_several_targets_are_the_union_of_what_each_reads() -> None:
    plan = diamond().plan(DsRange("20260118", TODAY))
    assert days(plan) == {"a": 5, "e": 3, "b": 3, "c": 3, "d": 3}


def test_nothing_is_left_after_the_plan_has_run() -> None:
    world = diamond()
    targets = DsRange("20260117", TODAY)
    world.run(world.plan(targets))
    after = world.plan(targets)
    assert after.tasks == ()
    assert after.up_to_date == 22


def test_an_edited_script_makes_the_node_and_its_readers_stale_and_no_other() -> None:
    world = diamond()
    targets = DsRange(TODAY, TODAY)
    world.run(world.plan(targets))
    world.scripts["c"] = "v2"
    plan = world.plan(targets)
    assert {task.node: task.reason for task in plan.tasks} == {"c": "script changed", "d": "input changed"}


def test_an_edit_that_is_taken_back_leaves_nothing_to_do() -> None:
    world = diamond()
    targets = DsRange(TODAY, TODAY)
    world.run(world.plan(targets))
    world.scripts["a"] = "v2"
    assert days(world.plan(targets)) == {"a": 3, "b": 1, "c": 1, "d": 1}
    world.scripts["a"] = "v1"
    assert world.plan(targets).tasks == ()


def test_a_changed_source_day_concerns_the_days_that_read_it() -> None:
    world = diamond()
    targets = DsRange("20260117", TODAY)
    world.run(world.plan(targets))
    world.write_source("20260117", "2")
    plan = world.plan(targets)
    found = {task.node: task.days for task in plan.tasks}
    assert found == {
        "a": ("20260117",),
        "e": ("20260117", "20260118"),
        "b": ("20260117", "20260118", "20260119"),
        "c": ("20260117",),
        "d": ("20260117", "20260118", "20260119"),
    }
    assert {task.reason for task in plan.tasks} == {"input changed"}


def test_a_partition_that_was_dropped_is_missing_and_comes_back_the_same() -> None:
    world = diamond()
    targets = DsRange(TODAY, TODAY)
    world.run(world.plan(targets))
    before = world.ledger.partitions(table("c"))[TODAY].fingerprint
    world.ledger.remove(table("c"), [TODAY])
    plan = world.plan(targets)
    assert {task.node: task.reason for task in plan.tasks} == {"c": "missing"}
    world.run(plan)
    assert world.ledger.partitions(table("c"))[TODAY].fingerprint == before


def test_forced_nodes_run_and_what_reads_them_does_not() -> None:
    world = diamond()
    targets = DsRange(TODAY, TODAY)
    world.run(world.plan(targets))
    plan = world.plan(targets, forced=["b"])
    assert {task.node: task.reason for task in plan.tasks} == {"b": "forced"}


def test_a_goal_brings_what_it_needs_only() -> None:
    plan = diamond().plan(DsRange(TODAY, TODAY), goals=["b"])
    assert days(plan) == {"a": 3, "b": 1}


def test_reasons_are_counted_when_they_differ() -> None:
    world = diamond()
    world.run(world.plan(DsRange("20260119", TODAY), goals=["c"]))
    world.scripts["c"] = "v2"
    [task] = world.plan(DsRange("20260118", TODAY), goals=["c"]).tasks[1:]
    assert task.reason == "missing (1), script changed (2)"


def test_sources_are_checked_over_the_required_days_and_what_is_read_beyond_them() -> None:
    world = diamond()
    plan = world.planner().plan(DsRange(TODAY, TODAY), 2)
    [source] = plan.sources
    assert (source.table, source.needed, source.missing) == (SOURCE, DsRange("20260118", TODAY), ())
    early = world.planner().plan(DsRange(TODAY, TODAY), 12)
    assert early.required == DsRange.ending(TODAY, 12)
    assert early.sources[0].missing == ("20260109", "20260110")
    assert early.missing == [DsRange("20260109", "20260110")]


def test_missing_inputs_are_named_day_by_day() -> None:
    world = diamond()
    planner = world.planner(actual=True)
    assert planner.missing_inputs("a", TODAY) == []
    assert planner.missing_inputs("a", "20260121") == [(SOURCE, "20260121")]
    assert planner.missing_inputs("b", TODAY) == [(table("a"), shift(TODAY, -n)) for n in (2, 1, 0)]


def test_a_node_that_reads_its_own_past_settles() -> None:
    world = World({"total": [Window(table("total"), Bound(offset=-1), Bound(offset=-1)), window("source")]})
    for ds in DsRange.ending(TODAY, 4):
        world.write_source(ds)
    targets = DsRange.ending(TODAY, 3)
    plan = world.plan(targets)
    assert days(plan) == {"total": 3}
    for ds in targets:  # a carrier looks at the ledger again after each day of such a node
        world.run(replace(plan, tasks=(replace(plan.tasks[0], reasons={ds: Reason.MISSING}),)))
    assert world.plan(targets).tasks == ()
    assert world.planner().reads_itself("total")


def test_an_open_window_reads_what_exists_up_to_the_day() -> None:
    world = World({"all": [Window(SOURCE, Bound(), Bound())]})
    world.write_source("20260118")
    world.run(world.plan(DsRange("20260119", "20260119")))
    world.write_source("20260120")
    assert world.plan(DsRange("20260119", "20260119")).tasks == ()
    world.write_source("20260117")
    assert days(world.plan(DsRange("20260119", "20260119"))) == {"all": 1}


def test_a_node_without_tables_is_judged_by_its_runs() -> None:
    world = diamond()
    sync = Node("sync", NodeKind.PYODPS3, "print(1)", inputs=("mc.source",))

    def plan() -> BackfillPlan:
        planner = Planner([sync], world.ledger, world.runs, "mc")
        return planner.plan(DsRange(TODAY, TODAY), 1)

    assert plan().tasks[0].reason == "missing"
    expected = Planner([sync], world.ledger, {}, "mc").expected("sync", TODAY)
    world.runs["sync", TODAY] = finished("sync", TODAY, expected.script, expected.inputs)
    assert plan().tasks == ()
    world.write_source(TODAY, "2")
    assert plan().tasks[0].reason == "input changed"
    world.runs["sync", TODAY] = replace(world.runs["sync", TODAY], state=RunState.FAILED)
    assert plan().tasks[0].reason == "missing"


def test_scripts_decide_the_order_whatever_is_declared() -> None:
    first = sql_node("z", "INSERT OVERWRITE TABLE z PARTITION(ds='${bizdate}') SELECT 1")
    reader = sql_node(
        "a", "INSERT OVERWRITE TABLE a PARTITION(ds='${bizdate}') SELECT x FROM z WHERE ds='${bizdate}'"
    )
    planner = Planner([reader, first], MemoryLedger(), {}, "mc")
    assert [node.name for node in planner.order] == ["z", "a"]
    assert planner.upstream("a") == {"z"}


def test_scripts_that_read_each_other_are_refused() -> None:
    def script(target: str, source: str) -> str:
        return f"INSERT OVERWRITE TABLE {target} PARTITION(ds='${{bizdate}}') SELECT x FROM {source}"

    with pytest.raises(InvalidConfig, match="wait for each other: a, b"):
        Planner([sql_node("a", script("a", "b")), sql_node("b", script("b", "a"))], MemoryLedger(), {}, "mc")


def test_a_script_that_cannot_be_read_is_told_and_stays_in_the_plan() -> None:
    broken = sql_node("a", "INSERT OVERWRITE TABLE a\nSELEKT 1", inputs=("mc.source",), outputs=("mc.a",))
    planner = Planner([broken], MemoryLedger(), {}, "mc")
    plan = planner.plan(DsRange(TODAY, TODAY), 1)
    assert [task.node for task in plan.tasks] == ["a"]
    [problem] = plan.problems
    assert isinstance(problem, SqlError)
    assert problem.message.startswith("node a: line ")
    assert problem.line == 2


def test_the_script_fingerprint_covers_text_kind_and_parameters() -> None:
    node = sql_node("a", "select ${bizdate_3}", parameters={"bizdate_3": "$[yyyymmdd-4]"})
    same = script_fingerprint(node, TODAY)
    assert script_fingerprint(replace(node, description="other"), TODAY) == same
    changed = [
        replace(node, script="select 1"),
        replace(node, kind=NodeKind.PYODPS3),
        replace(node, parameters={"bizdate_3": "$[yyyymmdd-5]"}),
    ]
    assert same not in [script_fingerprint(one, TODAY) for one in changed]
    assert script_fingerprint(node, "20260119") != same


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to five nodes, each reading earlier ones or the source over windows that end today or yesterday."""
    names = [f"n{index}" for index in range(draw(st.integers(1, 5)))]
    reads: dict[str, list[Window]] = {}
    for index, name in enumerate(names):
        sources = draw(
            st.lists(st.sampled_from(["source", *names[:index]]), min_size=1, max_size=3, unique=True)
        )
        reads[name] = []
        for source in sources:
            last = draw(st.integers(-1, 0))
            first = last - draw(st.integers(0, 3))
            reads[name].append(Window(table(source), Bound(offset=first), Bound(offset=last)))
    shuffled = draw(st.permutations(names))
    return World({name: reads[name] for name in shuffled})


changes = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.integers(0, 4), st.sampled_from(["v1", "v2"])),
        st.tuples(st.just("source"), st.integers(0, 8), st.sampled_from(["1", "2"])),
        st.tuples(st.just("drop"), st.integers(0, 4), st.just("")),
        st.tuples(st.just("killed"), st.integers(0, 12), st.just("")),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), changes, st.integers(1, 3))
def test_whatever_happened_a_backfill_gives_what_running_everything_anew_would(
    world: World, events: Sequence[tuple[str, int, str]], length: int
) -> None:
    targets = DsRange.ending(TODAY, length)
    for ds in DsRange.ending(TODAY, 6):
        world.write_source(ds)
    for event in events:
        apply(world, event, targets)
    world.run(world.plan(targets))
    assert world.plan(targets).tasks == ()
    for name in world.reads:
        for ds in targets:
            assert world.contents[table(name), ds] == world.ideal(name, ds)


def apply(world: World, event: tuple[str, int, str], targets: DsRange) -> None:
    kind, number, text = event
    name = sorted(world.reads)[number % len(world.reads)]
    if kind == "edit":
        world.scripts[name] = text
    elif kind == "source":
        world.write_source(shift(TODAY, -number), text)
    elif kind == "drop":
        world.ledger.remove(table(name), list(world.ledger.partitions(table(name))))
    else:
        world.run(world.plan(targets), limit=number)


@settings(max_examples=40, deadline=None)
@given(worlds(), st.integers(0, 4))
def test_an_edit_makes_exactly_its_readers_stale(world: World, number: int) -> None:
    for ds in DsRange.ending(TODAY, 20):
        world.write_source(ds)
    targets = DsRange(TODAY, TODAY)
    world.run(world.plan(targets))
    name = sorted(world.reads)[number % len(world.reads)]
    world.scripts[name] = "edited"
    stale = {task.node for task in world.plan(targets).tasks}
    assert stale == readers_of(world, [name])


def readers_of(world: World, names: Iterable[str]) -> set[str]:
    found = set(names)
    while True:
        more = {n for n, reads in world.reads.items() if any(w.table.table in found for w in reads)}
        if more <= found:
            return found
        found |= more


def test_what_node_tables_reads_is_what_the_plan_reads() -> None:
    script = (
        "INSERT OVERWRITE TABLE a PARTITION(ds='${bizdate}') SELECT x FROM source WHERE ds > '${bizdate_3}'"
    )
    node = sql_node("a", f"{script} AND ds <= '${{bizdate}}'", parameters={"bizdate_3": "$[yyyymmdd-4]"})
    assert node_tables(node, "mc") == NodeTables((window("source", 3),), (table("a"),))
