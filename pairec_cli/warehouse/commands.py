"""What a PAI command or a statement is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.warehouse.script import Statement
from pairec_cli.warehouse.store import Warehouse

Log = Callable[[str], None]


@dataclass(frozen=True)
class CommandContext:
    """Where a PAI command runs. Unqualified tables belong to `project`; what it writes has `fingerprint`."""

    warehouse: Warehouse
    project: str
    parameters: Mapping[str, str]
    fingerprint: str | None
    log: Log
    threads: int
    line: int


CommandRunner = Callable[[PaiCommand, CommandContext], "list[Partition] | None"]
"""Runs one PAI command and returns the partitions that it wrote."""


@dataclass(frozen=True)
class StatementResult:
    """One statement that ran: rows returned or written, and the partitions written."""

    statement: Statement
    rows: int | None = None
    written: tuple[Partition, ...] = ()
    seconds: float = 0.0
