"""A control plane in a temporary folder, with one instance in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.instance import ResourceBindings

BINDINGS = ResourceBindings("pai", "dw", "mc", "bucket", "fs")


@pytest.fixture(autouse=True)
def no_database_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "platform.db"


@pytest.fixture
def empty(path: Path) -> Iterator[Control]:
    with Control.create(path) as control:
        yield control


@pytest.fixture
def control(empty: Control) -> Control:
    empty.instances.create("main", region="cn-hangzhou", bindings=BINDINGS)
    return empty
