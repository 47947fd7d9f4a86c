"""`solution.yaml`: what is written is read back, and what is wrong is told with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.solution import DataTables, DerivedFeature, Features, Solution, SourceTable
from pairec_cli.domain.tables import DEMO_COLUMNS, TableName, TableRole, TableSchema
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.solution_document import (
    check_fields,
    examine,
    json_schema,
    json_schema_text,
    named_columns,
    read,
    scalar,
    write,
)

RECALLS = tuple(config.model_validate({"type": kind}) for kind, config in recall_types().items())
WHOLE = Solution(recalls=RECALLS)


def demo_schema(role: TableRole, form: SourceTable) -> TableSchema:
    """The demo's tables under the names that the forms have by default."""
    if not form.table.startswith(f"rec_sln_demo_{role}_table"):
        raise NotFound(f"registered {role} table", form.table, [f"rec_sln_demo_{role}_table_v1"])
    return TableSchema(TableName("mc", form.table), DEMO_COLUMNS[role])


def found(text: str) -> list[Problem]:
    return examine(text, lambda solution: check_fields(solution, demo_schema))


def told(text: str) -> dict[str, tuple[int | None, str]]:
    return {problem.path: (problem.line, problem.message) for problem in found(text)}


def test_the_default_solution_is_written_and_read_back() -> None:
    assert read(write(WHOLE)) == WHOLE
    assert found(write(WHOLE)) == []


def test_every_field_is_written_under_a_comment_that_says_what_it_is() -> None:
    lines = write(WHOLE).splitlines()
    assert lines[0] == "# yaml-language-server: $schema=solution.schema.json"
    at = lines.index("  periods: [3, 7, 15]")
    assert lines[at - 1].startswith("  # Common statistics periods")
    assert [lines[i - 1] for i, line in enumerate(lines) if "#" not in f"{lines[i - 1]}{line}"] == []
    assert max(map(len, lines)) < 120


def test_a_list_entrys_comment_stands_above_its_dash() -> None:
    derived = DerivedFeature(name="young", expression="age < 30")
    solution = Solution(features=Features(derived=(derived,)))
    text = write(solution)
    assert "  derived:\n    # Column name.\n    - name: young\n      # Table it belongs to.\n" in text
    assert read(text) == solution


texts = st.text(max_size=30)


@settings(max_examples=60, deadline=None)
@given(texts.filter(bool), texts, st.lists(texts, max_size=3), st.lists(st.integers(1, 365), min_size=1))
def test_any_solution_survives_its_document(
    scenario: str, comment: str, names: list[str], periods: list[int]
) -> None:
    tables = DataTables()
    user = tables.user.model_copy(update={"categorical": tuple(names), "node_name": comment})
    solution = Solution(
        scenario=scenario,
        data_tables=tables.model_copy(update={"user": user}),
        features=Features(periods=tuple(periods)),
        recalls=RECALLS,
    )
    assert read(write(solution)) == solution


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
)
def test_a_value_is_yaml_that_means_itself(value: Any) -> None:
    assert yaml.safe_load(scalar(value)) == value
    assert "\n" not in scalar(value)


TYPOS = """\
name: demo
scenario: HomePage
enviroment: {}
features:
  periods: 3,x
  kv_topn: 5
recalls:
  - type: global_hot
    top_n: 0
    adj_facter: 3
  - type: etrec
    name: second
  - type: etrec_u2i
    i2i:
      similarity_type: cosine
"""


def test_every_problem_is_told_at_once_with_its_line_and_the_nearest_name() -> None:
    problems = told(TYPOS)
    assert problems["enviroment"] == (3, "unknown field; did you mean 'environment'?")
    assert problems["features.periods[1]"][0] == 5
    assert "found 'x'" in problems["features.periods[1]"][1]
    assert problems["features.kv_topn"] == (6, "unknown field; did you mean 'kv_top_n'?")
    assert problems["recalls[0].top_n"] == (
        9,
        "Input should be greater than or equal to 1, found 0",
    )
    assert problems["recalls[0].adj_facter"] == (10, "unknown field; did you mean 'adj_factor'?")
    assert problems["recalls[1].type"] == (
        11,
        "recall type 'etrec' does not exist; did you mean 'etrec_u2i'?",
    )
    assert problems["recalls[2].i2i.similarity_type"][0] == 15
    assert "'wbcosine', 'asymcosine' or 'jaccard'" in problems["recalls[2].i2i.similarity_type"][1]
    assert len(problems) == 7


def test_the_problems_values_are_kept() -> None:
    values = {problem.path: problem.value for problem in found(TYPOS)}
    assert (values["recalls[0].top_n"], values["recalls[1].type"]) == (0, "etrec")


FIELDS = """\
name: demo
data_tables:
  behavior:
    event_time: evnt_time
    user_categorical: [net_type, netwrk]
  user:
    table: rec_sln_demo_user_table_v1
    categorical: gender, citi
    partition: dt
  item:
    table: no_such_table
features:
  key_behaviors: [expr, clik]
  unknown_thing: 1
recalls:
  - type: global_hot
    target_event: klick
  - type: etrec_u2i
    behavior_weights: {click: 1, prais: 2}
    seen_events: [exprr]
"""


