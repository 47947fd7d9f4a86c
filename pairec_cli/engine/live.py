"""The real data sources for cases that are tried: those of an engine configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.online.featuredb import FeatureDB

OWN_STATE = ("state", "sql_before")


@contextmanager
def live_sources(config: Mapping[str, Any], featuredb: FeatureDB | None) -> Iterator[ConfiguredSources]:
    """The sources that `config` names; at the end what waits is written. Raises InvalidConfig."""
    sources = ConfiguredSources(EngineConfig.read(config).connections, featuredb)
    try:
        yield sources
    finally:
        sources.close()


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
