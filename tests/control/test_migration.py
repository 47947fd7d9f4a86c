"""Migrations: they make exactly the schema, once, whole, quietly, and never touch a newer database."""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from pairec_cli.control import migration
from pairec_cli.control.database import Control
from pairec_cli.control.schema import HEAD, metadata
from pairec_cli.domain.errors import WorkspaceError

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("added", sa.Column("id", sa.Integer(), primary_key=True))
    {more}
"""


def structure(path: Path) -> dict[str, list[str]]:
    """Every table and index with the words of the SQL that made it; clauses may come in another order."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    ours = {name: sql for name, sql in rows if name not in ("alembic_version", "sqlite_sequence")}
    return {name: sorted(re.findall(r"[\w'=]+", sql)) for name, sql in ours.items()}


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pairec with one migration more; returns the migration's file."""
    folder = tmp_path / "migrations"
    shutil.copytree(migration.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    script = folder / "versions" / "next.py"
    script.write_text(NEXT.format(head=HEAD, more=""))
    monkeypatch.setattr(migration, "MIGRATIONS", folder)
    monkeypatch.setattr(migration, "HEAD", "next")
    return script


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


def test_an_older_database_is_upgraded(path: Path, request: pytest.FixtureRequest) -> None:
    with Control.create(path) as control:
        control.settings.set("a", "kept")
    request.getfixturevalue("newer")
    with Control.open(path) as control:
        assert control.settings.get("a") == "kept"
    assert "added" in structure(path)


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    path: Path, request: pytest.FixtureRequest
) -> None:
    Control.create(path).close()
    before = structure(path)
    script: Path = request.getfixturevalue("newer")
    script.write_text(NEXT.format(head=HEAD, more='op.execute("SELECT a FROM nowhere")'))
    with pytest.raises(WorkspaceError, match="no such table: nowhere"):
        Control.open(path)
    assert structure(path) == before


def test_a_newer_database_is_left_alone(path: Path) -> None:
    Control.create(path).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    for door in (Control.open, Control.create):
        with pytest.raises(WorkspaceError, match=r"newer pairec \(revision 9999"):
            door(path)


def test_upgrades_say_nothing(
    path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        Control.create(path).close()
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_opening_what_is_up_to_date_imports_no_alembic(empty: Control, path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pairec_cli.control.database import Control\n"
        "Control.open(Path(sys.argv[1])).close(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)]).returncode == 0
