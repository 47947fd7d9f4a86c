"""The real data sources for cases that are tried: those of an engine configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pairec_cli.domain.errors import InvalidInput
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


def refuse_own_state(document: Any) -> None:
    """A case for real sources brings no content of its own. Raises InvalidInput."""
    parts = [document, *document.get("steps", [])] if isinstance(document, Mapping) else []
    for part in parts:
        for key in OWN_STATE:
            if isinstance(part, Mapping) and part.get(key):
                raise InvalidInput(
                    f"the case has {key!r}, and real sources are not filled from a case",
                    hint=f"leave out --live, or {key!r}",
                )
