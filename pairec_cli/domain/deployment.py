"""Deployment records, and what is deployed: nodes and files. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pairec_cli.domain.package import Recurrence


@dataclass(frozen=True, order=True)
class WorkflowName:
    """A workflow within its DataWorks workspace."""

    workspace: str
    workflow: str

    def __str__(self) -> str:
        return f"{self.workspace}/{self.workflow}"


class DeploymentStatus(StrEnum):
    """generating → generated → deploying → success; each step may fail, a package may be deployed again."""

    GENERATING = "generating"
    GENERATED = "generated"
    DEPLOYING = "deploying"
    SUCCESS = "success"
    FAILED = "failed"

    @property
    def in_progress(self) -> bool:
        return self in (DeploymentStatus.GENERATING, DeploymentStatus.DEPLOYING)


@dataclass(frozen=True)
class Deployment:
    """One deployment record. `solution` and `version` are None for a package imported by its address.

    `package` is its `oss://…` address, None until generated; `log` a path; `selected_files` the files chosen
    in the preview, empty until deployed.
    """

    id: int
    instance: str
    solution: str | None
    version: int | None
    status: DeploymentStatus
    created_at: float
    finished_at: float | None = None
    package: str | None = None
    package_fingerprint: str | None = None
    log: str | None = None
    message: str = ""
    selected_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeployedNode:
    """A node as it stands in DataWorks. `declared` is what its package said, `recurrence` what holds now."""

    workflow: WorkflowName
    name: str
    recurrence: Recurrence
    declared: Recurrence
    deployed_at: float
    deployment: int | None = None

    @property
    def frozen(self) -> bool:
        return self.recurrence is Recurrence.PAUSE


@dataclass(frozen=True)
class DeployedFile:
    """The text a file was last deployed with: what stands on disk and differs from it was edited by hand."""

    path: str
    text: str
    deployment: int | None
    deployed_at: float
