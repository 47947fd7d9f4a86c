"""Step 2: data in the three tables, generated, cloned from the public project, or imported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pairec_cli.datagen.config import WorldConfig
from pairec_cli.datagen.public_project import mount
from pairec_cli.domain.ds import DsRange, refuse_future, yesterday
from pairec_cli.domain.errors import InvalidInput, NodeFailed
from pairec_cli.domain.package import Node
from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.domain.tables import DEMO_TABLES, PUBLIC_PROJECT, TableName
from pairec_cli.workflow import source_nodes
from pairec_cli.workflow.node_run import NodeRunner
from pairec_cli.workflow.plan import Expected, script_fingerprint
from pairec_cli.workflow.workspace import Workspace

Listener = Callable[[NodeRun, int, int], None]
_OPTIONS = {"events_per_day": "events"}
"""Options whose name is not the setting's."""
_PUBLIC_KEY = f"public_project:{PUBLIC_PROJECT}"


@dataclass(frozen=True)
class Generation:
    """What `data generate` does: the world, the days asked for, and those of them to be made."""

    config: WorldConfig
    days: DsRange
    to_make: tuple[str, ...]
    continued: bool


def plan_generation(
    workspace: Workspace,
    *,
    days: int,
    end: str | None = None,
    settings: dict[str, object] | None = None,
    force: bool = False,
) -> Generation:
    """The last `days` days up to `end` of the workspace's world, without those that exist.

    A first call founds the world with `settings` (users, items, events_per_day, seed, signal); later calls
    continue it. Raises InvalidInput when later settings differ, for a future day, and for days < 1.
    """
    instance = workspace.instance
    if days < 1:
        raise InvalidInput(f"{days} days cannot be generated", hint="use --days 1 or more")
    last = refuse_future(end or yesterday(instance.timezone), instance.timezone)
    span = DsRange.ending(last, days)
    known = workspace.control.settings.get(_world_key(instance.name))
    asked = {name: value for name, value in (settings or {}).items() if value is not None}
    if known is None:
        config = WorldConfig.model_validate({"epoch": span.first, "timezone": instance.timezone, **asked})
    else:
        config = WorldConfig.model_validate(json.loads(known))
        _refuse_other_world(config, asked)
    made = set() if force else _made(workspace, config, span)
    to_make = tuple(ds for ds in span if ds not in made)
    return Generation(config, span, to_make, continued=known is not None)


def _refuse_other_world(config: WorldConfig, asked: dict[str, object]) -> None:
    for name, value in asked.items():
        if getattr(config, name) != value:
            option = _OPTIONS.get(name, name)
            raise InvalidInput(
                f"this workspace's world has {name}={getattr(config, name)}, not {value}",
                hint=f"leave out --{option}, or start another world: pairec init --home DIR",
            )


def _made(workspace: Workspace, config: WorldConfig, span: DsRange) -> set[str]:
    """Days that the data node of this very world has made, and that nobody has removed or replaced since."""
    node = source_nodes.data_node(source_nodes.demo_tables(), config)
    node = source_nodes.as_deployed(workspace, node)
    target = source_nodes.workflow(workspace.instance)
    runs = workspace.control.runs.latest(target)
    tables = [_demo_table(workspace, table) for table in source_nodes.demo_tables().values()]
    partitions = [workspace.warehouse.ledger.partitions(table) for table in tables]
    done = set()
    for ds in span:
        run = runs.get((node.name, ds))
        if run is None or run.state is not RunState.OK or run.finished_at is None:
            continue
        as_made = all(ds in days and days[ds].written_at <= run.finished_at for days in partitions)
        if as_made and run.script_fingerprint == script_fingerprint(node, ds):
            done.add(ds)
    return done


def _demo_table(workspace: Workspace, table: str) -> TableName:
    return TableName(workspace.instance.bindings.maxcompute_project, table)


def generate(workspace: Workspace, plan: Generation, listener: Listener) -> list[NodeRun]:
    """Place the data node and the three virtual nodes, and run the data node for each day to make.

    Raises NodeFailed at the first day that fails.
    """
    instance = workspace.instance
    tables = source_nodes.demo_tables()
    node = source_nodes.data_node(tables, plan.config)
    anchors = source_nodes.virtual_nodes(instance, list(tables.values()), [node.name])
    source_nodes.place(workspace, [node, *anchors])
    key = _world_key(instance.name)
    if workspace.control.settings.get(key) is None:
        workspace.control.settings.set(key, plan.config.model_dump_json())
    return _run_days(workspace, source_nodes.as_deployed(workspace, node), plan.to_make, listener)


def world_config(workspace: Workspace) -> WorldConfig | None:
    """The world that the instance's demo data comes from; None when none was generated."""
    known = workspace.control.settings.get(_world_key(workspace.instance.name))
    return None if known is None else WorldConfig.model_validate(json.loads(known))


def _world_key(instance: str) -> str:
    return f"world:{instance}"


def _run_days(workspace: Workspace, node: Node, days: Iterable[str], listener: Listener) -> list[NodeRun]:
    instance = workspace.instance
    project = instance.bindings.maxcompute_project
    runner = NodeRunner(workspace, source_nodes.workflow(instance), project)
    wanted = list(days)
    runs = []
    for ds in wanted:
        expected = Expected(script_fingerprint(node, ds), "")
        run = runner.run(node, ds, expected, reason="backfill")
        runs.append(run)
        listener(run, len(runs), len(wanted))
        if run.state is not RunState.OK:
            raise NodeFailed(f"{node.name} ds={ds}: {run.reason}", hint=f"the log is {run.log}")
    return runs


def clone(workspace: Workspace, *, bizdate: str | None = None, listener: Listener) -> NodeRun:
    """Copy the public project's tables for the window ending on `bizdate`, by running the tutorial's SQL.

    The public tables are the shipped ones, moved so that they end on that day.
    """
    instance = workspace.instance
    day = refuse_future(bizdate or yesterday(instance.timezone), instance.timezone)
    mount_public_project(workspace, day)
    node = source_nodes.clone_node()
    anchors = source_nodes.virtual_nodes(instance, list(source_nodes.demo_tables().values()))
    source_nodes.place(workspace, [node, *anchors])
    return _run_days(workspace, source_nodes.as_deployed(workspace, node), [day], listener)[0]


def show_public_project(workspace: Workspace) -> None:
    """Make `pai_online_project` readable where it is not yet, ending yesterday."""
    if workspace.control.settings.get(_PUBLIC_KEY) is None:
        mount_public_project(workspace, yesterday(workspace.instance.timezone))


def mount_public_project(workspace: Workspace, last_ds: str) -> None:
    """Make `pai_online_project` readable with its last day on `last_ds`. Doing so twice is no work."""
    stamp = f"{last_ds} {workspace.instance.timezone}"
    if workspace.control.settings.get(_PUBLIC_KEY) == stamp:
        return
    public = mount(last_ds, workspace.instance.timezone)
    for role, schema in public.schemas.items():
        workspace.warehouse.create_table(schema)
        stale = [d for d in workspace.warehouse.partitions(schema.name) if d not in public.days]
        parts = [(schema.name, ds, public.read(role, ds)) for ds in public.days]
        workspace.warehouse.write_many(parts)
        workspace.warehouse.drop_partitions(schema.name, stale)
    workspace.control.settings.set(_PUBLIC_KEY, stamp)


def public_tables() -> list[str]:
    return [f"{PUBLIC_PROJECT}.{table}" for table in DEMO_TABLES.values()]
