"""What every sort keeps. A sort's test inherits `SortContract` and names its type."""

from __future__ import annotations

from pairec_cli.sorting.registry import SORTS
from tests.filters.contract import StageContract


class SortContract(StageContract):
    """Inherit, set `kind` (the SortType) and, where needed, `config`, `features`, `may_drop`."""

    registry = SORTS
    may_drop = False
