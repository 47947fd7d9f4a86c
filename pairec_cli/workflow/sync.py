"""The node that puts tables online: a PyODPS 3 script against PAI-FeatureStore's Python SDK."""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind, Publication
from pairec_cli.domain.solution import Solution

_SCRIPT = """\
# Solution {solution}: publish the day's recall tables and features to FeatureStore project {project}.
# Runs in a PyODPS 3 node: `o` is the MaxCompute entry, `args` holds the scheduling parameters.
from feature_store_py.fs_client import build_feature_store_client
from feature_store_py.fs_datasource import MaxComputeDataSource

# feature view, MaxCompute table, feature entity, primary key, columns that go online
VIEWS = [
{views}
]

day = args["bizdate"]
client = build_feature_store_client(
    access_key_id=o.account.access_id,
    access_key_secret=o.account.secret_access_key,
    region="{region}",
)
project = client.get_project("{project}")
for name, table, entity, key, columns in VIEWS:
    view = project.get_feature_view(name)
    if view is None:
        source = MaxComputeDataSource(data_source_id=project.offline_datasource_id, table=table)
        view = project.create_batch_feature_view(
            name=name, datasource=source, online=True, entity=entity, primary_key=key, register=True
        )
    task = view.publish_table({{"ds": {{"value": day}}}}, mode="Overwrite", config={{"columns": columns}})
    task.wait()
    task.print_summary()
"""


def sync_node(solution: Solution, publications: Sequence[Publication], region: str) -> Node:
    """The node that publishes `publications`, one feature view each."""
    names = TableNames(solution)
    views = "\n".join(
        f"    ({p.view!r}, {p.table!r}, {p.entity!r}, {p.key!r}, {list(p.columns)!r}),".replace("'", '"')
        for p in publications
    )
    script = _SCRIPT.format(
        solution=solution.name,
        project=solution.environment.featurestore_project,
        region=region,
        views=views,
    )
    return Node(
        name=names.sync(),
        kind=NodeKind.PYODPS3,
        script=script,
        inputs=tuple(dict.fromkeys(names.qualified(p.table) for p in publications)),
        parameters={"bizdate": "$[yyyymmdd-1]"},
        description="Publish recall tables and features to the online store",
    )
