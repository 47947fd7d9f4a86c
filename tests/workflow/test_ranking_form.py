"""The ranking form: targets in one line, and SQL that gives no number told before anything is generated."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig, NotFound
from pairec_cli.domain.solution import Ranking, RankingTarget, Solution
from pairec_cli.workflow import solution_document, solutions
from pairec_cli.workflow.ranking_form import parse_target, sql_problems

CLICK = "max(if(event='click',1,0))"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (f"is_click={CLICK}", {"expression": CLICK}),
        (f"is_click={CLICK}:classification", {"expression": CLICK, "type": "classification", "depends": []}),
        (
            " is_click = sum(playtime) : regression : a, b ",
            {"expression": "sum(playtime)", "type": "regression", "depends": ["a", "b"]},
        ),
        ("is_click=max(if(event='a:b',1,0))", {"expression": "max(if(event='a:b',1,0))"}),
        ("is_click=count(*)=2", {"expression": "count(*)=2"}),
    ],
)
def test_a_target_in_one_line(text: str, fields: dict[str, object]) -> None:
    assert parse_target(text) == {"name": "is_click", **fields}


@pytest.mark.parametrize("text", ["is_click", "=max(1)", "is click=1", "is_click="])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(InvalidConfig, match="write NAME=EXPRESSION"):
        parse_target(text)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (CLICK, None),
        ("ln(sum(playtime)+1)", None),
        ("max(net_type='4g')", None),
        ("count(distinct page)", None),
        ("sum(plytime)", "did you mean playtime?"),
        ("max(event)", "this gives STRING"),
        ("playtime", "playtime stands in no aggregate"),
        ("sum(playtime) / playtime", "playtime stands in no aggregate"),
        ("sum(playtime) over ()", "window function"),
        ("nope(playtime)", "unknown function NOPE"),
        ("max(if(event='click',1,0)", "Expecting )"),
        ("1; drop table x", "must be one expression"),
        ("1, 2", "must be one expression"),
        ("max('it''s", "never closed"),
    ],
)
def test_a_target_must_be_an_aggregate_of_the_log(expression: str, told: str | None) -> None:
    ranking = Ranking(targets=(RankingTarget(expression=expression),), rank_score="1")
    problems = sql_problems(Solution(ranking=ranking))
    assert [problem.path for problem in problems] == ["ranking.targets[0].expression"] * (told is not None)
    assert told is None or told in problems[0].message


def test_the_sample_weight_is_checked_too() -> None:
    problems = sql_problems(Solution(ranking=Ranking(sample_weight="max(page)")))
    assert [problem.path for problem in problems] == ["ranking.sample_weight"]
    assert sql_problems(Solution()) == []


def configured(ranking: Ranking | None, **changes: object) -> Ranking | None:
    document = solution_document.write(Solution(ranking=ranking))
    values = changes.pop("values", {})
    return solution_document.read(solutions.configure(document, values, **changes)).ranking  # type: ignore[arg-type]  # names of options


def test_a_field_of_no_ranking_makes_one() -> None:
    assert configured(None, values={"ranking.training_days": "14"}) == Ranking(training_days=14)
    assert configured(None, values={"ranking.model": "multi_tower"}) == Ranking(model="multi_tower")
    assert configured(Ranking(), values={"ranking": "null"}) is None
    changed = configured(Ranking(), values={"ranking.targets[ln_playtime].weight": "0.5"})
    assert changed is not None
    assert [target.weight for target in changed.targets] == [1.0, 0.5]


def test_targets_are_added_replaced_and_taken_out() -> None:
    praise = "is_praise=max(if(event='praise',1,0)):classification:is_click"
    more = configured(Ranking(), add_targets=[praise, "is_click=count(*)"])
    assert more is not None
    assert [target.name for target in more.targets] == ["is_click", "ln_playtime", "is_praise"]
    assert (more.targets[0].expression, more.targets[2].depends) == ("count(*)", ("is_click",))
    assert configured(None, add_targets=[praise]) == configured(Ranking(), add_targets=[praise])
    rest = configured(Ranking(rank_score="${probs_is_click}"), remove_targets=["ln_playtime"])
    assert rest is not None
    assert [target.name for target in rest.targets] == ["is_click"]
    with pytest.raises(NotFound, match="did you mean 'ln_playtime'"):
        configured(Ranking(), remove_targets=["playtime"])
