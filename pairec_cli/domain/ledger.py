"""The ledger of partitions: a partition exists when the ledger says so, never because a file lies there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pairec_cli.domain.tables import TableName, TableSchema


@dataclass(frozen=True)
class Partition:
    """One written partition. `ds` is "" for a table without partitions; `files` are names inside its folder.

    `fingerprint` stands for the content: of the file bytes for data that came from outside, of the script and
    the inputs' fingerprints for data that a node made. Equal fingerprints mean equal content.
    """

    table: TableName
    ds: str
    files: tuple[str, ...]
    rows: int
    bytes: int
    fingerprint: str
    written_at: float


class Ledger(Protocol):
    """What the warehouse needs from the control plane. Every method is one transaction."""

    def schema(self, table: TableName) -> TableSchema | None: ...

    def schemas(self, project: str | None = None) -> list[TableSchema]: ...

    def create_table(self, schema: TableSchema) -> None:
        """Raises AlreadyExists when the table exists with other columns; equal columns are no change."""
        ...

    def drop_table(self, table: TableName) -> None: ...

    def partitions(self, table: TableName) -> dict[str, Partition]:
        """ds → partition, ascending."""
        ...

    def record(self, partitions: Sequence[Partition]) -> list[Partition]:
        """Put all of them in place at once; returns those they replaced."""
        ...

    def remove(self, table: TableName, days: Sequence[str]) -> list[Partition]:
        """Forget partitions; returns what was removed."""
        ...
