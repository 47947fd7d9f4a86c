"""PyODPS 3 nodes, run as they are, with DataWorks' globals `o` and `args` over the local stores.

Only the part of PyODPS and of the FeatureStore SDK that such nodes use exists; anything else is an
AttributeError with its name, which fails the node.
"""

from __future__ import annotations

import io
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import Any

import pyarrow as pa

from pairec_cli.domain.errors import InvalidInput, NodeFailed, PairecError
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.streaming import PartitionStream
from pairec_cli.workflow.feature_store import feature_store_modules
from pairec_cli.workflow.workspace import Workspace

Log = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """Where a cloud script finds its credentials; there are none here."""

    access_id: str = "local"
    secret_access_key: str = "local"


class LocalOdps:
    """`o`: MaxCompute's entry object, over the local warehouse."""

    def __init__(self, workspace: Workspace, project: str, log: Log) -> None:
        self.account = Account()
        self.project = project
        self._workspace, self._log = workspace, log
        self.rows_written = 0

    def create_table(
        self,
        name: str,
        schema: str | tuple[str, str],
        *,
        comment: str = "",
        if_not_exists: bool = False,
        lifecycle: int | None = None,
    ) -> LocalTable:
        """`schema` is PyODPS' text form: columns, or (columns, partitions), as `name type, …`."""
        columns, partitions = (schema, "") if isinstance(schema, str) else schema
        table = TableName.parse(name, self.project)
        if self._workspace.warehouse.ledger.schema(table) is None or not if_not_exists:
            partition = _columns(partitions)[0].name if partitions else None
            self._workspace.warehouse.create_table(TableSchema(table, _columns(columns), partition, comment))
        return LocalTable(self, table)

    def exist_table(self, name: str) -> bool:
        return self._workspace.warehouse.ledger.schema(TableName.parse(name, self.project)) is not None

    def get_table(self, name: str) -> LocalTable:
        return LocalTable(self, TableName.parse(name, self.project))

    def execute_sql(self, text: str) -> None:
        self._workspace.sql.run_script(
            text, parameters={}, project=self.project, fingerprint=None, command=None, log=self._log
        )

    def count(self, rows: int) -> None:
        """Rows that the script wrote or published."""
        self.rows_written += rows

    def stream(self, table: TableName, ds: str) -> PartitionStream:
        return PartitionStream(self._workspace.warehouse, table, ds)


@dataclass(frozen=True)
class LocalTable:
    """A table that a script writes."""

    odps: LocalOdps
    name: TableName

    def open_writer(
        self,
        partition: str = "",
        *,
        create_partition: bool = False,
        overwrite: bool = True,
        arrow: bool = True,
    ) -> PartitionWriter:
        """A writer of one partition, `ds=YYYYMMDD`. Only whole overwrites with Arrow data are offered."""
        if not (overwrite and arrow):
            raise InvalidInput("open_writer runs here with overwrite=True and arrow=True only")
        match = re.fullmatch(r"ds='?(\d{8})'?", partition.strip())
        if not match:
            raise InvalidInput(f"partition {partition!r} is not ds=YYYYMMDD")
        return PartitionWriter(self, match.group(1))


class PartitionWriter:
    """Streams what is written; the partition appears whole when the block ends without an error."""

    def __init__(self, table: LocalTable, ds: str) -> None:
        self._odps = table.odps
        self._stream = table.odps.stream(table.name, ds)

    def write(self, data: pa.Table | pa.RecordBatch) -> None:
        self._stream.write(data)

    def __enter__(self) -> PartitionWriter:
        self._stream.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.__exit__(kind, error, trace)
        if kind is None:
            self._odps.count(self._stream.partition.rows)


def run_pyodps(
    script: str,
    name: str,
    *,
    workspace: Workspace,
    project: str,
    parameters: Mapping[str, str],
    log: Log,
) -> int:
    """Run a PyODPS 3 script; what it prints goes to the log. Returns rows written.

    Raises NodeFailed with the line of the script that failed.
    """
    odps = LocalOdps(workspace, project, log)
    modules = feature_store_modules(workspace, project, odps.count)
    scope: dict[str, Any] = {"__name__": "__main__", "o": odps, "odps": odps, "args": dict(parameters)}
    output = LogLines(log)
    filename = f"{name}.py"
    try:
        with redirect_stdout(output), _modules(modules):
            # The node's own script is the program: running it is what a PyODPS node is for.
            exec(compile(script, filename, "exec"), scope)  # noqa: S102
    except SyntaxError as error:
        raise NodeFailed(f"{filename} line {error.lineno}: {error.msg}") from error
    except SystemExit as error:
        if error.code not in (None, 0):
            raise NodeFailed(f"{filename}{_line(error, filename)}: exit {error.code}") from error
    except PairecError:
        raise
    except Exception as error:
        raise NodeFailed(f"{filename}{_line(error, filename)}: {type(error).__name__}: {error}") from error
    finally:
        output.end()
    return odps.rows_written


class LogLines(io.TextIOBase):
    """What a script prints, line by line to the log, as it prints it."""

    def __init__(self, log: Log) -> None:
        self._log, self._open = log, ""

    def write(self, text: str) -> int:
        *lines, self._open = (self._open + text).split("\n")
        for line in lines:
            self._log(line)
        return len(text)

    def end(self) -> None:
        """Log a last line that was not closed."""
        if self._open:
            self.write("\n")


def _line(error: BaseException, filename: str) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    return f" line {frames[-1].lineno}" if frames else ""


@contextmanager
def _modules(modules: Mapping[str, ModuleType]) -> Iterator[None]:
    """Let `import` find these modules, for the time of one script."""
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _columns(text: str) -> tuple[Column, ...]:
    found = []
    for part in text.split(","):
        name, _, kind = part.strip().partition(" ")
        if not name or not kind:
            raise InvalidInput(f"cannot read the column {part.strip()!r}; write `name type`")
        found.append(Column(name, kind.strip().upper()))
    return tuple(found)
