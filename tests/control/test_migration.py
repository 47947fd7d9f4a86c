"""Migrations: they make exactly the schema, once, whole, quietly, and never on a newer database."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from pairec_cli.control import migration
from pairec_cli.control.database import Control
from pairec_cli.control.schema import HEAD, metadata


def structure(path: Path) -> dict[str, list[str]]:
    """Every table and index with the words of the SQL that made it; clauses may come in another order."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    ours = {name: sql for name, sql in rows if name not in ("alembic_version", "sqlite_sequence")}
    return {name: sorted(re.findall(r"[\w'=]+", sql)) for name, sql in ours.items()}


def test_migrations_make_what_the_schema_says(empty: Control, path: Path, tmp_path: Path) -> None:
    by_schema = create_engine(f"sqlite:///{tmp_path / 'schema.db'}")
    metadata.create_all(by_schema)
    by_schema.dispose()
    assert structure(path) == structure(tmp_path / "schema.db")


def test_alembic_finds_no_difference(empty: Control, path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
    engine.dispose()


def test_head_is_the_newest_script() -> None:
    assert ScriptDirectory(str(migration.MIGRATIONS)).get_heads() == [HEAD]
