"""Training rows through the serving encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.online.replaying import FeatureCheck, replay
from tests.online.model_folders import feature, write_model

FEATURES = [
    feature("user_id", "id", "user"),
    feature("net", "id", "context"),
    feature("day_h", "whole", "context", num_buckets=24),
    feature("week_day", "whole", "context", num_buckets=7),
    replace(feature("item__city", "id", "item"), sources=("city",)),
    feature("cnt", "raw", "item", transform="log"),
    feature("tags", "tag", "item", separator="|"),
    replace(feature("kv", "lookup", "user item", "kv", "item__city"), sources=("kv", "city")),
    feature("s__id", "id", "user", sequence="s", sequence_length=3),
    feature("s__ts", "binned", "user", sequence="s", sequence_length=3, boundaries=(60.0, 3600.0)),
]
VOCABULARIES = {
    "user_id": ["u1"],
    "net": ["4G"],
    "item__city": ["x"],
    "tags": ["p", "q"],
    "s__id": ["a", "b"],
}
RAW = {
    "user_id": "u1",
    "net": "5G",
    "event_unix_time": 1_767_571_200,  # Monday 2026-01-05 00:00 UTC, 8 o'clock in Shanghai
    "item__city": "x",
    "cnt": 3,
    "tags": "q|z|p",
    "kv": "y:1,x:2.5",
    "s__id": "b;a",
    "s__ts": "60;3601",
}
ENCODED = {
    "user_id": 2,
    "net": 1,
    "day_h": 8,
    "week_day": 0,
    "item__city": 2,
    "cnt": 1.3862943611198906,
    "tags": "3,1,2",
    "kv": 2.5,
    "s__id": "3;2",
    "s__ts": "2;3",
}
NOTHING = {**dict.fromkeys(ENCODED, 0), "tags": "0", "s__id": "", "s__ts": ""}


def checks(tmp_path: Path, raw: Mapping[str, Any], encoded: Mapping[str, Any]) -> dict[str, FeatureCheck]:
    folder = write_model(tmp_path / "20260101", FEATURES, VOCABULARIES)
    return replay(folder, [{}, raw], [NOTHING, encoded], timezone="Asia/Shanghai")


def test_the_same_rows_agree(tmp_path: Path) -> None:
    found = checks(tmp_path, RAW, ENCODED)
    assert set(found) == set(ENCODED)
    assert [one for one in found.values() if one.mismatches] == []
    assert {one.rows for one in found.values()} == {2}
    assert max(one.largest for one in found.values()) < 1e-6


@pytest.mark.parametrize(
    ("name", "value", "largest"),
    [
        ("user_id", 5, 3),
        ("day_h", 9, 1),
        ("cnt", 1.4, pytest.approx(0.0137, abs=1e-3)),
        ("cnt", None, float("inf")),
        ("tags", "3,1", 2),
        ("tags", "3,2,1", 1),
        ("s__id", "3;2;1", 1),
        ("s__ts", "1;3", 1),
        ("kv", 0.0, 2.5),
    ],
)
def test_a_difference_is_found(name: str, value: object, largest: float, tmp_path: Path) -> None:
    found = checks(tmp_path, RAW, {**ENCODED, name: value})
    assert [one.feature for one in found.values() if one.mismatches] == [name]
    assert (found[name].mismatches, found[name].largest) == (1, largest)
    assert found[name].example.startswith("row 1: served [")
    assert found[name].example.endswith(f"trained on {value!r}")


def test_rows_must_be_the_same(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "20260101", FEATURES, VOCABULARIES)
    for rows, encoded in (([RAW], []), ([], [ENCODED])):
        with pytest.raises(DataError, match="another number of encoded ones"):
            replay(folder, rows, encoded, timezone="UTC")
    with pytest.raises(DataError, match="no column 'user_id'"):
        replay(folder, [RAW], [{}], timezone="UTC")
