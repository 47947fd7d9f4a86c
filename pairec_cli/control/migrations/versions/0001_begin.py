"""The control plane as it began."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _instances()
    _solutions()
    _deployments()
    _nodes()
    _ledger()
    _backfills()
    _runs()


def _instances() -> None:
    op.create_table(
        "settings",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_settings"),
    )
    op.create_table(
        "instances",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("service_type", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("initialised", sa.Boolean(), nullable=False),
        sa.Column("pai_workspace", sa.String(), nullable=False),
        sa.Column("dataworks_workspace", sa.String(), nullable=False),
        sa.Column("maxcompute_project", sa.String(), nullable=False),
        sa.Column("oss_bucket", sa.String(), nullable=False),
        sa.Column("featurestore_project", sa.String(), nullable=False),
        sa.Column("featurestore_recall", sa.Boolean(), nullable=False),
        sa.Column("featurestore_feature_query", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_instances"),
    )
    op.create_table(
        "registered_tables",
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("registered_at", sa.Double(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance"], ["instances.name"], name="fk_registered_tables_instance", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance", "display_name", name="pk_registered_tables"),
        sa.UniqueConstraint(
            "instance", "project", "table_name", name="uq_registered_tables_instance_project_table_name"
        ),
    )
    op.create_table(
        "scenarios",
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("traffic_codes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance"], ["instances.name"], name="fk_scenarios_instance", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance", "name", name="pk_scenarios"),
    )


def _solutions() -> None:
    op.create_table(
        "solutions",
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance", "scenario"],
            ["scenarios.instance", "scenarios.name"],
            name="fk_solutions_instance_scenario",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance", "name", name="pk_solutions"),
    )
    op.create_table(
        "solution_versions",
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("solution", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance", "solution"],
            ["solutions.instance", "solutions.name"],
            name="fk_solution_versions_instance_solution",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance", "solution", "number", name="pk_solution_versions"),
    )


def _deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("solution", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("package", sa.String(), nullable=True),
        sa.Column("package_fingerprint", sa.String(), nullable=True),
        sa.Column("log", sa.String(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("selected_files", sa.JSON(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("birth", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance", "solution", "version"],
            ["solution_versions.instance", "solution_versions.solution", "solution_versions.number"],
            name="fk_deployments_instance_solution_version",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instance"], ["instances.name"], name="fk_deployments_instance", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deployments"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deployments_instance_solution", "deployments", ["instance", "solution"], unique=False)


def _nodes() -> None:
    op.create_table(
        "deployed_nodes",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("recurrence", sa.String(), nullable=False),
        sa.Column("declared", sa.String(), nullable=False),
        sa.Column("deployed_at", sa.Double(), nullable=False),
        sa.Column("deployment", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment"], ["deployments.id"], name="fk_deployed_nodes_deployment", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("workspace", "workflow", "name", name="pk_deployed_nodes"),
    )
    op.create_index("ix_deployed_nodes_deployment", "deployed_nodes", ["deployment"], unique=False)
    op.create_table(
        "deployed_files",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("deployed_at", sa.Double(), nullable=False),
        sa.Column("deployment", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment"], ["deployments.id"], name="fk_deployed_files_deployment", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("workspace", "workflow", "path", name="pk_deployed_files"),
    )
    op.create_index("ix_deployed_files_deployment", "deployed_files", ["deployment"], unique=False)


def _ledger() -> None:
    op.create_table(
        "table_schemas",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("partition_column", sa.String(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("project", "table_name", name="pk_table_schemas"),
    )
    op.create_table(
        "partitions",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("ds", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("written_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project", "table_name"],
            ["table_schemas.project", "table_schemas.table_name"],
            name="fk_partitions_project_table_name",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project", "table_name", "ds", name="pk_partitions"),
    )


def _backfills() -> None:
    op.create_table(
        "backfills",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("solution", sa.String(), nullable=False),
        sa.Column("first_ds", sa.String(), nullable=False),
        sa.Column("last_ds", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("birth", sa.String(), nullable=True),
        sa.Column("carried_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backfills"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_backfills_workspace_workflow_id", "backfills", ["workspace", "workflow", "id"], unique=False
    )
    op.create_index(
        "uq_backfills_running",
        "backfills",
        ["workspace", "workflow"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "backfill_tasks",
        sa.Column("backfill", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["backfill"], ["backfills.id"], name="fk_backfill_tasks_backfill", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("backfill", "position", name="pk_backfill_tasks"),
        sa.UniqueConstraint("backfill", "node", name="uq_backfill_tasks_backfill_node"),
    )


def _runs() -> None:
    op.create_table(
        "node_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("ds", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("script_fingerprint", sa.String(), nullable=False),
        sa.Column("input_fingerprint", sa.String(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("log", sa.String(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("birth", sa.String(), nullable=True),
        sa.Column("backfill", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["backfill"], ["backfills.id"], name="fk_node_runs_backfill", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_node_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_node_runs_backfill", "node_runs", ["backfill"], unique=False)
    op.create_index(
        "ix_node_runs_workspace_workflow_node_ds_id",
        "node_runs",
        ["workspace", "workflow", "node", "ds", "id"],
        unique=False,
    )
    op.create_index(
        "uq_node_runs_running",
        "node_runs",
        ["workspace", "workflow", "node", "ds"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
