"""The sampler's table, read and drawn from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pairec_cli.components.vector_catalog import read_catalog
from pairec_cli.domain.errors import DataError, InvalidInput
from tests.components.towers import FEATURES, ITEMS, catalog, config


def test_items_have_the_features_of_their_attrs() -> None:
    everything = catalog(config()).all()
    assert everything.id("item_id").tolist() == list(range(2, 2 + ITEMS))
    topics = everything.lists["topics"]
    assert topics.values[: topics.offsets[2]].tolist() == [2, 6, 3, 4]


def test_draws_are_different_items_and_repeat_with_their_seed() -> None:
    found = [catalog(config()).drawn(np.random.default_rng(3)).id("item_id").tolist() for _ in range(2)]
    assert found[0] == found[1]
    assert len(set(found[0])) == 16


def test_heavier_items_are_drawn_more_often_and_weightless_ones_never() -> None:
    of = catalog(config(), [0.0, 50.0, *[1.0] * (ITEMS - 2)])
    random = np.random.default_rng(0)
    drawn = [set(of.drawn(random).id("item_id").tolist()) for _ in range(200)]
    assert not any(2 in one for one in drawn)
    heavy, light = sum(3 in one for one in drawn), sum(4 in one for one in drawn)
    assert heavy == 200 > light


def test_a_small_catalog_is_taken_whole() -> None:
    of = catalog(config(), [0.0] * 5 + [1.0] * 15)
    assert sorted(of.drawn(np.random.default_rng(0)).id("item_id").tolist()) == list(range(7, 22))


@pytest.mark.parametrize(
    ("weight", "attrs", "message"),
    [
        ([1.0], ["2"], "another number of attrs"),
        ([1.0], ["x:2"], "no number for item_id"),
        ([1.0], ["99:2"], "outside 0"),
        ([0.0], ["2:2"], "not all 0"),
        ([-1.0], ["2:2"], "below 0"),
        ([float("nan")], ["2:2"], "must be numbers"),
        ([], [], "no items"),
    ],
)
def test_rows_that_are_no_items_are_refused(weight: list[float], attrs: list[str], message: str) -> None:
    table = pa.table(
        {
            "id": pa.array([2] * len(weight), pa.int64()),
            "weight": pa.array(weight, pa.float64()),
            "attrs": pa.array(attrs, pa.string()),
        }
    )
    with pytest.raises(DataError, match=message):
        read_catalog(table, config(), FEATURES)


def test_a_config_without_sampler_is_refused() -> None:
    of = config()
    assert of.data_config is not None
    bare = of.model_copy(update={"data_config": of.data_config.model_copy(update={"negative_sampler": None})})
    with pytest.raises(InvalidInput, match="negative_sampler"):
        catalog(bare)
