"""`pairec solution`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pairec_cli.project import Project
from pairec_cli.workflow.solution_document import read
from tests.cli.conftest import Pairec


@pytest.fixture
def tables(deployed: Path) -> Path:
    """A workspace with data, registered tables and a scenario, but no solution."""
    control = Project(deployed).control
    for record in control.solutions.all("demo"):
        control.solutions.delete("demo", record.name, cascade=True)
    return deployed


@pytest.fixture
def created(pairec: Pairec, tables: Path, folder: Path) -> Path:
    """The default solution; its document in the current folder."""
    assert pairec("solution", "create").code == 0
    return folder / "solution.yaml"


def test_create_keeps_a_version_and_writes_the_document(pairec: Pairec, tables: Path, folder: Path) -> None:
    dry = pairec("solution", "create", "mine", "--dry-run")
    assert dry.err == "would create solution 'mine' and write solution.yaml\n"
    assert not (folder / "solution.yaml").exists()
    made = pairec("solution", "create", "mine", "--comment", "first")
    assert made.code == 0
    assert made.err.splitlines() == [
        "solution 'mine' version 1, scenario HomePage, recalls etrec_u2i, global_hot",
        "wrote solution.yaml, solution.schema.json",
        "Next: pairec script generate",
    ]
    text = (folder / "solution.yaml").read_text()
    assert read(text).name == "mine"
    assert "  # Common statistics periods, in days. 21 helps when behavior is sparse.\n  periods:" in text
    assert pairec("solution", "show").out == text
    [row] = pairec("solution", "list", "-f", "json").json
    assert (row["name"], row["version"], row["comment"]) == ("mine", 1, "first")


def test_create_again_changes_nothing(pairec: Pairec, created: Path) -> None:
    before = created.read_text()
    again = pairec("solution", "create")
    assert again.code == 0
    assert again.err.splitlines() == [
        "solution 'home' exists already",
        "Next: pairec solution configure home",
    ]
    assert created.read_text() == before
    assert len(pairec("solution", "history", "-f", "json").json) == 1


def test_create_does_not_overwrite_another_document(pairec: Pairec, created: Path, folder: Path) -> None:
    refused = pairec("solution", "create", "second")
    assert refused.code == 1
    assert "solution.yaml exists and holds another document" in refused.err
    assert len(pairec("solution", "list", "-f", "json").json) == 1
    assert pairec("solution", "create", "second", "--output", "elsewhere").code == 0
    assert read((folder / "elsewhere" / "solution.yaml").read_text()).name == "second"


def test_create_from_a_file_takes_its_name_and_scenario(pairec: Pairec, tables: Path, folder: Path) -> None:
    mine = folder / "mine.yaml"
    mine.write_text("name: mine  # a comment of my own\nscenario: HomePage\n")
    other = pairec("solution", "create", "yours", "--file", "mine.yaml", "--scenario", "Detail")
    assert other.code == 1
    assert "name: is 'mine', but the command says 'yours'" in other.err
    assert "scenario: is 'HomePage', but the command says 'Detail'" in other.err
    assert pairec("solution", "create", "--file", "mine.yaml").code == 0
    assert pairec("solution", "show", "mine").out == mine.read_text()
    assert not (folder / "solution.yaml").exists()


def test_create_refuses_what_is_not_there_or_not_valid(pairec: Pairec, tables: Path, folder: Path) -> None:
    assert "mine.yaml cannot be read" in pairec("solution", "create", "--file", "mine.yaml").err
    (folder / "mine.yaml").write_bytes(b"name: \xff")
    assert "mine.yaml is not UTF-8 text" in pairec("solution", "create", "--file", "mine.yaml").err
    scene = pairec("solution", "create", "--scenario", "Homepage")
    assert scene.code == 1
    assert "did you mean 'HomePage'" in scene.err
    assert pairec("solution", "list", "-f", "json").json == []
    assert not (folder / "solution.yaml").exists()


def test_configure_by_paths_is_a_new_version_and_renews_the_file(pairec: Pairec, created: Path) -> None:
    dry = pairec("solution", "configure", "--set", "size=20", "--dry-run")
    assert "-size: 10\n+size: 20\n" in dry.out
    changed = pairec("solution", "configure", "--set", "size=20", "--set", "recalls[global_hot].top_n=50")
    assert changed.code == 0
    assert changed.err.splitlines() == [
        "solution 'home' version 2",
        "wrote solution.yaml",
        "Next: pairec script generate",
    ]
    assert read(created.read_text()).size == 20
    same = pairec("solution", "configure", "--set", "size=20")
    assert "is as it was, version 2" in same.err
    shown = pairec("solution", "show", "-f", "json").json
    assert [recall.get("top_n") for recall in shown["recalls"]] == [None, 50]
    assert read(pairec("solution", "show", "--version", "1").out).size == 10


def test_configure_leaves_a_file_with_changes_of_its_own(pairec: Pairec, created: Path) -> None:
    mine = created.read_text() + "# mine\n"
    created.write_text(mine)
    changed = pairec("solution", "configure", "--set", "size=20")
    assert "solution.yaml here has changes of its own and stays as it is" in changed.err
    assert created.read_text() == mine


def test_configure_adds_and_removes_recalls(pairec: Pairec, created: Path) -> None:
    options = ("--add-recall", "global_hot:second", "--remove-recall", "global_hot")
    assert pairec("solution", "configure", *options, "--set", "recalls[second].top_n=5").code == 0
    recalls = pairec("solution", "show", "-f", "json").json["recalls"]
    assert [(recall["type"], recall["name"]) for recall in recalls] == [
        ("etrec_u2i", "etrec_u2i"),
        ("global_hot", "second"),
    ]
    unknown = pairec("solution", "configure", "--add-recall", "global_hott")
    assert "recall type 'global_hott' does not exist; did you mean 'global_hot'?" in unknown.err


def test_configure_ranks_with_a_model(pairec: Pairec, created: Path) -> None:
    target = "is_long=max(if(playtime>60,1,0)):classification:is_click"
    done = pairec(
        "solution", "configure", "--ranking-model", "dbmtl", "--ranking-days", "7", "--target", target
    )
    assert done.code == 0, done.err
    ranking = pairec("solution", "show", "-f", "json").json["ranking"]
    assert (ranking["model"], ranking["training_days"]) == ("dbmtl", 7)
    assert [one["name"] for one in ranking["targets"]] == ["is_click", "ln_playtime", "is_long"]
    wrong = pairec("solution", "configure", "--set", "ranking.targets[is_long].expression=max(pagee)")
    assert (wrong.code, "ranking.targets[2].expression" in wrong.err) == (1, True)
    assert "column pagee does not exist" in wrong.err
    assert pairec("solution", "configure", "--no-ranking", "--ranking-days", "3").code == 2
    assert pairec("solution", "configure", "--no-ranking").code == 0
    assert pairec("solution", "show", "-f", "json").json["ranking"] is None


def test_configure_by_file_keeps_the_text(pairec: Pairec, created: Path) -> None:
    text = created.read_text().replace("size: 10", "size: 30  # thirty")
    created.write_text(text)
    changed = pairec("solution", "configure", "--file", "solution.yaml", "--comment", "by hand")
    assert (changed.code, changed.err.splitlines()[0]) == (0, "solution 'home' version 2")
    assert pairec("solution", "show").out == text
    assert [row["comment"] for row in pairec("solution", "history", "-f", "json").json] == ["", "by hand"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Say what to change with --set PATH=VALUE or --file FILE."),
        (("--set", "size"), 2, "is not of the form features.periods=3,7"),
        (("--set", "size=20", "--file", "solution.yaml"), 2, "not both"),
        (("--set", "sise=20"), 1, "did you mean 'size'"),
        (("--set", "size=0"), 1, "size: Input should be greater than or equal to 1, found 0"),
        (("--set", "data_tables.user.categorical=gander"), 1, "did you mean 'gender'"),
        (("--set", "features.key_behaviors=expr,clik"), 1, "event 'clik' does not exist"),
        (("hme", "--set", "size=20"), 1, "did you mean 'home'"),
        (("--remove-recall", "hot"), 1, "recall 'hot' does not exist"),
    ],
)
def test_what_cannot_be_configured_is_refused_and_nothing_is_kept(
    pairec: Pairec, created: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    before = created.read_text()
    refused = pairec("solution", "configure", *arguments)
    assert refused.code == code
    assert told in refused.err
    assert created.read_text() == before
    assert len(pairec("solution", "history", "-f", "json").json) == 1


def test_validate_tells_every_problem_with_its_line(pairec: Pairec, created: Path) -> None:
    text = created.read_text()
    assert pairec("solution", "validate").err == (
        "solution.yaml is valid\nNext: pairec solution configure --file solution.yaml\n"
    )
    spoiled = text.replace("kv_top_n", "kv_topn").replace("event_time: event_time", "event_time: evnt_time")
    created.write_text(spoiled)
    lines = {line.strip(): number for number, line in enumerate(spoiled.splitlines(), 1)}
    told = pairec("solution", "validate")
    assert told.code == 1
    assert (
        f"features.kv_topn (line {lines['kv_topn: 30']}): unknown field; did you mean 'kv_top_n'?" in told.err
    )
    column = f"data_tables.behavior.event_time (line {lines['event_time: evnt_time']}): column of"
    assert column in told.err
    rows = pairec("solution", "validate", "-f", "json")
    assert rows.code == 1
    assert {row["path"]: row["value"] for row in rows.json} == {
        "features.kv_topn": 30,
        "data_tables.behavior.event_time": "evnt_time",
    }
    saved = pairec("solution", "validate", "home")
    assert (saved.code, saved.err) == (0, "solution home is valid\n")


def test_validate_names_the_line_of_a_text_that_is_no_yaml(pairec: Pairec, created: Path) -> None:
    created.write_text("name: home\nfeatures: [1\nsize: 3\n")
    told = pairec("solution", "validate")
    assert told.code == 1
    assert (
        "solution.yaml has 1 problem(s):\n  document (line 3): did not find expected ',' or ']'" in told.err
    )


def test_diff_shows_what_changed_between_versions(pairec: Pairec, created: Path) -> None:
    assert "versions 1 and 1 are equal" in pairec("solution", "diff").err
    for size in ("20", "30"):
        pairec("solution", "configure", "--set", f"size={size}")
    last = pairec("solution", "diff").out.splitlines()
    assert last[:2] == ["--- home version 2", "+++ home version 3"]
    assert last[-2:] == ["-size: 20", "+size: 30"]
    assert "-size: 10\n+size: 30\n" in pairec("solution", "diff", "--version", "1").out
    assert "-size: 10\n+size: 20\n" in pairec("solution", "diff", "--version", "1", "--to", "2").out
    unknown = pairec("solution", "diff", "--version", "1", "--to", "9")
    assert "version of solution 'home' '9' does not exist; known: 1, 2, 3" in unknown.err


def test_schema_is_what_stands_beside_the_document(pairec: Pairec, created: Path, folder: Path) -> None:
    printed = pairec("solution", "schema")
    assert printed.out == (folder / "solution.schema.json").read_text()
    assert printed.json["title"] == "pairec solution"
    assert set(yaml.safe_load(created.read_text())) == set(printed.json["properties"])


def test_without_a_solution_the_next_step_is_told(pairec: Pairec, tables: Path) -> None:
    assert pairec("solution", "list").err.endswith("Next: pairec solution create\n")
    for command in ("show", "history", "diff", "validate"):
        told = pairec("solution", command)
        assert (told.code, told.err) == (1, "error: no solution exists\nhint: pairec solution create\n")
