"""Where the warehouse's files lie. The only module that knows paths."""

from __future__ import annotations

import secrets
from pathlib import Path

from pairec_cli.domain.errors import WorkspaceError
from pairec_cli.domain.tables import TableName

DS_KEY = "ds"
"""The folder key of a partition, whatever the table calls its partition column."""


class Layout:
    """`<root>/<project>/<table>/ds=YYYYMMDD/part-*.parquet`; no ds folder for a table without partitions."""

    def __init__(self, root: Path) -> None:
        """Raises WorkspaceError when the path itself looks like a partition (`a=b`)."""
        self.root = root.absolute()
        if any("=" in part for part in self.root.parts):
            raise WorkspaceError(
                f"{self.root} holds '=', which would read as a partition", hint="choose another folder"
            )

    @property
    def staging(self) -> Path:
        """Where writers build files before they are renamed into place. Same file system as the tables."""
        return self.root / ".staging"

    @property
    def commit_lock(self) -> Path:
        """Held while files are renamed into place and the ledger is told."""
        return self.root / ".commit.lock"

    def table(self, table: TableName) -> Path:
        return self.root / table.project / table.table

    def partition(self, table: TableName, ds: str) -> Path:
        """The folder of a partition; the table's own folder when ds is ""."""
        folder = self.table(table)
        return folder / f"{DS_KEY}={ds}" if ds else folder

    def fresh_name(self) -> str:
        """A file name that no version of any partition has used."""
        return f"part-{secrets.token_hex(6)}.parquet"

    def partition_folders(self, table: TableName) -> dict[str, Path]:
        """ds → folder, as found on disk (the ledger may know fewer or more)."""
        folder = self.table(table)
        found = {path.name.removeprefix(f"{DS_KEY}="): path for path in folder.glob(f"{DS_KEY}=*")}
        if any(folder.glob("part-*.parquet")):
            found[""] = folder
        return found

    def tables(self) -> list[TableName]:
        """Every table that has a folder, known to the ledger or not."""
        return sorted(
            TableName(path.parent.name, path.name)
            for path in self.root.glob("*/*")
            if path.is_dir() and not path.parent.name.startswith(".")
        )
