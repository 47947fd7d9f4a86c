"""What a solution compiles to: nodes, the workflow they form, and the package that is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class NodeKind(StrEnum):
    """DataWorks commands (`script.runtime.command` of its FlowSpec) that our nodes use."""

    ODPS_SQL = "ODPS_SQL"
    PYODPS3 = "PYODPS3"
    VIRTUAL = "VIRTUAL"
    PAI_DLC = "pai_dlc"


class Recurrence(StrEnum):
    """Normal: runs. Skip: succeeds without running. Pause: instances fail ("frozen"), children wait."""

    NORMAL = "Normal"
    SKIP = "Skip"
    PAUSE = "Pause"


@dataclass(frozen=True)
class Publication:
    """What a sync node puts online: rows of `table` as the feature view `view`, one per `key` value."""

    view: str
    table: str
    key: str
    columns: tuple[str, ...]
    entity: str = ""


@dataclass(frozen=True)
class Node:
    """One task of a workflow. Its script is the truth: `inputs` and `outputs` repeat what the script reads
    and writes (`project.table`), and a check compares them.

    `parameters` are DataWorks scheduling parameters: name → `$[yyyymmdd-1]`.
    """

    name: str
    kind: NodeKind
    script: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    recurrence: Recurrence = Recurrence.NORMAL
    description: str = ""
    upstream: tuple[str, ...] = ()
    """Upstream outputs that no script names, such as `<workspace>_root` for a virtual node."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """Deployed files that a run reads beside its script, by path: what a training node's model is made of."""


@dataclass(frozen=True)
class Workflow:
    """Nodes under one workflow name; node names are unique."""

    name: str
    nodes: tuple[Node, ...]

    def node(self, name: str) -> Node | None:
        return next((node for node in self.nodes if node.name == name), None)


@dataclass(frozen=True)
class Package:
    """The deployable whole. `files` holds every file by its path inside the package, as text."""

    name: str
    workflow: Workflow
    files: Mapping[str, str]
