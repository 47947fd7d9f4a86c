"""Engines and warehouses for the tests of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.store import Warehouse
from tests.warehouse.ledger import MemoryLedger

Run = Callable[..., list[str]]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", MemoryLedger())


@pytest.fixture
def engine(warehouse: Warehouse) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(warehouse, threads=2) as engine:
        yield engine


@pytest.fixture
def run(engine: DuckDBEngine) -> Run:
    """Run a script in project `p` and return what it logged."""

    def run(script: str, fingerprint: str | None = None, **parameters: str) -> list[str]:
        log: list[str] = []
        engine.run_script(
            script,
            parameters=parameters,
            project="p",
            fingerprint=fingerprint,
            command=None,
            log=log.append,
        )
        return log

    return run


@pytest.fixture
def rows(engine: DuckDBEngine) -> Callable[..., list[tuple[Any, ...]]]:
    """The rows of a query in project `p`, as tuples."""

    def rows(query: str, **parameters: str) -> list[tuple[Any, ...]]:
        table = engine.query(query, parameters=parameters, project="p")
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    return rows


@pytest.fixture(scope="session")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """One engine for tests that only compute."""
    root = tmp_path_factory.mktemp("shared") / "warehouse"
    with DuckDBEngine(Warehouse(root, MemoryLedger()), threads=1) as engine:
        yield engine


@pytest.fixture(scope="session")
def value(shared_engine: DuckDBEngine) -> Callable[[str], Any]:
    """The value of one expression, without tables."""

    def value(expression: str) -> Any:
        table = shared_engine.query(f"SELECT {expression} AS x", project="p")
        return table.column("x").to_pylist()[0]

    return value
