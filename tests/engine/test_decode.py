"""JSON into dataclasses, by the rules of the decoder that PAI-Rec's engine uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from pairec_cli.domain.records import Record
from pairec_cli.engine.decode import Findings, decode, json_key


class Inner(Record):
    min_count: int = 3


class Outer(Record):
    unserved: ClassVar[tuple[str, ...]] = ("CacheTime",)

    retain_num: int = 7
    weight: float = 0.5
    shuffle_item: bool = False
    dimension: str = "d"
    recall_names: tuple[str, ...] = ()
    limits: Mapping[str, int] = {}
    inner: Inner = Inner()
    inners: tuple[Inner, ...] = ()
    maybe: Inner | None = None
    anything: Any = None


def read(document: Any, **keys: Any) -> tuple[Outer, Findings]:
    findings = Findings()
    return decode(Outer, document, "X[0]", findings, **keys), findings


def test_keys_match_without_regard_to_case() -> None:
    for key in ("RetainNum", "retainnum", "RETAINNUM"):
        found, findings = read({key: 5})
        assert found.retain_num == 5
        assert not findings.problems + findings.warnings
    assert json_key("retain_num") == "RetainNum"


def test_of_keys_that_differ_in_case_the_last_stands() -> None:
    assert read({"RetainNum": 1, "retainNum": 2})[0].retain_num == 2


def test_every_kind_of_value() -> None:
    document = {
        "Weight": 2,
        "ShuffleItem": True,
        "Dimension": "author",
        "RecallNames": ["a", "b"],
        "Limits": {"Case": 2},
        "Inner": {"minCount": 1},
        "Inners": [{"MinCount": 4}, {}],
        "Maybe": {"MinCount": 9},
        "Anything": [1, {"x": None}],
    }
    found, findings = read(document)
    assert not findings.problems + findings.warnings
    assert found == Outer(
        7,
        2.0,
        True,
        "author",
        ("a", "b"),
        {"Case": 2},
        Inner(1),
        (Inner(4), Inner(3)),
        Inner(9),
        [1, {"x": None}],
    )
    assert isinstance(found.weight, float)


def test_null_leaves_the_default() -> None:
    document = dict.fromkeys(("RetainNum", "Weight", "Dimension", "RecallNames", "Limits", "Inner", "Maybe"))
    found, findings = read(document)
    assert found == Outer()
    assert not findings.problems + findings.warnings


@pytest.mark.parametrize(
    ("key", "value", "path", "message"),
    [
        ("RetainNum", "500", "X[0].RetainNum", "must be an integer, not '500'"),
        ("RetainNum", 1.5, "X[0].RetainNum", "must be an integer, not 1.5"),
        ("RetainNum", True, "X[0].RetainNum", "must be an integer, not true"),
        ("Weight", "x", "X[0].Weight", "must be a number, not 'x'"),
        ("Weight", False, "X[0].Weight", "must be a number, not false"),
        ("ShuffleItem", "true", "X[0].ShuffleItem", "must be true or false, not 'true'"),
        ("Dimension", 3, "X[0].Dimension", "must be a string, not 3"),
        ("RecallNames", "a,b", "X[0].RecallNames", "must be a list, not 'a,b'"),
        ("RecallNames", ["a", 1], "X[0].RecallNames[1]", "must be a string, not 1"),
        ("Limits", ["a"], "X[0].Limits", "must be an object, not a list"),
        ("Limits", {"a": "1"}, "X[0].Limits.a", "must be an integer, not '1'"),
        ("Inner", 3, "X[0].Inner", "must be an object, not 3"),
        ("inners", [{"MinCount": {}}], "X[0].inners[0].MinCount", "must be an integer, not an object"),
    ],
)
def test_wrong_types_are_problems_with_their_path(key: str, value: Any, path: str, message: str) -> None:
    _, findings = read({key: value})
    (problem,) = findings.problems
    assert (problem.path, problem.message) == (path, message)
    assert findings.warnings == []


def test_unknown_keys_are_warnings_with_the_nearest() -> None:
    _, findings = read({"RetainNumm": 1, "Zebra": 2, "Inner": {"MinCnt": 1}})
    assert findings.problems == []
    assert [(warning.path, warning.message) for warning in findings.warnings] == [
        ("X[0].RetainNumm", "is unknown; did you mean 'RetainNum'?"),
        ("X[0].Zebra", "is unknown"),
        ("X[0].Inner.MinCnt", "is unknown; did you mean 'MinCount'?"),
    ]


def test_keys_that_only_pai_rec_serves_are_said_to_have_no_effect() -> None:
    _, findings = read(
        {"CacheTime": 3, "cacheprefix": "x", "Name": "n"}, unserved=("CachePrefix",), also=("Name",)
    )
    assert [warning.path for warning in findings.warnings] == ["X[0].CacheTime", "X[0].cacheprefix"]
    assert {warning.message for warning in findings.warnings} == {
        "is a key of PAI-Rec that has no effect here"
    }


def test_a_document_must_be_an_object() -> None:
    found, findings = read([1])
    assert found == Outer()
    assert [problem.message for problem in findings.problems] == ["must be an object, not a list"]
