"""Protocols of data sources: what refuses, and where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import (
    CONFIGURATION,
    DaoConf,
    DataSource,
    ExposureLimits,
    ItemStateDaoConf,
    NoSources,
    under,
)


class Empty(DataSource):
    adapter = "empty"


@pytest.mark.parametrize(
    "use",
    [
        lambda source: source.exposures(DaoConf(), ExposureLimits()),
        lambda source: source.user_lists(DaoConf()),
        lambda source: source.item_list(DaoConf(), "id", ""),
        lambda source: source.item_rows(ItemStateDaoConf()),
    ],
)
def test_a_use_that_a_source_does_not_have_is_refused(use: Callable[[DataSource], object]) -> None:
    with pytest.raises(InvalidConfig, match="AdapterType: empty holds no"):
        use(Empty())


def test_without_sources_every_adapter_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="'redis' is not served here"):
        NoSources().open(DaoConf("redis"))
    with pytest.raises(InvalidConfig, match="is missing"):
        NoSources().open(DaoConf())


def test_problems_are_reported_below_the_entry() -> None:
    with pytest.raises(InvalidConfig) as caught, under("DaoConf"):
        raise InvalidConfig(CONFIGURATION, [Problem("RedisName", "is missing", "")])
    (problem,) = caught.value.problems
    assert problem.path == "DaoConf.RedisName"
