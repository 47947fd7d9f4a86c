"""ConditionSort: the sort of the first branch whose conditions the user meets (the open engine's
condition_sort.go)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.choosing import ChoosingStage
from pairec_cli.domain.conditions import FilterParam
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import Resources


class Branch(Record):
    """Conditions and the sort that they choose. A branch without conditions is never chosen."""

    conditions: tuple[FilterParam, ...] = ()
    sort_name: str = ""


class Branches(Record):
    """The branches in order, and the sort for users who meet none of them."""

    sort_confs: tuple[Branch, ...] = ()
    default_sort_name: str = ""


class ConditionSortConfig(Record):
    condition_sort_confs: Branches = Branches()


class ConditionSort(ChoosingStage):
    """Runs one other sort, found by name when the request comes."""

    Config: ClassVar[type[ConditionSortConfig]] = ConditionSortConfig
    kind: ClassVar[str] = "sort"

    def __init__(self, name: str, config: ConditionSortConfig, resources: Resources) -> None:
        confs = config.condition_sort_confs
        branches = ((branch.conditions, branch.sort_name) for branch in confs.sort_confs)
        super().__init__(name, branches, confs.default_sort_name, resources.sorts)
