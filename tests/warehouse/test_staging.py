"""Atomic writes: a writer that dies at any step leaves the old partition or the new one, never a half."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse import staging
from pairec_cli.warehouse.layout import Layout
from pairec_cli.warehouse.staging import Staged, commit, staging_folder
from pairec_cli.warehouse.store import Warehouse

A, B = TableName("p", "a"), TableName("p", "b")


class Died(BaseException):
    """Stands for kill -9: nothing of ours catches it on purpose."""


@pytest.fixture
def tables(warehouse: Warehouse) -> Warehouse:
    for name in (A, B):
        warehouse.create_table(TableSchema(name, (Column("x", "BIGINT"),)))
        warehouse.write(name, "20260101", values(0))
    return warehouse


def values(x: int) -> pa.Table:
    return pa.table({"x": [x]})


def content(warehouse: Warehouse) -> tuple[list[int], list[int]]:
    return tuple(warehouse.read(name).column("x").to_pylist() for name in (A, B))  # type: ignore[return-value]  # two names


def orphans(warehouse: Warehouse) -> set[Path]:
    named = {path for name in (A, B) for path in warehouse.files(name)}
    return set(warehouse.layout.root.rglob("*.parquet")) - named


class Countdown:
    """Lets `steps` calls through, then dies; after that it lets everything through again."""

    def __init__(self, steps: int) -> None:
        self.steps, self.died = steps, False

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if not self.died and self.steps == 0:
                self.died = True
                raise Died
            self.steps -= 1
            return function(*args, **kwargs)

        return wrapped


def break_every_step(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse, countdown: Countdown) -> None:
    """Every change to disk or ledger counts as one step."""
    monkeypatch.setattr(Path, "rename", countdown.wrap(Path.rename))
    monkeypatch.setattr(Path, "unlink", countdown.wrap(Path.unlink))
    monkeypatch.setattr(Path, "mkdir", countdown.wrap(Path.mkdir))
    monkeypatch.setattr(staging, "remove_unnamed", countdown.wrap(staging.remove_unnamed))
    monkeypatch.setattr(warehouse.ledger, "record", countdown.wrap(warehouse.ledger.record))


@pytest.mark.parametrize("steps", range(16))
def test_dying_at_any_step(tables: Warehouse, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    countdown = Countdown(steps)
    with monkeypatch.context() as patch:
        break_every_step(patch, tables, countdown)
        with contextlib.suppress(Died):
            tables.write_many([(A, "20260101", values(1)), (B, "20260101", values(1))])
    assert content(tables) in (([0], [0]), ([1], [1])), "both tables change together"
    tables.write_many([(A, "20260101", values(2)), (B, "20260101", values(2))])
    assert content(tables) == ([2], [2])
    assert orphans(tables) == set(), "the next writer removed what the dead one left"
    assert list(tables.layout.staging.iterdir()) == []


def test_the_steps_above_reach_past_the_end(tables: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """If writes grow longer than the range above, this fails and the range must grow."""
    countdown = Countdown(15)
    with monkeypatch.context() as patch:
        break_every_step(patch, tables, countdown)
        tables.write_many([(A, "20260101", values(1)), (B, "20260101", values(1))])
    assert not countdown.died


KILLED = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.store import Warehouse
from tests.warehouse.ledger import MemoryLedger

warehouse = Warehouse(Path(sys.argv[1]), MemoryLedger())
table = TableName("p", "a")
warehouse.create_table(TableSchema(table, (Column("x", "BIGINT"),)))

def batches():
    yield pa.table({"x": [1]})
    os.kill(os.getpid(), signal.SIGKILL)

warehouse.write_batches(table, "20260101", batches())
"""


def test_a_killed_writers_files_are_removed_by_the_next(tables: Warehouse) -> None:
    root = str(tables.layout.root)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), root], check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list(tables.layout.staging.rglob("*.parquet"))) == 1
    tables.write(A, "20260102", values(5))
    assert list(tables.layout.staging.iterdir()) == []
    assert orphans(tables) == set()


def test_a_living_writers_folder_is_left_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with staging_folder(layout) as first:
        (first / "a").write_text("mine")
        with staging_folder(layout) as second:
            assert first != second
            assert (first / "a").exists()
        assert not second.exists()
    assert list(layout.staging.iterdir()) == []


def test_appending_joins_files_and_fingerprints(tables: Warehouse) -> None:
    old = tables.partitions(A)["20260101"]
    with staging_folder(tables.layout) as folder:
        path = folder / "x.parquet"
        path.write_bytes(b"1234")
        (new,) = commit(
            tables.layout, tables.ledger, [Staged(A, "20260101", (path,), 7, "f", append=True)], 0.0
        )
    assert new.files[: len(old.files)] == old.files
    assert (new.rows, new.bytes) == (old.rows + 7, old.bytes + 4)
    assert new.fingerprint not in ("f", old.fingerprint)


def test_a_reader_looks_again_when_a_file_was_replaced(
    tables: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = tables.dated_files
    answers = [[("20260101", tables.layout.root / "gone.parquet")], honest(A)]
    monkeypatch.setattr(tables, "dated_files", lambda *args: answers.pop(0))
    assert tables.read(A).column("x").to_pylist() == [0]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_locks_are_released(tables: Warehouse) -> None:
    tables.write(A, "20260101", values(0))
    before = open_files()
    for x in range(5):
        tables.write(A, "20260101", values(x))
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
