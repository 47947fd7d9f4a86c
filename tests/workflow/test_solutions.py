"""Solutions: defaults, changes by path, versions, what tables they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import AlreadyExists, DataError, InvalidConfig, InvalidInput, NotFound
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.project import Project
from pairec_cli.workflow import solution_document, solutions
from pairec_cli.workflow.feature_list import list_features
from pairec_cli.workflow.solutions import (
    configure,
    current,
    current_record,
    default_solution,
    examine,
    recall_titles,
    refuse_overwriting,
    registered_name,
    resolved,
    save,
    write_files,
)
from tests.workflow import tiny


@pytest.fixture
def document(project: Project) -> str:
    return solution_document.write(default_solution(project.instance, "demo", "HomePage"))


def read(document: str) -> Solution:
    return solution_document.read(document)


def test_the_default_is_the_tutorials_on_the_instances_resources(project: Project) -> None:
    solution = default_solution(project.instance, "demo", "HomePage")
    bound = project.instance.bindings
    assert (solution.environment.offline_store, solution.environment.oss_bucket) == (
        bound.maxcompute_project,
        bound.oss_bucket,
    )
    assert [recall.type for recall in solution.recalls] == ["etrec_u2i", "global_hot"]
    assert solution.features.periods == (3, 7, 15)
    assert solution.required_days == 45


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("size", "20", 20),
        ("features.periods", "3,7", (3, 7)),
        ("features.periods", "[21]", (21,)),
        ("features.scene_counts", "true", True),
        ("data_tables.user.register_time", "null", None),
        ("data_tables.behavior.user_categorical", "net_type|page", ("net_type", "page")),
        ("recalls[0].trigger_count", "20", 20),
        ("recalls[global_hot].adj_factor", "2.5", 2.5),
        ("recalls[0].i2i.top_n", "50", 50),
        ("recalls[etrec_u2i].behavior_weights", "{click: 1, praise: 3}", {"click": 1.0, "praise": 3.0}),
        ("recalls[1].name", "popular", "popular"),
    ],
)
def test_a_field_is_set_by_its_path(document: str, path: str, text: str, expected: object) -> None:
    changed = configure(document, {path: text})
    value: object = solutions.plain(read(changed))
    for part in path.replace("]", "").replace("[", ".").split("."):
        if isinstance(value, list):
            names = [entry["name"] for entry in value]
            value = value[int(part) if part.isdigit() else names.index(part)]
        else:
            assert isinstance(value, dict)
            value = value[part]
    assert value == (list(expected) if isinstance(expected, tuple) else expected)


def test_everything_else_stays_as_it_was(document: str) -> None:
    changed = configure(document, {"size": "20"})
    assert configure(changed, {"size": "10"}) == document
    assert [a for a, b in zip(document.splitlines(), changed.splitlines(), strict=True) if a != b] == [
        "size: 10"
    ]


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("sise", "1", "field 'sise' does not exist; did you mean 'size'"),
        ("features.period", "1", "did you mean 'periods'"),
        ("featurs.periods", "1", "did you mean 'features'"),
        ("recalls[7].name", "x", "entry '7' does not exist; known: etrec_u2i, global_hot"),
        ("recalls[global_hott].name", "x", "did you mean 'global_hot'"),
        ("recalls.name", "x", "has no field 'name'"),
        ("size.more", "x", "has no field 'more'"),
        ("size", "zero", "valid integer"),
        ("size", "0", "greater than or equal to 1, found 0"),
        ("features.periods", "[3", "is not YAML"),
        ("recalls[0].type", "etrek", "recall type 'etrek' does not exist"),
        ("recalls[1].name", "etrec_u2i", "names must differ"),
    ],
)
def test_a_path_or_value_that_cannot_be_is_refused(document: str, path: str, text: str, told: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        configure(document, {path: text})
    assert told in caught.value.message
    assert caught.value.problems[0].path.startswith(path.split(".name")[0])


def test_recalls_are_added_and_taken_out(document: str) -> None:
    changed = configure(
        document, {"recalls[hot2].top_n": "5"}, add=["global_hot:hot2"], remove=["global_hot"]
    )
    assert [(recall.type, recall.name) for recall in read(changed).recalls] == [
        ("etrec_u2i", "etrec_u2i"),
        ("global_hot", "hot2"),
    ]
    with pytest.raises(NotFound, match="did you mean 'global_hot'"):
        configure(document, {}, remove=["global_hto"])
    with pytest.raises(InvalidConfig, match=r"recalls\[2\]\.type: recall type 'etrek_u2i' does not exist"):
        configure(document, {}, add=["etrek_u2i"])


def test_lists_per_user_come_before_lists_for_all(document: str) -> None:
    added = solution_document.read(configure(document, {}, add=["group_hot", "swing_u2i", "global_hot:b"]))
    names = [recall.name for recall in added.recalls]
    assert names == ["etrec_u2i", "swing_u2i", "global_hot", "group_hot", "b"]


def test_a_recall_is_switched_off_and_on_with_its_settings(document: str) -> None:
    off = configure(document, {"recalls[global_hot].top_n": "5"}, disable=["global_hot"])
    read = solution_document.read(off)
    assert [recall.name for recall in read.enabled_recalls] == ["etrec_u2i"]
    on = solution_document.read(configure(off, {}, enable=["global_hot"]))
    assert [recall.name for recall in on.enabled_recalls] == [recall.name for recall in on.recalls]
    assert next(recall for recall in on.recalls if recall.name == "global_hot").model_dump()["top_n"] == 5
    with pytest.raises(NotFound, match="did you mean 'global_hot'"):
        configure(document, {}, disable=["global_hto"])


def test_every_recall_has_a_title() -> None:
    assert all(recall_titles().values())
    assert {"etrec_u2i", "global_hot"} <= recall_titles().keys()


def test_versions_are_kept_and_the_same_document_is_one(solved: Project) -> None:
    text = tiny.document(solved)
    assert save(solved, text)[0].number == 1
    changed = configure(text, {"size": "20"})
    version, solution = save(solved, changed, comment="more")
    assert (version.number, version.comment, solution.size) == (2, "more", 20)
    assert [one.number for one in solutions.history(solved, tiny.NAME)] == [1, 2]
    assert current(solved)[1].size == 20


def test_what_is_not_valid_is_not_kept(solved: Project) -> None:
    bad = tiny.document(solved).replace("event_time: event_time", "event_time: evnt_time")
    with pytest.raises(InvalidConfig, match=r"event_time \(line \d+\): column of project_mc"):
        save(solved, bad.replace("HomePage", "Homepage"))
    assert [one.number for one in solutions.history(solved, tiny.NAME)] == [1]


def test_scenario_tables_and_columns_are_told_together(solved: Project) -> None:
    solved.control.tables.remove("demo", "user table")
    text = tiny.document(solved).replace("scenario: HomePage", "scenario: Homepage")
    text = text.replace("author: author", "author: autor").replace(
        "table: rec_sln_demo_behavior_table_v1", "table: item table"
    )
    problems = {problem.path: problem.message for problem in examine(solved, text)}
    assert problems["scenario"] == (
        "scenario 'Homepage' does not exist; did you mean 'HomePage'? (pairec scenario create Homepage)"
    )
    assert problems["data_tables.user.table"].endswith(
        "(pairec table register rec_sln_demo_user_table_v1 --role user)"
    )
    assert "did you mean 'author'" in problems["data_tables.item.author"]
    assert problems["data_tables.behavior.table"].startswith(
        "'item table' is registered as the item table, not as the behavior table"
    )
    assert len(problems) == 4


def test_a_recall_serves_scenarios_of_its_solution(solved: Project) -> None:
    solved.control.scenarios.create("demo", "Detail")
    text = configure(tiny.document(solved), {"recalls[global_hot].scenarios": "HomePage, Detail, Cart"})
    problems = {problem.path: problem.message for problem in examine(solved, text)}
    assert set(problems) == {"recalls[1].scenarios[1]", "recalls[1].scenarios[2]"}
    assert "known: HomePage" in problems["recalls[1].scenarios[1]"]
    more = configure(text, {"other_scenarios": "Detail, Cart"})
    assert [problem.path for problem in examine(solved, more)] == ["other_scenarios[1]"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("age", "'age' is given 2 times"), ("user__cnt_click_3d", "would be named 'user__cnt_click_3d'")],
)
def test_features_of_one_name_are_told(solved: Project, name: str, told: str) -> None:
    derived = f'[{{name: {name}, expression: "1"}}]'
    text = configure(tiny.document(solved), {"features.derived": derived})
    [problem] = examine(solved, text)
    assert told in problem.message
    assert problem.line is not None


def test_a_table_is_found_by_any_of_its_names(solved: Project) -> None:
    table = TableName("project_mc", "rec_sln_demo_user_table_v1")
    for name in ("user table", table.table, str(table)):
        assert registered_name(solved.control, "demo", TableRole.USER, name, "project_mc") == table
    with pytest.raises(DataError, match="is registered as the user table, not as the item table"):
        registered_name(solved.control, "demo", TableRole.ITEM, "user table", "project_mc")
    with pytest.raises(NotFound, match="did you mean 'user table'") as caught:
        registered_name(solved.control, "demo", TableRole.USER, "user tabel", "project_mc")
    assert caught.value.hint == "pairec table register user tabel --role user"


def test_of_two_projects_the_solutions_own_is_meant(solved: Project) -> None:
    other = TableName("other_mc", "rec_sln_demo_user_table_v1")
    solved.control.tables.register("demo", "Other", other, TableRole.USER)
    lookup = {
        project: registered_name(solved.control, "demo", TableRole.USER, other.table, project)
        for project in ("project_mc", "other_mc")
    }
    assert lookup == {"project_mc": TableName("project_mc", other.table), "other_mc": other}


def test_display_names_are_resolved_to_tables(solved: Project) -> None:
    text = configure(tiny.document(solved), {"data_tables.user.table": "user table"})
    tables = resolved(solved, read(text)).data_tables
    assert tables.user.table == "project_mc.rec_sln_demo_user_table_v1"


def test_the_only_solution_need_not_be_named(solved: Project) -> None:
    assert current_record(solved).name == tiny.NAME
    save(solved, tiny.document(solved).replace("name: tiny", "name: second"))
    with pytest.raises(InvalidInput, match="several solutions exist: tiny, second"):
        current_record(solved)
    assert current(solved, "second")[1].name == "second"
    with pytest.raises(NotFound, match="did you mean 'tiny'"):
        current(solved, "tinny")


def test_without_a_solution_the_next_step_is_told(project: Project) -> None:
    with pytest.raises(InvalidInput, match="no solution exists") as caught:
        current_record(project)
    assert caught.value.hint == "pairec solution create"


def test_the_document_goes_to_a_folder_and_another_is_not_overwritten(tmp_path: Path, document: str) -> None:
    refuse_overwriting(tmp_path, document)
    files = write_files(tmp_path / "new", document)
    assert [path.name for path in files] == ["solution.yaml", "solution.schema.json"]
    assert files[0].read_text() == document
    refuse_overwriting(tmp_path / "new", document)
    with pytest.raises(AlreadyExists, match="holds another document"):
        refuse_overwriting(tmp_path / "new", document + "# mine\n")


def test_features_are_listed_by_side_kind_window_and_text(solved: Project) -> None:
    every = list_features(solved)
    assert {spec.side.value for spec in every} == {"user", "item"}
    ratios = list_features(solved, side="user", kind="ratio", window=3)
    assert [spec.name for spec in ratios] == [
        "user__ratio_click_expr_3d",
        "user__ratio_praise_expr_3d",
        "user__ratio_praise_click_3d",
    ]
    assert {spec.name for spec in list_features(solved, search="GENDER")} >= {"gender"}
    assert list_features(solved, search="no such thing") == []
    for options, told in (
        ({"kind": "rato"}, "did you mean 'ratio'"),
        ({"side": "users"}, "did you mean 'user'"),
        ({"window": 7}, "window '7' does not exist; known: 1, 3"),
    ):
        with pytest.raises(NotFound, match=told):
            list_features(solved, **options)  # type: ignore[arg-type] # one option each
