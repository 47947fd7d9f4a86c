"""What the ranking puts online."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.workflow.ranking_publications import publications, user_columns


def test_nothing_without_a_ranking() -> None:
    for solution in (Solution(), Solution(ranking=Ranking(enabled=False))):
        assert user_columns(solution) == ()
        assert publications(solution) == []


def test_the_columns_that_the_models_inputs_come_from() -> None:
    wanted = ("city", "user__kv_author_click_15d", "item__kv_city_click_15d", "author", "net_type", "user_id")
    ranking = Ranking(select=(*wanted, "click_50_seq"))
    solution = Solution(ranking=ranking)
    assert user_columns(solution) == ("city", "user__kv_author_click_15d")
    sequences, items = publications(solution)
    assert (sequences.view, sequences.key) == ("home_user_id_pre_t_seq_v1", "user_id")
    assert sequences.columns == tuple(
        f"click_50_seq__{field}" for field in ("item_id", "author", "category", "ts")
    )
    assert (items.table, items.key) == ("home_rec_sln_demo_item_table_v1_all_feat_v1", "item_id")
    assert items.columns == ("author", "item__kv_city_click_15d")


def test_no_view_of_sequences_without_sequences() -> None:
    found = publications(Solution(ranking=Ranking(sequence_events=(), select=("author",))))
    assert [one.view for one in found] == ["home_rec_sln_demo_item_table_v1_all_feat_v1"]
