"""An instance and what it holds: registered tables, scenarios, solutions and their versions.

Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pairec_cli.domain.tables import TableName, TableRole


class ServiceType(StrEnum):
    """Edition of an instance. Only Premium includes data diagnostics and custom solutions."""

    PREMIUM = "premium"
    STANDARD = "standard"


@dataclass(frozen=True)
class ResourceBindings:
    """The cloud resources an instance is bound to, by name; locally each is a folder or a database."""

    pai_workspace: str
    dataworks_workspace: str
    maxcompute_project: str
    oss_bucket: str
    featurestore_project: str
    featurestore_recall: bool = True
    featurestore_feature_query: bool = True


@dataclass(frozen=True)
class Instance:
    """`initialised` turns true when every bound resource has been created."""

    name: str
    region: str
    service_type: ServiceType
    timezone: str
    created_at: float
    bindings: ResourceBindings
    initialised: bool = False


@dataclass(frozen=True)
class RegisteredTable:
    """A table that solutions may choose. `report` is the check's result, JSON-like."""

    instance: str
    display_name: str
    table: TableName
    role: TableRole
    registered_at: float
    report: Mapping[str, Any] = field(default_factory=dict)


DEFAULT_TRAFFIC_CODES = ("PAI-REC", "selfhold", "thirdparty")
"""PAI-Rec's own traffic, the customer's own system, and another vendor's."""


@dataclass(frozen=True)
class Scenario:
    """A place where recommendations are shown. Clients log one of `traffic_codes` with each exposure."""

    instance: str
    name: str
    description: str
    traffic_codes: tuple[str, ...]
    created_at: float


@dataclass(frozen=True)
class SolutionVersion:
    """One saved state of a solution's document, as its author wrote it; numbers count from 1."""

    instance: str
    solution: str
    number: int
    document: str
    fingerprint: str
    created_at: float
    comment: str = ""


@dataclass(frozen=True)
class SolutionRecord:
    """A solution's name and place, with its newest version."""

    instance: str
    name: str
    scenario: str
    created_at: float
    latest: SolutionVersion
