"""The solution document: the tutorial's defaults, and every mistake told with its path."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import ValidationError

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.solution import Environment, Form, RecallConfig, Solution, parse_solution


class Hot(RecallConfig):
    """A recall of these tests."""

    type: Literal["hot"] = "hot"
    training_days: int = 5
    """Days."""


class Plain(RecallConfig):
    """A recall without a training window."""

    type: Literal["plain"] = "plain"


TYPES: dict[str, type[RecallConfig]] = {"hot": Hot, "plain": Plain}


def problems(document: Any, **lines: int) -> list[str]:
    with pytest.raises(InvalidConfig) as caught:
        parse_solution(document, TYPES, lines=lines)
    return [str(problem) for problem in caught.value.problems]


def test_an_empty_document_is_the_tutorials_solution() -> None:
    solution = parse_solution({}, TYPES)
    assert solution == Solution()
    tables = solution.data_tables
    assert (tables.behavior.event_values, tables.behavior.scene_values) == (
        ("expr", "click", "praise"),
        ("home", "detail"),
    )
    assert (tables.user.tags, tables.item.categorical) == (("tags",), ("category",))
    assert solution.features.periods == (3, 7, 15)
    assert solution.features.key_behaviors == ("expr", "click", "praise")


def test_recalls_are_read_by_their_type() -> None:
    document = {"recalls": [{"type": "hot", "name": "a", "training_days": 9}, {"type": "plain", "name": "b"}]}
    solution = parse_solution(document, TYPES)
    assert solution.recalls == (Hot(name="a", training_days=9), Plain(name="b"))


def test_days_needed_are_training_plus_the_largest_window() -> None:
    recalls = (
        Hot(name="a", training_days=9),
        Hot(name="b", training_days=30, enabled=False),
        Plain(name="c"),
    )
    solution = Solution(recalls=recalls)
    assert [recall.name for recall in solution.enabled_recalls] == ["a", "c"]
    assert (solution.training_days, solution.required_days) == (9, 24)
    assert Solution().required_days == 16


def test_lists_may_be_written_as_in_the_forms() -> None:
    features = parse_solution(
        {"features": {"periods": "7, 3,7", "key_behaviors": "expr|click"}}, TYPES
    ).features
    assert (features.periods, features.key_behaviors) == ((3, 7), ("expr", "click"))
    assert parse_solution({"features": {"periods": 7}}, TYPES).features.periods == (7,)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"nmae": "x"}, "nmae: unknown field; did you mean 'name'?"),
        ({"features": {"priods": [3]}}, "features.priods: unknown field; did you mean 'periods'?"),
        ({"features": {"zzz": 1}}, "features.zzz: unknown field; known: periods, key_behaviors, version, "),
        ({"features": {"periods": []}}, "features.periods: at least one period"),
        ({"features": {"periods": [0]}}, "features.periods[0]: Input should be greater than or equal to 1"),
        ({"features": {"key_behaviors": "a,a"}}, "features.key_behaviors: one to five different events"),
        ({"environment": {"storage_api": "free"}}, "environment.storage_api: write pay-as-you-go or a quota"),
        ({"environment": {"offline_store": "a b"}}, "environment.offline_store: String should match"),
        (
            {"data_tables": {"user": {"user_id": 5}}},
            "data_tables.user.user_id: Input should be a valid string",
        ),
        ({"size": 0}, "size: Input should be greater than or equal to 1, found 0"),
        ({"version": 2}, "version: Input should be 1, found 2"),
        ({"recalls": "hot"}, "recalls: must be a list of recalls"),
        ({"recalls": ["hot"]}, "recalls[0]: must be a mapping with a type"),
        (
            {"recalls": [{"name": "a"}]},
            "recalls[0].type: recall type 'None' does not exist; known: hot, plain",
        ),
        (
            {"recalls": [{"type": "hott", "name": "a"}]},
            "recalls[0].type: recall type 'hott' does not exist; did",
        ),
        ({"recalls": [{"type": "hot"}]}, "recalls[0].name: is required"),
        (
            {"recalls": [{"type": "hot", "name": "a", "trainig_days": 3}]},
            "recalls[0].trainig_days: unknown field",
        ),
        ({"features": {"derived": [{"name": "a"}]}}, "features.derived[0].expression: is required"),
    ],
)
def test_a_mistake_is_told_with_its_path(document: dict[str, Any], said: str) -> None:
    found = problems(document)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    document = {"size": 0, "recalls": [{"type": "hot", "name": "a"}, {"type": "plain", "name": "a"}]}
    assert problems(document, size=4) == [
        "recalls[1].name: 'a' is the name of recalls[0] too; names must differ",
        "size (line 4): Input should be greater than or equal to 1, found 0",
    ]


@pytest.mark.parametrize("quota", ["pay-as-you-go", "ot_1234_p#ot_5678"])
def test_storage_api_quotas(quota: str) -> None:
    assert Environment(storage_api=quota).storage_api == quota


def test_a_solution_never_changes() -> None:
    with pytest.raises(ValidationError):
        Solution().size = 5  # type: ignore[misc]  # that it cannot be set is the test


def test_every_field_has_a_description() -> None:
    def forms(kind: type[Form]) -> set[type[Form]]:
        return {kind}.union(*(forms(child) for child in kind.__subclasses__()))

    ours = [form for form in forms(Form) if form.__module__ == "pairec_cli.domain.solution"]
    assert len(ours) > 8
    nameless = {
        "type",
        "version",
        "environment",
        "data_tables",
        "features",
        "table",
        "behavior",
        "user",
        "item",
    }
    for form in ours:
        for name, field in form.model_fields.items():
            assert field.description or name in nameless, f"{form.__name__}.{name}"
