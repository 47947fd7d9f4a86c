"""Requests as arrays: by hand, and against the rules of ModelFeature written down plainly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.request_encoding import RequestEncoder, clock
from pairec_cli.online.snapshot_writing import write_snapshot
from tests.online.model_folders import feature, layout, write_model

VALUES = ("a", "b", "c", "dd")
VOCABULARIES = {"v": ("b", "a"), "x": ("a_b", "b_a", "a_a", "b_2")}
Row = Mapping[str, object]

BASES = ("user", "context", "item")
FEATURES = [
    *(feature(f"{side}_id", "id", side, f"{side}_text", vocabulary="v") for side in BASES),
    *(feature(f"{side}_tags", "tag", side, separator="|", vocabulary="v") for side in BASES),
    *(feature(f"{side}_raw", "raw", side, f"{side}_number") for side in BASES),
    *(feature(f"{side}_log", "raw", side, f"{side}_number", transform="log") for side in BASES),
    *(feature(f"{side}_bin", "binned", side, f"{side}_number", boundaries=(0.0, 1.0, 2.5)) for side in BASES),
    *(feature(f"{side}_whole", "whole", side, f"{side}_number", num_buckets=3) for side in BASES),
    *(
        feature(
            f"{left}_x_{right}", "combo", f"{left} {right}", f"{left}_text", f"{right}_text", vocabulary="x"
        )
        for left in BASES
        for right in BASES
    ),
    *(
        feature(
            f"{left}_at_{right}", "lookup", f"{left} {right}", f"{left}_pairs", f"{right}_text", transform=to
        )
        for left, to in zip(BASES, ("none", "log", "log"), strict=True)
        for right in BASES
    ),
    *(
        feature(
            f"{left}_on_{right}", "lookup", f"{left} {right}", f"{left}_pairs", f"{right}_tags", separator="|"
        )
        for left in BASES
        for right in BASES
    ),
    feature("s__id", "id", "user", sequence="s", sequence_length=3, vocabulary="v"),
    feature("s__ts", "binned", "user", sequence="s", sequence_length=3, boundaries=(10.0, 100.0)),
    feature("s__raw", "raw", "user", sequence="s", sequence_length=3, transform="log"),
    feature("s__whole", "whole", "user", sequence="s", sequence_length=3, num_buckets=3),
]

TEXT = st.sampled_from([None, "", *VALUES, 2])
TAGS = st.lists(st.sampled_from(["", *VALUES]), max_size=4).map("|".join)
NUMBER = st.none() | st.sampled_from(["", "1", math.nan, math.inf, 2, -1]) | st.floats(-5, 5)
PAIRS = st.dictionaries(st.sampled_from(VALUES), st.integers(-3, 3), max_size=3).map(
    lambda pairs: ",".join(f"{key}:{number}" for key, number in pairs.items())
)
ENTRIES = st.lists(st.sampled_from(["", *VALUES]), max_size=5).map(";".join)
MOMENTS = st.lists(st.sampled_from(["", "900", "990", "995.5", "1000"]), max_size=5).map(";".join)
NUMBERS = st.lists(st.sampled_from(["", "0", "1", "-2.5", "7"]), max_size=5).map(";".join)


def rows(side: str, **more: Any) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(
        {},
        optional={
            f"{side}_text": TEXT,
            f"{side}_tags": TAGS,
            f"{side}_number": NUMBER,
            f"{side}_pairs": PAIRS,
            **more,
        },
    )


def encoder(
    folder: Path,
    features: Sequence[ModelFeature],
    items: Mapping[str, Row],
    key: str = "",
    **vocabularies: Any,
) -> RequestEncoder:
    write_model(folder / "20260101", features, vocabularies)
    description = ModelDescription.read(folder / "20260101")

    def column(name: str) -> list[object]:
        return [row.get(name) for row in items.values()]

    write_snapshot(description, list(items), column, folder / "items")
    return RequestEncoder(description, ItemSnapshot(folder / "items", description), key)


class Plain:
    """The rules of ModelFeature, word for word."""

    def __init__(self, given: Mapping[str, Row], now: int) -> None:
        self.given, self.now = given, now

    def raw(self, feature: ModelFeature, place: int = 0) -> Any:
        return self.given[feature.sides[place]].get(feature.sources[place])

    def id(self, value: object, vocabulary: str) -> int:
        if value is None or value == "":
            return 0
        known = VOCABULARIES[vocabulary]
        return known.index(str(value)) + 2 if str(value) in known else 1

    def number(self, value: object) -> float | None:
        if value is None or value == "":
            return None
        number = float(str(value))
        return number if math.isfinite(number) else None

    def dense(self, number: float | None, feature: ModelFeature) -> float:
        if number is None:
            return 0.0
        if feature.transform == "log":
            return (1 if number > 0 else -1) * math.log(1 + abs(number)) if number else 0.0
        return number

    def single(self, feature: ModelFeature, value: Any) -> float:
        if feature.form is Form.ID:
            return self.id(value, feature.vocabulary)
        number = self.number(value)
        if feature.form is Form.RAW:
            return self.dense(number, feature)
        if feature.form is Form.BINNED:
            return 0 if number is None else 1 + sum(boundary <= number for boundary in feature.boundaries)
        inside = number is not None and number in range(feature.num_buckets)
        return int(number) if inside and number is not None else 0

    def several(self, feature: ModelFeature) -> list[int]:
        parts = [part for part in (self.raw(feature) or "").split("|") if part]
        return [self.id(part, feature.vocabulary) for part in parts] or [0]

    def value(self, feature: ModelFeature) -> float:
        if feature.form is Form.COMBO:
            left, right = self.raw(feature, 0), self.raw(feature, 1)
            missing = left in (None, "") or right in (None, "")
            return 0 if missing else self.id(f"{left}_{right}", feature.vocabulary)
        if feature.form is Form.LOOKUP:
            pairs = dict(pair.split(":") for pair in (self.raw(feature) or "").split(",") if pair)
            key = self.raw(feature, 1)
            keys = str(key or "").split(feature.separator) if feature.separator else [str(key)]
            return self.dense(sum(float(pairs.get(one, 0)) for one in keys), feature)
        return self.single(feature, self.raw(feature))

    def entries(self, feature: ModelFeature) -> list[float]:
        text = self.raw(feature)
        parts: list[Any] = text.split(";")[: feature.sequence_length] if text else []
        if feature.name == "s__ts":
            parts = ["" if part == "" else self.now - float(part) for part in parts]
        return [self.single(feature, part) for part in parts]


@settings(max_examples=80, deadline=None)
@given(
    rows("user", s__id=ENTRIES, s__ts=MOMENTS, s__raw=NUMBERS, s__whole=NUMBERS),
    rows("context"),
    st.lists(rows("item"), min_size=1, max_size=4),
)
def test_it_is_what_the_rules_say(user: Row, context: Row, items: list[Row]) -> None:
    known = {f"i{place}": row for place, row in enumerate(items)}
    asked = [*reversed(known), "unknown"]
    with TemporaryDirectory() as folder:
        arrays = encoder(Path(folder), FEATURES, known, **VOCABULARIES).encode(user, context, 1000, asked)
    plain = [Plain({"user": user, "context": context, "item": known.get(item, {})}, 1000) for item in asked]
    by_name = {one.name: one for one in FEATURES}
    assert set(arrays) == set(layout(FEATURES))
    lengths = [len(plain[0].entries(one)) for one in FEATURES if one.sequence]
    for group, names in layout(FEATURES).items():
        array, one = arrays[group], by_name.get(names[0])
        if group == "length:s":
            assert array.tolist() == [max(lengths)]
        elif group.startswith("sequence:") and one is not None:
            expected = plain[0].entries(one)
            width = max(1, *lengths)
            np.testing.assert_allclose(array, [expected + [0] * (width - len(expected))], rtol=1e-6)
        elif group.startswith("tag:") and one is not None:
            some = plain if one.side == "item" else plain[:1]
            found = [[id for id in row if id >= 0] for row in array.tolist()]
            assert found == [row.several(one) for row in some]
        else:
            some = plain[:1] if group.startswith("user") else plain
            values = np.array([[row.value(by_name[name]) for name in names] for row in some], np.float32)
            np.testing.assert_allclose(array, values, rtol=1e-6, err_msg=f"{group} {names}")
            assert array.dtype == (np.float32 if group.endswith("dense") else np.int64)


class TestCandidates:
    FEATURES = (
        feature("item_id", "id", "item"),
        feature("category", "id", "item"),
        feature("kv", "lookup", "user item", "user_kv", "category"),
    )

    def arrays(self, folder: Path, *candidates: str) -> dict[str, Any]:
        items = {"a": {"item_id": "a", "category": "x"}, "b": {"item_id": "b", "category": "rare"}}
        made = encoder(folder, self.FEATURES, items, "item_id", item_id=["a", "gone"], category=["x"])
        found = made.encode({"user_kv": "x:2,rare:0.5"}, {}, 0, candidates)
        return {name: array.tolist() for name, array in found.items()}

    def test_values_that_the_vocabulary_lacks_are_still_looked_up(self, tmp_path: Path) -> None:
        found = self.arrays(tmp_path, "b", "a", "b")
        assert found == {"item_ids": [[1, 1], [2, 2], [1, 1]], "cross_dense": [[0.5], [2.0], [0.5]]}

    def test_an_item_without_features_is_still_known_by_its_id(self, tmp_path: Path) -> None:
        found = self.arrays(tmp_path, "gone", "new")
        assert found == {"item_ids": [[3, 0], [1, 0]], "cross_dense": [[0.0], [0.0]]}


def test_the_clock_goes_by_the_time_zone() -> None:
    sunday_evening = 1_767_571_200 - 3600  # 2026-01-04 23:00 UTC
    assert clock(sunday_evening, UTC) == {"day_h": 23, "week_day": 6}
    assert clock(sunday_evening, ZoneInfo("Asia/Shanghai")) == {"day_h": 7, "week_day": 0}


def test_entries_beyond_the_length_are_cut(tmp_path: Path) -> None:
    features = [feature("s__id", "id", "user", sequence="s", sequence_length=2, vocabulary="v")]
    made = encoder(tmp_path, features, {}, v=["a"])
    assert made.encode({"s__id": "a;;a"}, {}, 0, [])["sequence:s__id"].tolist() == [[2, 0]]
    empty = made.encode({}, {}, 0, [])
    assert (empty["sequence:s__id"].tolist(), empty["length:s"].tolist()) == ([[0]], [0])


@pytest.mark.parametrize("value", [None, ""])
def test_a_user_without_tags_has_the_missing_one(value: object, tmp_path: Path) -> None:
    made = encoder(tmp_path, [feature("tags", "tag", "user", separator="|")], {}, tags=["p"])
    assert made.encode({"tags": value}, {}, 0, [])["tag:tags"].tolist() == [[0]]
