"""The control plane's tables. Migrations must produce exactly these; a test compares them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD = "0001"
"""The newest migration: what a database must stand at."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

settings = Table(
    "settings",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)

instances = Table(
    "instances",
    metadata,
    Column("name", String, primary_key=True),
    Column("region", String, nullable=False),
    Column("service_type", String, nullable=False),
    Column("timezone", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("initialised", Boolean, nullable=False),
    Column("pai_workspace", String, nullable=False),
    Column("dataworks_workspace", String, nullable=False),
    Column("maxcompute_project", String, nullable=False),
    Column("oss_bucket", String, nullable=False),
    Column("featurestore_project", String, nullable=False),
    Column("featurestore_recall", Boolean, nullable=False),
    Column("featurestore_feature_query", Boolean, nullable=False),
)


def _instance(*, primary_key: bool = False) -> Column[str]:
    owner = ForeignKey("instances.name", ondelete="CASCADE")
    return Column("instance", String, owner, nullable=False, primary_key=primary_key)


registered_tables = Table(
    "registered_tables",
    metadata,
    _instance(primary_key=True),
    Column("display_name", String, primary_key=True),
    Column("project", String, nullable=False),
    Column("table_name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("registered_at", Double, nullable=False),
    Column("report", JSON, nullable=False),
    UniqueConstraint("instance", "project", "table_name"),
)

scenarios = Table(
    "scenarios",
    metadata,
    _instance(primary_key=True),
    Column("name", String, primary_key=True),
    Column("description", Text, nullable=False),
    Column("traffic_codes", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
)

solutions = Table(
    "solutions",
    metadata,
    Column("instance", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("created_at", Double, nullable=False),
    ForeignKeyConstraint(
        ["instance", "scenario"], ["scenarios.instance", "scenarios.name"], ondelete="CASCADE"
    ),
)

solution_versions = Table(
    "solution_versions",
    metadata,
    Column("instance", String, primary_key=True),
    Column("solution", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("comment", Text, nullable=False),
    ForeignKeyConstraint(
        ["instance", "solution"], ["solutions.instance", "solutions.name"], ondelete="CASCADE"
    ),
)

deployments = Table(
    "deployments",
    metadata,
    Column("id", Integer, primary_key=True),
    _instance(),
    Column("solution", String),
    Column("version", Integer),
    Column("status", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("package", String),
    Column("package_fingerprint", String),
    Column("log", String),
    Column("message", Text, nullable=False),
    Column("selected_files", JSON, nullable=False),
    Column("pid", Integer),
    Column("birth", String),
    # A NULL in the pair (an imported package) leaves the constraint out, as SQL's MATCH SIMPLE says.
    ForeignKeyConstraint(
        ["instance", "solution", "version"],
        ["solution_versions.instance", "solution_versions.solution", "solution_versions.number"],
        ondelete="CASCADE",
    ),
    Index(None, "instance", "solution"),
    sqlite_autoincrement=True,
)


def _deployment() -> Column[int]:
    return Column("deployment", Integer, ForeignKey("deployments.id", ondelete="SET NULL"), index=True)


deployed_nodes = Table(
    "deployed_nodes",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("workflow", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("recurrence", String, nullable=False),
    Column("declared", String, nullable=False),
    Column("deployed_at", Double, nullable=False),
    _deployment(),
)

deployed_files = Table(
    "deployed_files",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("workflow", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("deployed_at", Double, nullable=False),
    _deployment(),
)

table_schemas = Table(
    "table_schemas",
    metadata,
    Column("project", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("columns", JSON, nullable=False),
    Column("partition_column", String),
    Column("comment", Text, nullable=False),
)

partitions = Table(
    "partitions",
    metadata,
    Column("project", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("ds", String, primary_key=True),
    Column("files", JSON, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("written_at", Double, nullable=False),
    ForeignKeyConstraint(
        ["project", "table_name"], ["table_schemas.project", "table_schemas.table_name"], ondelete="CASCADE"
    ),
)

_running = text("state = 'running'")

backfills = Table(
    "backfills",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace", String, nullable=False),
    Column("workflow", String, nullable=False),
    Column("solution", String, nullable=False),
    Column("first_ds", String, nullable=False),
    Column("last_ds", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("pid", Integer),
    Column("birth", String),
    Column("carried_at", Double, nullable=False),
    # One active backfill per workflow holds in the database itself, whoever writes to it.
    Index(
        "uq_backfills_running",
        "workspace",
        "workflow",
        unique=True,
        sqlite_where=_running,
        postgresql_where=_running,
    ),
    Index(None, "workspace", "workflow", "id"),
    sqlite_autoincrement=True,
)

backfill_tasks = Table(
    "backfill_tasks",
    metadata,
    Column("backfill", Integer, ForeignKey("backfills.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("node", String, nullable=False),
    Column("days", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("backfill", "node"),
)

node_runs = Table(
    "node_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace", String, nullable=False),
    Column("workflow", String, nullable=False),
    Column("node", String, nullable=False),
    Column("ds", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("script_fingerprint", String, nullable=False),
    Column("input_fingerprint", String, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("rows", BigInteger),
    Column("log", String),
    Column("pid", Integer),
    Column("birth", String),
    Column("backfill", Integer, ForeignKey("backfills.id", ondelete="SET NULL"), index=True),
    Index(None, "workspace", "workflow", "node", "ds", "id"),
    Index(
        "uq_node_runs_running",
        "workspace",
        "workflow",
        "node",
        "ds",
        unique=True,
        sqlite_where=_running,
        postgresql_where=_running,
    ),
    sqlite_autoincrement=True,
)