def test_fields_are_looked_up_among_the_columns_and_events_beside_problems_of_form() -> None:
    problems = told(FIELDS)
    assert problems["data_tables.behavior.event_time"] == (
        4,
        "column of mc.rec_sln_demo_behavior_table_v1 'evnt_time' does not exist; did you mean 'event_time'?",
    )
    assert problems["data_tables.behavior.user_categorical[1]"][0] == 5
    assert "known: " in problems["data_tables.behavior.user_categorical[1]"][1]
    assert problems["data_tables.user.categorical[1]"][0] == 8
    assert problems["data_tables.user.partition"] == (9, "the table is partitioned by ds, not dt")
    assert problems["data_tables.item.table"][0] == 11
    assert problems["features.key_behaviors"] == (13, "event 'clik' does not exist; did you mean 'click'?")
    assert problems["features.unknown_thing"][0] == 14
    assert problems["recalls[0].target_event"] == (
        17,
        "event 'klick' does not exist; did you mean 'click'?",
    )
    assert problems["recalls[1].behavior_weights"][0] == 19
    assert "did you mean 'praise'" in problems["recalls[1].behavior_weights"][1]
    assert problems["recalls[1].seen_events"][0] == 20
    assert len(problems) == 10


def test_a_misspelt_field_is_not_followed_by_complaints_about_its_default() -> None:
    text = "data_tables:\n  user:\n    tabel: my_users\n    user_idd: uid\n"
    assert list(told(text)) == ["data_tables.user.tabel", "data_tables.user.user_idd"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("name: demo\nfeatures: {periods: [3\n", 3, "did not find expected ',' or ']'"),
        ("name: demo\n\tsize: 3\n", 2, "found a tab character"),
        ("a: 'open\n", 2, "unexpected end of stream"),
        ("- name\n", None, "must be a mapping"),
        ("", None, "must be a mapping"),
        ("just a text", None, "must be a mapping"),
        ("size: 2026-13-45\n", None, "month must be in 1..12"),
    ],
)
def test_what_is_no_yaml_mapping_is_told_with_its_line(text: str, line: int | None, message: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        found(text)
    [problem] = caught.value.problems
    assert problem.path == "document"
    assert message in problem.message
    assert problem.line == line
    assert caught.value.hint == solution_document.MEND


def test_a_key_that_stands_twice_is_a_problem() -> None:
    text = "name: demo\nsize: 5\nfeatures:\n  kv_top_n: 3\n  kv_top_n: 4\nsize: 6\n"
    assert told(text) == {
        "features.kv_top_n": (5, "stands twice; the first is on line 4"),
        "size": (6, "stands twice; the first is on line 2"),
    }
    with pytest.raises(InvalidConfig, match="stands twice"):
        read(text)


def test_reading_names_the_source_and_lines() -> None:
    with pytest.raises(InvalidConfig, match=r"mine\.yaml has 1 problem\(s\):\n  size \(line 2\): ") as caught:
        read("name: demo\nsize: 0\n", "mine.yaml")
    assert caught.value.problems[0].value == 0


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(max_size=8) | st.integers(), st.none() | st.integers() | st.text(), max_size=4)
)
def test_any_mapping_is_either_read_or_refused_with_its_problems(body: dict[Any, Any]) -> None:
    text = yaml.safe_dump(body, allow_unicode=True)
    try:
        problems = found(text)
    except InvalidConfig as error:
        problems = error.problems
    assert all(problem.message for problem in problems)


def test_two_recalls_of_one_name_are_refused() -> None:
    text = "recalls:\n  - type: global_hot\n  - type: global_hot\n"
    assert told(text) == {
        "recalls[1].name": (3, "'global_hot' is the name of recalls[0] too; names must differ")
    }


def test_the_forms_columns_are_their_named_fields() -> None:
    names = dict(named_columns(DataTables().item))
    assert names == {
        "item_id": "item_id",
        "author": "author",
        "pub_time": "pub_time",
        "categorical[0]": "category",
        "numeric[0]": "click_count",
        "numeric[1]": "praise_count",
    }


def test_the_schema_knows_every_recall_and_every_field() -> None:
    schema = json_schema()
    assert json.loads(json_schema_text()) == schema
    assert set(schema["properties"]) == set(Solution.model_fields)
    alternatives = {
        schema["$defs"][one["$ref"].rpartition("/")[2]]["properties"]["type"]["const"]
        for one in schema["properties"]["recalls"]["items"]["oneOf"]
    }
    assert alternatives == set(recall_types())
    for reference in references(schema):
        assert reference.removeprefix("#/$defs/") in schema["$defs"]
    assert schema["$defs"]["Features"]["properties"]["periods"]["description"]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if "$ref" in node else []
        return here + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []
