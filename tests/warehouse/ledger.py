"""A ledger in memory, with the contract of the real one."""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.errors import AlreadyExists
from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.tables import TableName, TableSchema


class MemoryLedger:
    def __init__(self) -> None:
        self.tables: dict[TableName, TableSchema] = {}
        self.parts: dict[tuple[TableName, str], Partition] = {}
        self.transactions = 0

    def schema(self, table: TableName) -> TableSchema | None:
        return self.tables.get(table)

    def schemas(self, project: str | None = None) -> list[TableSchema]:
        return [s for name, s in sorted(self.tables.items()) if project in (None, name.project)]

    def create_table(self, schema: TableSchema) -> None:
        known = self.tables.get(schema.name)
        if known is None:
            self.tables[schema.name] = schema
        elif [(c.name, c.type) for c in known.columns] != [(c.name, c.type) for c in schema.columns]:
            raise AlreadyExists(f"table {schema.name} exists with other columns")

    def drop_table(self, table: TableName) -> None:
        del self.tables[table]
        self.parts = {key: part for key, part in self.parts.items() if key[0] != table}

    def partitions(self, table: TableName) -> dict[str, Partition]:
        found = sorted((ds, part) for (name, ds), part in self.parts.items() if name == table)
        return dict(found)

    def record(self, partitions: Sequence[Partition]) -> list[Partition]:
        keys = [(part.table, part.ds) for part in partitions]
        replaced = [self.parts[key] for key in keys if key in self.parts]
        self.parts.update(zip(keys, partitions, strict=True))
        self.transactions += 1
        return replaced

    def remove(self, table: TableName, days: Sequence[str]) -> list[Partition]:
        return [self.parts.pop((table, ds)) for ds in days if (table, ds) in self.parts]
