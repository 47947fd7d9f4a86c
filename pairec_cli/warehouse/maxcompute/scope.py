"""Which names an expression can see, and what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from pairec_cli.domain.errors import SqlError, nearest
from pairec_cli.warehouse.maxcompute.values import Value, quote
from pairec_cli.warehouse.types import MaxComputeType

Columns = Sequence[tuple[str, MaxComputeType]]


@dataclass(frozen=True)
class Source:
    """One thing in FROM: its alias and columns. `project` is set for a table that is read by its own name."""

    name: str
    columns: Columns
    project: str | None = None

    def find(self, column: str) -> Value | None:
        for name, kind in self.columns:
            if name.lower() == column.lower():
                return Value(f"{quote(self.name)}.{quote(name)}", kind)
        return None


@dataclass
class Scope:
    """The sources of one SELECT, then those of the queries around it. `aliases` are its own output names."""

    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    aliases: dict[str, Value] = field(default_factory=dict)
    merged: dict[str, Value] = field(default_factory=dict)
    """Columns that JOIN … USING made one."""

    def column(self, node: exp.Column, line: int | None = None) -> Value:
        """Raises SqlError for a name that no source has, or that several have."""
        name, table = node.name, node.table
        found = self._find(name, table, node.text("db"))
        if len(found) > 1:
            raise SqlError(f"column {name} is ambiguous", line=line, hint=f"write table.{name}")
        if found:
            return found[0]
        if self.parent is not None:
            return self.parent.column(node, line)
        raise self._unknown(name, table, line)

    def _find(self, name: str, table: str, project: str) -> list[Value]:
        if not table and name.lower() in self.merged:
            return [self.merged[name.lower()]]
        sources = [
            source
            for source in self.sources
            if not table
            or (source.name.lower() == table.lower() and (not project or project == source.project))
        ]
        return [value for source in sources if (value := source.find(name)) is not None]

    def _unknown(self, name: str, table: str, line: int | None) -> SqlError:
        names = [source.name for source in self.sources]
        if table and table.lower() not in [known.lower() for known in names]:
            return SqlError(f"{table}.{name}: nothing is called {table} here", line=line, hint=_list(names))
        known = [
            column
            for source in self.sources
            if not table or source.name.lower() == table.lower()
            for column, _ in source.columns
        ]
        close = nearest(name, known)
        guess = f"; did you mean {close}?" if close else ""
        return SqlError(f"column {name} does not exist{guess}", line=line, hint=_list(known))


def _list(names: Sequence[str]) -> str | None:
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"known: {shown}" if names else None
