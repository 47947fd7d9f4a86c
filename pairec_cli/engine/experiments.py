"""What an experiment's parameters change for one request.

PAI-Rec's A/B service gives each request a set of parameters; `filterNames` replaces the list of filters, and
`filter.<Name>` the whole configuration of one filter whose type allows it. Source: the open engine's filter
service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.stages import Filter, Resources
from pairec_cli.engine.config import MEND, WHAT, EngineConfig
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.known_keys import FILTER_KEYS

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
    found = []
    for entry in entries:
        key = f"filter.{entry.name}"
        if entry.type in REPLACEABLE and isinstance(params.get(key), Mapping):
            findings = Findings()
            also = ("Name", "FilterType")
            own = decode(entry.stage.Config, params[key], key, findings, unserved=FILTER_KEYS, also=also)
            if findings.problems:
                raise InvalidConfig(WHAT, findings.problems, hint=MEND)
            found.append(entry.stage(entry.name, own, resources))
        else:
            found.append(filters[entry.name])
    return found
