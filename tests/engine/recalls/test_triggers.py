"""Trigger ids of a user's groups."""

from __future__ import annotations

import pytest

from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.recalls.triggers import TriggerConf, trigger_ids

AGE = TriggerConf("age", boundaries=(20, 30, 40))


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (19, "<=20"),
        (20, "<=20"),
        (21, "20-30"),
        (30, "20-30"),
        (40, "30-40"),
        (41, ">40"),
        (30.9, "20-30"),
        ("25", "20-30"),
        ("old", "<=20"),
        (None, "<=20"),
    ],
)
def test_a_boundary_belongs_to_the_range_below(age: object, text: str) -> None:
    assert trigger_ids([AGE], {"age": age}) == [text]


def test_a_property_that_is_missing_is_the_default_even_with_boundaries() -> None:
    confs = [TriggerConf("sex"), TriggerConf("city", "nowhere"), AGE]
    assert trigger_ids(confs, {}) == ["NULL_nowhere_NULL"]
    assert trigger_ids(confs, {"sex": True, "city": "hz", "age": 50}) == ["NULL_hz_>40"]


def test_floats_have_no_trailing_zeros() -> None:
    assert trigger_ids([TriggerConf("x"), TriggerConf("y")], {"x": 5.0, "y": 0.5}) == ["5_0.5"]


def test_lists_give_every_combination_once() -> None:
    confs = [TriggerConf("likes"), TriggerConf("sex"), AGE]
    user = {"likes": ["p", "q", "p"], "sex": "m", "age": [10, 50]}
    assert trigger_ids(confs, user) == ["p_m_<=20", "p_m_>40", "q_m_<=20", "q_m_>40"]
    assert trigger_ids(confs, {"likes": []}) == ["NULL_NULL_NULL"]


def test_boundaries_that_do_not_rise_are_a_doubt() -> None:
    findings = Findings()
    decode(TriggerConf, {"TriggerKey": "age", "Boundaries": [30, 20]}, "Triggers[0]", findings)
    assert [problem.path for problem in findings.warnings] == ["Triggers[0].Boundaries"]
