"""What the offline use cases need of an opened workspace. `project.Project` is one."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pairec_cli.control.database import Control
from pairec_cli.domain.instance import Instance
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.store import Warehouse


class Workspace(Protocol):
    """Stores and folders of one workspace; nothing here does work."""

    @property
    def home(self) -> Path: ...

    @property
    def control(self) -> Control: ...

    @property
    def warehouse(self) -> Warehouse: ...

    @property
    def sql(self) -> DuckDBEngine: ...

    @property
    def featuredb(self) -> FeatureDB: ...

    @property
    def instance(self) -> Instance: ...

    @property
    def engine_path(self) -> Path: ...

    @property
    def models(self) -> Path: ...

    @property
    def logs(self) -> Path: ...

    @property
    def unfinished_quickstart(self) -> Path: ...

    def oss(self, bucket: str) -> Path: ...

    def dataworks(self, workspace: str) -> Path: ...
