"""What an experiment's parameters change for one request.

PAI-Rec's A/B service gives each request a set of parameters; `filterNames` replaces the list of filters, and
`filter.<Name>` the whole configuration of one filter whose type allows it. `ensure_diversity_min_count` sets
DiversityMinCount of PriorityAdjustCountFilter, and with it whether it ensures diversity. Source: the open
engine's filter service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.coercion import to_int
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.stages import Filter, Resources
from pairec_cli.engine.config import MEND, WHAT, EngineConfig, StageEntry
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.known_keys import FILTER_KEYS

DIVERSITY = "ensure_diversity_min_count"
PRIORITY = "PriorityAdjustCountFilter"
REPLACEABLE = ("PriorityAdjustCountFilter", "PriorityAdjustCountFilterV2", "SnakeFilter")


def chosen_filters(
    config: EngineConfig,
    filters: Mapping[str, Filter],
    scene: str,
    params: Mapping[str, Any],
    resources: Resources,
) -> list[Filter]:
    """The filters of the scene, as the parameters have them. Names that nobody knows are left out: when all
    are unknown, no filter runs. Raises InvalidConfig for a replaced configuration that is refused."""
    names = params.get("filterNames")
    if isinstance(names, list):
        entries = [config.filters[name] for name in names if name in config.filters]
    else:
        entries = config.filters_of(scene)
    return [
        filters[entry.name] if own is entry.config else entry.stage(entry.name, own, resources)
        for entry, own in ((entry, _config(entry, params)) for entry in entries)
    ]


def _config(entry: StageEntry, params: Mapping[str, Any]) -> Any:
    """The filter's configuration, its own where no parameter changes it."""
    key, own = f"filter.{entry.name}", entry.config
    if entry.type in REPLACEABLE and isinstance(params.get(key), Mapping):
        findings = Findings()
        also = ("Name", "FilterType")
        own = decode(entry.stage.Config, params[key], key, findings, unserved=FILTER_KEYS, also=also)
        if findings.problems:
            raise InvalidConfig(WHAT, findings.problems, hint=MEND)
    least = to_int(params.get(DIVERSITY), None)
    if entry.type == PRIORITY and least is not None:
        own = own.replace(ensure_diversity=least != 0, diversity_min_count=least)
    return own
