"""ConditionFilter: the filter of the first branch whose conditions the user meets (the open engine's
condition_filter.go)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.choosing import ChoosingStage
from pairec_cli.domain.conditions import FilterParam
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import Resources


class Branch(Record):
    """Conditions and the filter that they choose. A branch without conditions is never chosen."""

    conditions: tuple[FilterParam, ...] = ()
    filter_name: str = ""


class Branches(Record):
    """The branches in order, and the filter for users who meet none of them."""

    filter_confs: tuple[Branch, ...] = ()
    default_filter_name: str = ""


class ConditionConfig(Record):
    condition_filter_confs: Branches = Branches()


class ConditionFilter(ChoosingStage):
    """Runs one other filter, found by name when the request comes."""

    Config: ClassVar[type[ConditionConfig]] = ConditionConfig
    kind: ClassVar[str] = "filter"
    drops: ClassVar[str] = "the filter that was chosen dropped it"

    def __init__(self, name: str, config: ConditionConfig, resources: Resources) -> None:
        confs = config.condition_filter_confs
        branches = ((branch.conditions, branch.filter_name) for branch in confs.filter_confs)
        super().__init__(name, branches, confs.default_filter_name, resources.filters)
