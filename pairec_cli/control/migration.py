"""Brings a database to the newest revision. Alembic is imported only when there is something to do."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pairec_cli.control.connections import Database
from pairec_cli.control.schema import HEAD
from pairec_cli.domain.errors import WorkspaceError

MIGRATIONS = Path(__file__).with_name("migrations")


def revision(connection: Connection) -> str | None:
    """The revision the database stands at; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def bring_up_to_date(database: Database) -> None:
    """Upgrade in one transaction; a killed upgrade leaves the database as it was.

    Raises WorkspaceError when the database was written by a newer pairec.
    """
    with database.read() as connection:
        if revision(connection) == HEAD:
            return
    with database.write() as connection:
        # Read again under the write lock: another process may have upgraded meanwhile.
        if revision(connection) != HEAD:
            _upgrade(connection, database.url)


def _upgrade(connection: Connection, url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    now = revision(connection)
    if now is not None and now not in known:
        raise WorkspaceError(
            f"{url} was written by a newer pairec (revision {now}, this one knows {HEAD})",
            hint="upgrade pairec, or use another workspace with --home",
        )
    command.upgrade(config, "head")
