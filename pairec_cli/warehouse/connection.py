"""A DuckDB connection that behaves as MaxCompute does, and touches no file outside the warehouse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pairec_cli.warehouse.layout import Layout
from pairec_cli.warehouse.maxcompute.functions import macros
from pairec_cli.warehouse.maxcompute.values import string
from pairec_cli.warehouse.staging import staging_folder

_MEMORY_SHARE = 0.6
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def default_memory_limit() -> str:
    """About 60 % of the memory that this process may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUP_LIMITS:
        text = path.read_text().strip() if path.is_file() else ""
        if text.isdigit():
            total = min(total, int(text))
    return f"{int(total * _MEMORY_SHARE / 2**20)}MiB"


def cpu_count() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_connection(
    layout: Layout,
    *,
    threads: int,
    memory_limit: str | None,
    temp_directory: Path | None,
    timezone: str,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose spill files lie in a folder of its own in `temp_directory` (staging when None)."""
    with ExitStack() as stack:
        if temp_directory is None:
            spill = stack.enter_context(staging_folder(layout)) / "spill"
        else:
            # One folder per engine: the names of spill files would clash.
            temp_directory.mkdir(parents=True, exist_ok=True)
            spill = Path(stack.enter_context(TemporaryDirectory(prefix="sql-", dir=temp_directory)))
        connection = duckdb.connect(
            config={
                "threads": threads,
                "memory_limit": memory_limit or default_memory_limit(),
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        try:
            connection.execute("; ".join(macros(timezone)))
            connection.execute("SET python_enable_replacements = false")
            connection.execute("SET error_on_division_by_zero = false")
            connection.execute(f"SET allowed_directories = [{string(str(layout.root))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection
        finally:
            connection.close()
