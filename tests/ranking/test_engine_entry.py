"""The engine's entries of a ranking model."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking, RankingTarget, Solution
from pairec_cli.ranking.engine_entry import algo_conf, rank_conf

SOLUTION = Solution(ranking=Ranking())


def test_the_algorithm() -> None:
    conf = algo_conf(SOLUTION)
    assert (conf["Name"], conf["Type"]) == ("home_rank", "EAS")
    assert conf["EasConf"]["Processor"] == "EasyRec"
    assert conf["EasConf"]["ResponseFuncName"] == "torchrecMutValResponseFunc"
    assert conf["EasConf"]["Outputs"] == ["probs_is_click", "y_ln_playtime"]


def test_the_score_names_outputs_as_the_engine_stores_them() -> None:
    assert rank_conf(SOLUTION) == {
        "RankAlgoList": ["home_rank"],
        "RankScore": "${home_rank_probs_is_click} * (1 + ${home_rank_y_ln_playtime})",
        "Processor": "EasyRec",
    }


def test_a_model_without_towers_answers_without_the_target() -> None:
    """As TorchEasyRec does: `probs`, not `probs_is_click`."""
    for score in ("${probs_is_click} * ${price}", "${probs} * ${price}"):
        form = Ranking(model="multi_tower", targets=(RankingTarget(),), rank_score=score)
        solution = Solution(ranking=form)
        assert algo_conf(solution)["EasConf"]["Outputs"] == ["probs"]
        assert rank_conf(solution)["RankScore"] == "${home_rank_probs} * ${price}"


def test_other_names_in_the_score_stay() -> None:
    form = Ranking(name="fine", rank_score="${probs_is_click} + ${current_score} * ${ctr}")
    score = rank_conf(Solution(name="s", ranking=form))["RankScore"]
    assert score == "${s_fine_probs_is_click} + ${current_score} * ${ctr}"
