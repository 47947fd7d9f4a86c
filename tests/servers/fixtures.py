"""Servers that tests ask for by name. They start on first use, one of each per session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from tests.servers.mariadb import MariadbServer
from tests.servers.postgres import PostgresServer
from tests.servers.process import started
from tests.servers.redis_server import RedisProcess

__all__ = ["mariadb", "postgres", "redis_process"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = started(PostgresServer)
    yield cast(PostgresServer, server)
    server.remove()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbServer]:
    server = started(MariadbServer)
    yield cast(MariadbServer, server)
    server.remove()


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisProcess]:
    server = started(RedisProcess)
    yield cast(RedisProcess, server)
    server.remove()
