"""The real data sources for cases that are tried: those of an engine configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pairec_cli.domain.connections import Connection, Connections
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.online.featuredb import FeatureDB

OWN_STATE = ("state", "sql_before")
PATIENCE = 5_000
"""Milliseconds."""
C = TypeVar("C", bound=Connection)


@contextmanager
def live_sources(config: Mapping[str, Any], featuredb: FeatureDB | None) -> Iterator[ConfiguredSources]:
    """The sources that `config` names, with patience for answers where it sets no limit of its own: a case is
    about content. At the end what waits is written. Raises InvalidConfig."""
    sources = ConfiguredSources(_patient(EngineConfig.read(config).connections), featuredb)
    try:
        yield sources
    finally:
        sources.close()


def _patient(connections: Connections) -> Connections:
    def patient(confs: Mapping[str, C]) -> dict[str, C]:
        return {name: _unlimited(conf) for name, conf in confs.items()}

    return connections.replace(
        redis=patient(connections.redis),
        hologres=patient(connections.hologres),
        mysql=patient(connections.mysql),
        table_store=patient(connections.table_store),
    )


def _unlimited(conf: C) -> C:
    """The entry with PATIENCE for every limit that has its default."""
    defaults = conf.field_defaults
    limits = [name for name in conf.field_names if name.endswith("_timeout")]
    return conf.replace(**{name: PATIENCE for name in limits if getattr(conf, name) == defaults[name]})


def without_state(document: Any) -> tuple[Any, bool]:
    """The case without its own content, which real sources are not filled from, and whether it has some."""
    if not isinstance(document, Mapping):
        return document, False
    had = any(document.get(key) for key in OWN_STATE)
    found = {key: value for key, value in document.items() if key not in OWN_STATE}
    if isinstance(steps := found.get("steps"), list):
        pairs = [without_state(step) for step in steps]
        found["steps"] = [step for step, _ in pairs]
        had = had or any(own for _, own in pairs)
    return found, had
