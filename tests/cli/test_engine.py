"""`pairec engine`: filters, sorts, conditions and scores tried from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Pairec

CONFORMANCE = Path(__file__).parents[1] / "conformance"
ITEMS = [{"id": id, "retrieve_id": "r1", "score": score} for id, score in (("a", 0.5), ("b", 0.9))]
TOP1 = {"Name": "top1", "FilterType": "AdjustCountFilter", "RetainNum": 1}
CASE: dict[str, Any] = {"filter_conf": TOP1, "filter_names": {"default": ["top1"]}, "items": ITEMS}


def saved(folder: Path, document: Any, name: str = "case.json") -> str:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def test_a_chain_on_a_case(pairec: Pairec, folder: Path) -> None:
    result = pairec("engine", "filter", "--input", saved(folder, CASE), "--format", "json")
    assert result.code == 0
    ((item,),) = result.json.values()
    assert (item["id"], item["retrieve_id"], item["score"]) == ("a", "r1", 0.5)
    table = pairec("engine", "filter", "--input", saved(folder, CASE))
    assert table.out.splitlines()[2].split() == ["1", "a", "r1", "0.5"]


def test_steps_have_a_result_each(pairec: Pairec, folder: Path) -> None:
    case = saved(folder, {**CASE, "steps": [{}, {"items": []}]})
    steps = pairec("engine", "filter", "--input", case, "--format", "json").json["steps"]
    assert [[item["id"] for item in step["items"]] for step in steps] == [["a"], []]


def test_explain_says_who_dropped_what_and_why(pairec: Pairec, folder: Path) -> None:
    case = saved(folder, CASE)
    document = pairec("engine", "filter", "--input", case, "--explain", "--format", "json").json
    assert document["dropped"] == [{"filter": "top1", "items": ["b"], "why": "RetainNum is full"}]
    assert [row["name"] for row in document["trace"]] == ["top1"]
    assert "RetainNum is full" in pairec("engine", "filter", "--input", case, "--explain").out


def test_a_refused_configuration_is_an_error_object(pairec: Pairec, folder: Path) -> None:
    wrong = saved(folder, {**CASE, "filter_conf": {**TOP1, "RetainNum": "1"}}, "wrong.json")
    result = pairec("engine", "filter", "--input", wrong, "--format", "json")
    assert result.code == 1
    assert "FilterConfs[0].RetainNum: must be an integer" in result.json["error"]["message"]


def test_several_files_give_a_line_each_in_order_refused_ones_too(pairec: Pairec, folder: Path) -> None:
    right = saved(folder, CASE)
    wrong = saved(folder, {**CASE, "filter_conf": {**TOP1, "FilterType": "?"}}, "wrong.json")
    result = pairec("engine", "filter", "--input", right, wrong, right, "--format", "json")
    assert result.code == 1
    first, second, third = map(json.loads, result.out.splitlines())
    assert first == third
    assert second["error"]["type"] == "InvalidConfig"
    assert pairec("engine", "filter", "-i", right, "-i", right).code == 0


def test_a_list_of_cases_gives_a_line_each(pairec: Pairec, folder: Path) -> None:
    result = pairec("engine", "filter", "-i", saved(folder, [CASE, 7, {**CASE, "items": []}]))
    first, second, third = map(json.loads, result.out.splitlines())
    assert ([item["id"] for item in first["items"]], third["items"]) == (["a"], [])
    assert "must be an object" in second["error"]["message"]
    assert (result.code, "case.json[1]: " in result.err) == (1, True)
    everything = pairec("engine", "sort", "-i", str(CONFORMANCE / "sort_cases.json"))
    assert len(everything.out.splitlines()) == len(json.loads((CONFORMANCE / "sort_cases.json").read_text()))


def test_an_engine_configuration_brings_entries(pairec: Pairec, folder: Path) -> None:
    config = saved(folder, {"FilterConfs": [TOP1], "FilterNames": {"default": ["top1"]}}, "engine.json")
    case = saved(folder, {"items": ITEMS})
    result = pairec("engine", "filter", "--input", case, "--config", config, "--format", "json")
    assert [item["id"] for item in result.json["items"]] == ["a"]


def test_what_has_no_effect_is_a_warning(pairec: Pairec, folder: Path) -> None:
    state = {"FilterType": "ConditionFilter", "Name": "c"}
    branch = {"FilterName": "top1", "Conditions": [{"Name": "x", "Operator": "eq", "Type": "int"}]}
    conf = {**state, "ConditionFilterConfs": {"FilterConfs": [branch]}}
    result = pairec("engine", "filter", "--input", saved(folder, {**CASE, "extra_filter_confs": [conf]}))
    assert "Conditions[0].Operator: operator 'eq' is unknown" in result.err
    assert result.err.count("warning") == 1


def test_chance_can_be_repeated(pairec: Pairec, folder: Path) -> None:
    items = [{"id": str(n)} for n in range(50)]
    shuffled = {**TOP1, "RetainNum": 20, "ShuffleItem": True}
    case = saved(folder, {**CASE, "filter_conf": shuffled, "items": items})
    runs = [pairec("engine", "filter", "--input", case, "--seed", seed).out for seed in "112"]
    assert runs[0] == runs[1] != runs[2]


def test_sorts_on_a_case(pairec: Pairec, folder: Path) -> None:
    case = saved(folder, {"items": ITEMS})
    result = pairec("engine", "sort", "--input", case, "--explain", "--format", "json")
    assert [item["id"] for item in result.json["items"]] == ["b", "a"]
    assert [row["name"] for row in result.json["trace"]] == ["ItemRankScore"]


def test_conditions_and_scores_of_a_file_in_order(pairec: Pairec, folder: Path) -> None:
    golden = json.loads((CONFORMANCE / "filterparam_cases.json").read_text("utf-8"))
    file = str(CONFORMANCE / "filterparam_cases.json")
    assert pairec("engine", "eval-condition", "--input", file, "--format", "json").json == [
        row[4] for row in golden["rows"]
    ]
    scores = saved(folder, ["2^3", "10/4"])
    assert pairec("engine", "eval-rankscore", "--input", scores, "--format", "json").json == [8, 2.5]
    two = pairec("engine", "eval-rankscore", "--input", scores, scores, "--format", "json")
    assert two.out.splitlines() == ["[8.0, 2.5]"] * 2
    assert pairec("engine", "eval-rankscore", "--input", scores).out.splitlines()[2].split() == ["1", "8"]


@pytest.mark.parametrize("command", ["filter", "sort", "eval-condition", "eval-rankscore"])
def test_files_that_cannot_be_read(pairec: Pairec, folder: Path, command: str) -> None:
    gone = pairec("engine", command, "--input", "gone.json")
    assert gone.code == 1
    assert "gone.json cannot be read" in gone.err
    assert "is not JSON" in pairec("engine", command, "--input", saved(folder, "{", "half.json")).err
    assert "has 1 problem" in pairec("engine", command, "--input", saved(folder, "3", "three.json")).err
    assert pairec("engine", command).code == 2
