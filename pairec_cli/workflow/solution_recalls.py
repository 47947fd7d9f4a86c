"""The recalls of a solution: what there is, what it reads and writes, how far it has run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pairec_cli.domain.errors import NotDeployed, NotFound
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.recall import RecallMethod
from pairec_cli.domain.solution import RecallConfig, Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow.deployed_solutions import Deployed, all_deployed
from pairec_cli.workflow.workspace import Workspace

LIST = "item_ids"
"""The column of the lists."""
EVERYBODY = "-1"
"""The key of a list that is the same for all users."""


@dataclass(frozen=True)
class SolutionRecall:
    """One recall of a solution, with its method."""

    config: RecallConfig
    method: RecallMethod
    solution: Solution

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def nodes(self) -> list[Node]:
        return self.method.nodes(self.config, self.solution)

    @property
    def publications(self) -> list[Publication]:
        return self.method.publications(self.config, self.solution)

    @property
    def tables(self) -> list[TableName]:
        """Every table that its nodes write, in their order."""
        project = TableNames(self.solution).project
        return [TableName.parse(name, project) for node in self.nodes for name in node.outputs]

    @property
    def served(self) -> TableName:
        """The table that the engine reads: that of the last node."""
        return TableName(TableNames(self.solution).project, self.nodes[-1].name)

    @property
    def served_key(self) -> str:
        """The column that its rows are looked up by; "" where the table is not published."""
        found = (one.key for one in self.publications if one.table == self.served.table)
        return next(found, "")

    @property
    def has_lists(self) -> bool:
        """False where the rows looked up by user hold histories, which a model reads with the request."""
        published = [one for one in self.publications if one.table == self.served.table]
        by_user = [one for one in published if one.key == TableNames(self.solution).user_id]
        return all(LIST in one.columns for one in by_user)

    @property
    def settings(self) -> dict[str, Any]:
        """The fields that are not as they come."""
        default = type(self.config).model_validate({}).model_dump(mode="json")
        skipped = {"type", "name", "enabled", "scenarios"}
        given = self.config.model_dump(mode="json")
        return {k: v for k, v in given.items() if k not in skipped and v != default[k]}


@dataclass(frozen=True)
class RecallState:
    """How far a recall of the solution has run. `coverage`: share of the users with a list on its last day;
    None where lists are not looked up by user."""

    type: str
    title: str
    recall: SolutionRecall | None = None
    state: str = "not in the solution"
    ds: str | None = None
    rows: int | None = None
    coverage: float | None = None


def recalls_of(solution: Solution) -> list[SolutionRecall]:
    """Those that are in the solution, the disabled ones too, in merge order."""
    return [SolutionRecall(config, RECALLS.load(config.type)(), solution) for config in solution.recalls]


def recall_of(solution: Solution, name: str) -> SolutionRecall:
    """The enabled recall of that name. Raises NotFound; the hint says how to come by it."""
    found = next((one for one in recalls_of(solution) if one.name == name), None)
    if found is None:
        hint = f"pairec solution configure --add-recall {name}" if name in RECALLS else "pairec recall list"
        raise NotFound("recall", name, [one.name for one in solution.enabled_recalls], hint=hint)
    if not found.config.enabled:
        hint = f"pairec solution configure --enable-recall {name}, then pairec script generate"
        raise NotFound("enabled recall", name, [one.name for one in solution.enabled_recalls], hint=hint)
    return found


def recall_states(workspace: Workspace, solution: Solution | None) -> Iterator[RecallState]:
    """The solution's recalls in merge order, then the types that it does not use."""
    used = [] if solution is None else recalls_of(solution)
    live = _deployed_names(workspace, solution)
    for recall in used:
        yield _state(workspace, recall, recall.name in live)
    types = {recall.config.type for recall in used}
    yield from (RecallState(kind, RECALLS.load(kind).title) for kind in RECALLS if kind not in types)


def _deployed_names(workspace: Workspace, solution: Solution | None) -> set[str]:
    if solution is None:
        return set()
    found: list[Deployed] = [one for one in all_deployed(workspace) if one.solution.name == solution.name]
    return {recall.name for one in found for recall in one.solution.enabled_recalls}


def _state(workspace: Workspace, recall: SolutionRecall, is_deployed: bool) -> RecallState:
    partitions = workspace.warehouse.partitions(recall.served) if _exists(workspace, recall.served) else {}
    ds = max(partitions, default=None)
    state = "ok" if ds else "never run"
    if not recall.config.enabled:
        state = "off"
    elif not is_deployed:
        state = "not deployed"
    title, kind = recall.method.title, recall.config.type
    if ds is None:
        return RecallState(kind, title, recall, state)
    return RecallState(kind, title, recall, state, ds, partitions[ds].rows, _coverage(workspace, recall, ds))


def _exists(workspace: Workspace, table: TableName) -> bool:
    return workspace.warehouse.ledger.schema(table) is not None


def _coverage(workspace: Workspace, recall: SolutionRecall, ds: str) -> float | None:
    key, names = recall.served_key, TableNames(recall.solution)
    if not key:
        return None
    keys = workspace.warehouse.read(recall.served, [ds], [key]).column(key)
    if keys.to_pylist() == [EVERYBODY]:
        return 1.0
    if key != names.user_id:
        return None
    users, column = names.source(TableRole.USER), recall.solution.data_tables.user.user_id
    day = max((day for day in workspace.warehouse.partitions(users) if day <= ds), default=None)
    if day is None:
        return None
    known = pc.cast(workspace.warehouse.read(users, [day], [column]).column(column), pa.string())
    listed = pc.sum(pc.is_in(known, value_set=pc.cast(keys, pa.string()))).as_py() or 0
    return listed / len(known) if len(known) else None


def refuse_never_run(workspace: Workspace, recall: SolutionRecall) -> str:
    """The last day of its table. Raises NotDeployed when it has none."""
    if not _exists(workspace, recall.served) or not workspace.warehouse.partitions(recall.served):
        raise NotDeployed(f"recall {recall.name!r} was never run", hint=f"pairec recall run {recall.name}")
    return max(workspace.warehouse.partitions(recall.served))


def fallback_name(solution: Solution, scene: str) -> str | None:
    """The recall behind a scene's FallbackConfig."""
    found = [one.name for one in recalls_of(solution) if one.method.is_fallback and one.config.serves(scene)]
    return found[-1] if found else None


def refuse_unserved(
    workspace: Workspace, solution: Solution, scene: str, name: str, served: Collection[str]
) -> None:
    """Raises NotFound for a recall that is not among those `served` in a scene, NotDeployed for one of the
    solution that never ran. The engine may serve recalls that no solution made."""
    if name in served and all(name != one.name for one in recalls_of(solution)):
        return
    refuse_never_run(workspace, recall_of(solution, name))
    if name not in served:
        raise NotFound(f"recall of scene {scene!r}", name, served, hint="pairec solution show")
