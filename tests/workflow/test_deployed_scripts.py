from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.workflow.deployed_scripts import DeployedScripts, replace_text
from pairec_cli.workflow.flowspec import node_files
from tests.workflow.nodes import sql_node


@pytest.fixture
def scripts(tmp_path: Path) -> DeployedScripts:
    return DeployedScripts(tmp_path / "dw")


def test_nothing_deployed_is_nothing(scripts: DeployedScripts) -> None:
    assert scripts.workflows() == []
    assert scripts.files("Flow") == {}
    assert scripts.workflow("Flow").nodes == ()


def test_nodes_are_read_back_from_their_files(scripts: DeployedScripts) -> None:
    node = sql_node("a", "select 1;\n", inputs=("mc.x",), outputs=("mc.a",))
    scripts.write("Flow", node_files(node, "Flow"))
    assert scripts.workflows() == ["Flow"]
    assert scripts.workflow("Flow").nodes == (node,)
    assert scripts.script_file("Flow", node).read_text() == node.script


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_text_is_kept_to_the_byte(scripts: DeployedScripts, text: str) -> None:
    scripts.write("Flow", {"d/f.sql": text})
    assert scripts.files("Flow") == {"d/f.sql": text}


def test_hidden_files_are_not_the_workflows(scripts: DeployedScripts) -> None:
    scripts.write("Flow", {"d/f.sql": "x", "d/.f.sql.1234": "half"})
    assert scripts.files("Flow") == {"d/f.sql": "x"}


def test_removing_takes_empty_folders_along(scripts: DeployedScripts) -> None:
    scripts.write("Flow", {"a/b/f": "x", "a/g": "y"})
    scripts.remove("Flow", ["a/b/f", "not/there"])
    assert not (scripts.folder / "Flow/a/b").exists()
    assert scripts.files("Flow") == {"a/g": "y"}
    scripts.remove("Flow", ["a/g"])
    assert scripts.files("Flow") == {}


@pytest.mark.parametrize("path", ["../outside", "/tmp/outside", "a/../../outside", "."])
def test_no_path_leaves_the_workflows_folder(scripts: DeployedScripts, path: str) -> None:
    scripts.write("Flow", {"ok": "x"})
    with pytest.raises(InvalidInput, match="leaves the workflow's folder"):
        scripts.write("Flow", {"first": "x", path: "x"})
    with pytest.raises(InvalidInput, match="leaves the workflow's folder"):
        scripts.remove("Flow", [path])
    assert scripts.files("Flow") == {"ok": "x"}


def test_a_file_that_is_no_text_is_refused_by_its_name(scripts: DeployedScripts) -> None:
    scripts.write("Flow", {"d/f.sql": "x"})
    (scripts.folder / "Flow/d/f.sql").write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match=r"f\.sql is not UTF-8"):
        scripts.files("Flow")


def test_replacing_leaves_nothing_beside(tmp_path: Path) -> None:
    replace_text(tmp_path / "x/f", "one")
    replace_text(tmp_path / "x/f", "two")
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["f"]
    assert (tmp_path / "x/f").read_text() == "two"
