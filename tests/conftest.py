"""Settings that every test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.fixtures import mariadb, postgres, redis_process

__all__ = ["mariadb", "postgres", "redis_process"]

# Here a property test looks elsewhere each time; in CI it looks at the same examples, so that a change that
# touches nothing cannot turn it red.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a new user: nothing in it, and no setting from outside."""
    for name in ("PAIREC_HOME", "PAIREC_DB_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
