"""Look-ups in groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pairec_cli.online.lookup_groups import lookup_groups, table
from pairec_cli.online.model_description import ModelDescription
from tests.online.model_folders import feature, write_model


def test_features_with_one_key_are_together(tmp_path: Path) -> None:
    features = [
        feature("a", "lookup", "user item", "a", "city"),
        feature("b", "lookup", "item user", "b", "city"),
        feature("c", "lookup", "user item", "c", "city"),
        feature("d", "lookup", "item context", "d", "city"),
        feature("e", "lookup", "item user", "e", "tags", separator="|"),
    ]
    found = lookup_groups(ModelDescription.read(write_model(tmp_path / "20260101", features)))
    assert [(one.name, [f.name for f in one.features], one.places) for one in found] == [
        ("item.city", ["a", "c"], (0, 2)),
        ("user.city", ["b"], (1,)),
        ("context.city", ["d"], (3,)),
        ("user.tags", ["e"], (4,)),
    ]


def test_a_table_has_a_row_per_key() -> None:
    keys, numbers = table([{"a": 1.0, "b": 2.0}, {}, {"c": 3.0, "a": 4.0}])
    assert keys == ["a", "b", "c"]
    assert numbers.tolist() == [[0, 0, 0], [1, 0, 4], [2, 0, 0], [0, 0, 3]]
    assert table([{}])[1].tolist() == [[0]]


def test_each_column_by_its_own_transform(tmp_path: Path) -> None:
    features = [
        feature("a", "lookup", "user item", "a", "city", transform="log"),
        feature("c", "lookup", "user item", "c", "city"),
    ]
    (group,) = lookup_groups(ModelDescription.read(write_model(tmp_path / "20260101", features)))
    sums = np.array([[-3.0, -3.0], [1e301, 1e301], [0.0, 1e300]])
    assert group.transformed(sums).tolist() == [
        [pytest.approx(-1.3862943611198906), -3.0],
        [0.0, 0.0],
        [0.0, pytest.approx(3.4028234e38)],
    ]
