"""The control plane: one database, one repository per aggregate."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from sqlalchemy import URL

from pairec_cli.control.backfills import Backfills
from pairec_cli.control.connections import Database, parse, sqlite_file, sqlite_path
from pairec_cli.control.deployments import Deployments
from pairec_cli.control.instances import Instances
from pairec_cli.control.ledger import ControlLedger
from pairec_cli.control.migration import bring_up_to_date
from pairec_cli.control.nodes import DeployedNodes
from pairec_cli.control.runs import Runs
from pairec_cli.control.scenarios import Scenarios
from pairec_cli.control.settings import Settings
from pairec_cli.control.solutions import Solutions
from pairec_cli.control.tables import RegisteredTables
from pairec_cli.domain.errors import WorkspaceError

URL_VARIABLE = "PAIREC_DB_URL"


class Control:
    """Repositories over one database. Close it, or use it in a `with`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.settings = Settings(database)
        self.instances = Instances(database, self.settings)
        self.tables = RegisteredTables(database)
        self.scenarios = Scenarios(database)
        self.solutions = Solutions(database, self.settings)
        self.deployments = Deployments(database)
        self.nodes = DeployedNodes(database)
        self.ledger = ControlLedger(database)
        self.runs = Runs(database)
        self.backfills = Backfills(database, self.runs)

    @classmethod
    def open(cls, place: Path | str) -> Control:
        """Open what exists, upgrading it when an older pairec wrote it.

        A path is the workspace's own file, unless PAIREC_DB_URL names a database; `…://…` is such an address.
        Raises WorkspaceError when it is missing, written by a newer pairec, or unreadable.
        """
        url = address(place)
        path = sqlite_path(url)
        if path is not None and not path.is_file():
            raise WorkspaceError(f"there is no control plane at {path}", hint="pairec init")
        return cls._connected(url)

    @classmethod
    def create(cls, place: Path | str) -> Control:
        """Open it, making it first where there is none. `place` and errors as for `open`."""
        url = address(place)
        path = sqlite_path(url)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        return cls._connected(url)

    @classmethod
    def _connected(cls, url: URL) -> Control:
        database = Database(url)
        try:
            bring_up_to_date(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Control:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def address(place: Path | str) -> URL:
    """`place` itself when it is an address, else PAIREC_DB_URL when set, else SQLite at that path."""
    if isinstance(place, str) and "://" in place:
        return parse(place)
    named = os.environ.get(URL_VARIABLE)
    return parse(named) if named else sqlite_file(Path(place))
