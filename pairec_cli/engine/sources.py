"""The data sources of a configuration: RedisConfs, HologresConfs, MysqlConfs, TableStoreConfs,
FeatureStoreConfs.

An adapter, and the package it needs, is loaded when a stage first names its kind of source.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from pairec_cli.domain.connections import Connection, Connections
from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.sources import CONFIGURATION, DaoConf, DataSource, NoSources
from pairec_cli.engine.decode import json_key
from pairec_cli.online.adapters import SOURCES
from pairec_cli.online.featuredb import FeatureDB

EMBEDDED = "featurestore"
LIKELY = {"sqlite": EMBEDDED, "featuredb": EMBEDDED, "postgresql": "hologres", "postgres": "hologres"}
"""What people call what we serve."""


class ConfiguredSources:
    """One source per configured name, shared by all stages that name it. `featuredb` stands for every
    FeatureStoreConfs entry; without one they are refused."""

    def __init__(
        self, connections: Connections, featuredb: FeatureDB | None, clock: Callable[[], float] = time.time
    ) -> None:
        self.connections, self.featuredb, self.clock = connections, featuredb, clock
        self._opened: dict[tuple[str, str], Any] = {}

    def open(self, dao: DaoConf) -> DataSource:
        """Raises InvalidConfig for a kind that is not served, a package that is not installed, a name that is
        not configured, and a connection that cannot be read."""
        adapter = dao.adapter_type
        if adapter not in SOURCES:
            self._refuse_kind(dao)
        key, name = ("", "") if adapter == EMBEDDED else _named(dao)
        self._check_name(dao)
        found = self._opened.get((adapter, name))
        if found is None:
            found = self._opened[adapter, name] = self._made(adapter, key, name)
        source: DataSource = found
        return source

    @property
    def remote(self) -> bool:
        """Whether a stage has opened a source behind a network."""
        return any(adapter != EMBEDDED for adapter, _ in self._opened)

    def close(self) -> None:
        """Writes what is left to write and closes the connections."""
        while self._opened:
            self._opened.popitem()[1].close()

    def _made(self, adapter: str, key: str, name: str) -> Any:
        try:
            kind = SOURCES.load(adapter)
        except NotFound as error:
            package = getattr(error.__cause__, "name", None) or adapter
            message = f"{adapter} needs the package {package}, which is not installed"
            hint = f"pip install 'pairec[{adapter}]'"
            problem = Problem("AdapterType", f"{message}: {hint}", adapter)
            raise InvalidConfig(CONFIGURATION, [problem], hint=hint) from error
        if adapter == EMBEDDED:
            if self.featuredb is None:
                problem = Problem("AdapterType", "is the embedded store, which is in a workspace", adapter)
                raise InvalidConfig(CONFIGURATION, [problem], hint="pairec init")
            return kind(self.featuredb, self.clock)
        try:
            return kind(name, self._entries(adapter)[name].from_environment(), self.clock)
        except NotFound as error:
            raise InvalidConfig(CONFIGURATION, [Problem(key, f"{name}: {error.message}", name)]) from error

    def _check_name(self, dao: DaoConf) -> None:
        """Raises InvalidConfig for a name without an entry. The embedded store needs none."""
        key, name = _named(dao)
        entries = self._entries(dao.adapter_type)
        if name not in entries and (name or dao.adapter_type != EMBEDDED):
            section = f"{key.removesuffix('Name')}Confs"
            message = NotFound(f"{section} entry", name, entries).message if name else "is missing"
            raise InvalidConfig(CONFIGURATION, [Problem(key, message, name)])

    def _entries(self, adapter: str) -> Mapping[str, Connection]:
        found: Mapping[str, Connection] = getattr(self.connections, _field(adapter))
        return found

    def _refuse_kind(self, dao: DaoConf) -> None:
        likely = LIKELY.get(dao.adapter_type.lower())
        if likely is None:
            NoSources().open(dao)
        message = f"{dao.adapter_type!r} is not served here; {likely} is what comes nearest"
        raise InvalidConfig(CONFIGURATION, [Problem("AdapterType", message, dao.adapter_type)])


def _field(adapter: str) -> str:
    return {"tablestore": "table_store", EMBEDDED: "feature_store"}.get(adapter, adapter)


def _named(dao: DaoConf) -> tuple[str, str]:
    """The key of `dao` that names its source, and the name."""
    field = f"{_field(dao.adapter_type)}_name"
    return json_key(field), getattr(dao, field)
