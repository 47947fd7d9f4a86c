"""Embeddings: where they come from, and what happens when they do not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.sources import DaoConf
from pairec_cli.domain.stages import Resources
from pairec_cli.sorting.embeddings import EmbeddingConf, Embeddings, arranged, candidates
from tests.filters.contract import NoFeatures, context, item
from tests.sorting.spaces import VIEW, Table, resources


def ids(items: list[Item]) -> str:
    return "".join(one.id for one in items)


def matrix(table: Table, *names: str, **conf: Any) -> tuple[Any, list[str]]:
    """The matrix of items with these ids, and the notes."""
    asked = context()
    embeddings = Embeddings(EmbeddingConf(**{**VIEW, **conf}), resources(table))
    found = embeddings.matrix([item(name) for name in names], asked)
    return (None if found is None else found.tolist()), asked.notes


class TestSources:
    def test_a_table_is_asked_once_for_each_id(self) -> None:
        table = Table({"a": "{3,4}", "b": [0, 2]})
        found, notes = matrix(table, "a", "b", "a", table_p_key="item")
        assert found == [[0.6, 0.8], [0, 1], [0.6, 0.8]]
        assert notes == []
        assert table.asked == [["a", "b"]]
        assert (table.dao.item_field_name, table.dao.select_fields) == ("item", "emb")

    def test_hologres_is_what_a_table_without_a_kind_is_in(self) -> None:
        table = Table({"a": "1"})
        matrix(table, "a", dao_conf=DaoConf(hologres_name="h"))
        (dao,) = table.opened
        assert (dao.adapter_type, dao.hologres_name, dao.hologres_table_name) == (
            "hologres",
            "h",
            "embeddings",
        )

    def test_a_view_needs_no_table(self) -> None:
        table = Table({"a": "1"})
        view = DaoConf(adapter_type="featurestore", feature_store_view_name="items")
        assert matrix(table, "a", dao_conf=view, table_name="")[0] == [[1.0]]
        assert table.opened[0].feature_store_view_name == "items"

    def test_properties_without_a_source(self) -> None:
        embeddings = Embeddings(EmbeddingConf(embedding_column="v"), Resources(NoFeatures()))
        found = embeddings.matrix([item("a", v="0;5"), item("b", v=[1, 0])], context())
        assert found is None
        embeddings = Embeddings(
            EmbeddingConf(embedding_column="v", embedding_separator=";"), Resources(NoFeatures())
        )
        found = embeddings.matrix([item("a", v="0;5"), item("b", v=[1, 0])], context())
        assert found is not None and found.tolist() == [[0, 1], [1, 0]]

    def test_a_source_that_is_not_configured_is_refused_with_its_path(self) -> None:
        with pytest.raises(InvalidConfig) as error:
            Embeddings(EmbeddingConf(table_name="t"), Resources(NoFeatures()))
        assert [problem.path for problem in error.value.problems] == ["DaoConf.AdapterType"]


class TestVectors:
    def test_what_is_no_number_counts_as_zero(self) -> None:
        table = Table({"a": "{3,x}", "b": [None, 2.0], "c": "{inf,nan,1}", "d": "0,0"})
        assert matrix(table, "a", "b")[0] == [[1, 0], [0, 1]]
        assert matrix(table, "c")[0] == [[0, 0, 1]]
        assert matrix(table, "d")[0] == [[0, 0]]

    def test_lengths_may_be_kept(self) -> None:
        assert matrix(Table({"a": "3,4"}), "a", normalize_emb="False")[0] == [[3, 4]]


class TestMissing:
    def test_a_missing_one_has_a_direction_of_its_own(self) -> None:
        table = Table({"a": "1,0", "b": "0,1"})
        (_, _, first), _ = matrix(table, "a", "b", "m")
        (_, _, second), _ = matrix(table, "a", "b", "m")
        (_, _, other), _ = matrix(table, "a", "b", "n")
        assert first == second != other
        assert math.isclose(math.hypot(*first), 1)

    @pytest.mark.parametrize(("threshold", "there"), [(0.0, True), (0.5, True), (0.49, False)])
    def test_too_many_missing(self, threshold: float, there: bool) -> None:
        found, notes = matrix(Table({"a": "1"}), "a", "b", emb_missed_threshold=threshold)
        assert (found is not None) is there
        assert notes == ([] if there else ["embeddings are missing for 1 of 2 items: the order stays"])

    def test_none_at_all(self) -> None:
        assert matrix(Table({}), "a", emb_missed_threshold=1.0)[0] is None
        assert matrix(Table({"a": None, "b": ""}), "a", "b")[0] is None

    def test_different_lengths(self) -> None:
        found, notes = matrix(Table({"a": "1", "b": "1,2"}), "a", "b")
        assert found is None
        assert notes == ["embeddings differ in length: the order stays"]

    def test_a_source_that_fails(self) -> None:
        found, notes = matrix(Table(down=True), "a")
        assert found is None
        assert notes == ["embeddings cannot be read: the table is gone"]


class TestCandidates:
    items = [item("a", 0.1), item("b", 0.4), item("c", 0.9), item("d", 0.5), item("e", 0.8)]

    @pytest.mark.parametrize(
        ("conf", "size", "expected"),
        [
            ({}, 2, "abcde"),
            ({"candidate_count": 3}, 2, "ced"),
            ({"candidate_count": 3}, 4, "cedb"),
            ({"candidate_count": 3}, 5, "abcde"),
            ({"min_score_percent": 0.5}, 1, "ced"),
            ({"min_score_percent": 0.5}, 4, "cedb"),
            ({"candidate_count": 4, "min_score_percent": 0.1}, 1, "cedb"),
        ],
    )
    def test_the_best_take_part(self, conf: dict[str, Any], size: int, expected: str) -> None:
        assert ids(candidates(self.items, EmbeddingConf(**conf), size)) == expected

    def test_scores_of_zero_are_not_compared(self) -> None:
        assert ids(candidates([item("a"), item("b")], EmbeddingConf(min_score_percent=0.5), 1)) == "ab"


def test_some_recalls_stand_apart() -> None:
    given = [item("a"), item("x", retrieve_id="cold"), item("b")]
    assert ids(arranged(given, ("cold",), lambda ours: ours[::-1])) == "bax"
    assert ids(arranged(given, ("cold", "r1"), lambda ours: ours[:1])) == "axb"


def test_ids_of_any_kind_have_directions() -> None:
    found, _ = matrix(Table({"a": "1,0"}), "a", "\ud800", emb_missed_threshold=0.9)
    assert np.isfinite(found).all()
