"""Expressions of the encoding, and what they say of odd values."""

from __future__ import annotations

import pytest

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.ranking.encoding import (
    Columns,
    binned,
    entries,
    is_list,
    known_id,
    looked_up,
    raw_text,
    transformed,
    whole,
)

COLUMNS = Columns({"a": "STRING", "n": "BIGINT", "order": "DOUBLE"}, "t")


def feature(form: Form, *columns: str, **more: str) -> ModelFeature:
    return ModelFeature("f", form, "user", columns, **more)  # type: ignore[arg-type]  # texts only


def test_columns_are_cast_only_where_they_must_be() -> None:
    assert (COLUMNS.text("a"), COLUMNS.text("n")) == ("t.a", "CAST(t.n AS STRING)")
    assert (COLUMNS.double("order"), COLUMNS.double("n")) == ("t.`order`", "CAST(t.n AS DOUBLE)")
    assert Columns({"a": "STRING"}).value("a") == "a"


def test_a_combination_is_missing_when_either_is() -> None:
    assert raw_text(feature(Form.COMBO, "a", "n"), COLUMNS) == (
        "IF(t.a <> '' AND CAST(t.n AS STRING) <> '', CONCAT(t.a, '_', CAST(t.n AS STRING)), NULL)"
    )


@pytest.mark.parametrize(
    ("separator", "pattern"), [("|", r"'\\|'"), (",", "','"), ("||", r"'\\|\\|'"), (".", r"'\\.'")]
)
def test_separators_are_no_patterns(separator: str, pattern: str) -> None:
    assert entries(feature(Form.TAG, "a", separator=separator), "x") == f"SPLIT(x, {pattern}, false)"


def test_lists_are_tags_and_fields_of_sequences() -> None:
    assert is_list(feature(Form.TAG, "a"))
    assert is_list(feature(Form.BINNED, "a", sequence="click_50_seq"))
    assert not is_list(feature(Form.ID, "a"))
    assert entries(feature(Form.ID, "a", sequence="s", separator="|"), "x") == "SPLIT(x, ';', false)"


def test_expressions_read_as_the_rules_do() -> None:
    assert known_id("v.id", "x") == "COALESCE(v.id, IF(x IS NULL OR x = '', 0, 1))"
    assert whole(ModelFeature("h", Form.WHOLE, "context", ("n",), num_buckets=24), "n") == (
        "IF(n BETWEEN 0 AND 23, n, 0)"
    )
    assert binned((1.0, 2.5), "x") == (
        "CASE WHEN x IS NULL OR NOT ABS(x) <= 1E300 THEN 0 WHEN x < 1 THEN 1 WHEN x < 2.5 THEN 2 ELSE 3 END"
    )
    assert transformed(feature(Form.RAW, "n"), "x") == "IF(ABS(x) <= 1E300, x, 0.0)"
    assert transformed(feature(Form.RAW, "n", transform="log"), "x") == (
        "IF(ABS(x) <= 1E300, SIGN(x) * LN(1 + ABS(x)), 0.0)"
    )
    assert looked_up(feature(Form.LOOKUP, "kv", "a"), "k") == "CAST(KEYVALUE(kv, ',', ':', k) AS DOUBLE)"
