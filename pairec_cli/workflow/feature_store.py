"""PAI-FeatureStore's Python SDK as far as sync nodes use it, over the embedded FeatureDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pairec_cli.domain.errors import DataError, InvalidInput
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow.workspace import Workspace

Count = Callable[[int], None]


@dataclass(frozen=True)
class MaxComputeDataSource:
    """The offline table behind a feature view."""

    data_source_id: object
    table: str


@dataclass(frozen=True)
class PublishTask:
    """A finished publication; locally it is done when it exists."""

    summary: str

    def wait(self) -> None:
        """Nothing to wait for: publishing is synchronous here."""

    def print_summary(self) -> None:
        print(self.summary)  # noqa: T201  a script's print goes to the node's log


class FeatureView:
    """A batch feature view: one row per key online, copied from one partition of its table."""

    def __init__(
        self, project: FeatureStoreProject, name: str, source: MaxComputeDataSource, key: str
    ) -> None:
        self._project, self.name, self._source, self._key = project, name, source, key

    def publish_table(
        self,
        partitions: Mapping[str, Mapping[str, str]],
        mode: str = "Overwrite",
        config: Mapping[str, Any] | None = None,
    ) -> PublishTask:
        """Put the partition online in place of what is there. A newer day online stays."""
        if mode.lower() != "overwrite":
            raise InvalidInput(f"publish mode {mode!r} is not offered; use Overwrite")
        ds = str(partitions["ds"]["value"])
        columns = tuple((config or {}).get("columns", ()))
        return PublishTask(self._project.publish(self.name, self._source.table, self._key, columns, ds))


class FeatureStoreProject:
    """A FeatureStore project whose offline store is the warehouse and whose online store is FeatureDB."""

    offline_datasource_id = "local"

    def __init__(self, workspace: Workspace, project: str, name: str, count: Count) -> None:
        self.name = name
        self._workspace, self._project, self._count = workspace, project, count

    def get_feature_view(self, name: str) -> FeatureView | None:
        """Always None: views are declared by the script that publishes them, which costs nothing here."""
        return None

    def create_batch_feature_view(
        self,
        name: str,
        datasource: MaxComputeDataSource,
        *,
        online: bool,
        entity: str,
        primary_key: str,
        register: bool = True,
    ) -> FeatureView:
        return FeatureView(self, name, datasource, primary_key)

    def publish(self, view: str, table: str, key: str, columns: tuple[str, ...], ds: str) -> str:
        """Copy one partition online. Raises DataError when the partition or a column is missing."""
        name = TableName.parse(table, self._project)
        partition = self._workspace.warehouse.partitions(name).get(ds)
        if partition is None:
            raise DataError(f"{name} has no partition ds={ds}", hint="pairec backfill run")
        online = {info.name: info for info in self._workspace.featuredb.views()}.get(view)
        if online is not None and online.ds > ds:
            return f"{view}: ds={online.ds} is online and newer than ds={ds}; left as it is"
        known = self._workspace.warehouse.schema(name).column_names
        chosen = columns or tuple(column for column in known if column != key)
        unknown = [column for column in (key, *chosen) if column not in known]
        if unknown:
            raise DataError(f"{name} has no column {unknown[0]!r}; it has {', '.join(known)}")
        data = self._workspace.warehouse.read(name, [ds], [key, *chosen])
        self._count(data.num_rows)
        arrays = [data.column(column).to_pylist() for column in (key, *chosen)]
        self._workspace.featuredb.publish(
            view, key, chosen, zip(*arrays, strict=True), ds=ds, fingerprint=partition.fingerprint
        )
        return f"{view}: {data.num_rows} rows of ds={ds} online"


@dataclass(frozen=True)
class FeatureStoreClient:
    """What `build_feature_store_client` gives."""

    workspace: Workspace
    offline_project: str
    count: Count

    def get_project(self, name: str) -> FeatureStoreProject:
        return FeatureStoreProject(self.workspace, self.offline_project, name, self.count)


def feature_store_modules(workspace: Workspace, project: str, count: Count) -> dict[str, ModuleType]:
    """The modules that a script imports, by name. `count` is told the rows of each publication."""
    root = ModuleType("feature_store_py")
    client = ModuleType("feature_store_py.fs_client")
    source = ModuleType("feature_store_py.fs_datasource")

    def build_feature_store_client(**_credentials: object) -> FeatureStoreClient:
        return FeatureStoreClient(workspace, project, count)

    client.__dict__["build_feature_store_client"] = build_feature_store_client
    source.__dict__["MaxComputeDataSource"] = MaxComputeDataSource
    root.__dict__.update(fs_client=client, fs_datasource=source)
    return {module.__name__: module for module in (root, client, source)}
