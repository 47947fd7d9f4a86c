from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.package import Package
from pairec_cli.workflow.archive import pack, read_nodes, unpack
from pairec_cli.workflow.flowspec import node_files
from tests.workflow.nodes import package_of, sql_node


def package(script: str = "select 1;\n") -> Package:
    return package_of(
        sql_node("a", script, outputs=("mc.a",)), sql_node("b", inputs=("mc.a",), outputs=("mc.b",))
    )


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_a_package_survives_the_zip_whatever_its_scripts_hold(script: str) -> None:
    made = package(script)
    assert unpack(pack(made), "x.zip") == made


def test_equal_packages_give_equal_bytes() -> None:
    shuffled = package()
    files = dict(reversed(list(shuffled.files.items())))
    assert pack(package()) == pack(Package(shuffled.name, shuffled.workflow, files))
    assert pack(package()) != pack(package("select 2;\n"))


def test_the_zip_is_laid_out_for_migration_assistant() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(package()))) as archive:
        names = archive.namelist()
        assert archive.read("pairec_demo/SPEC.FORMAT") == b""
    folder = "pairec_demo/DataStudio/Business Flow/Flow/MaxCompute/Data Analytics/a"
    assert {f"{folder}/a.sql", f"{folder}/a.schedule.json", "pairec_demo/PaiRec/engine.json"} <= set(names)


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def contents() -> dict[str, str]:
    made = package()
    return {"top/SPEC.FORMAT": "", **{f"top/{path}": text for path, text in made.files.items()}}


@pytest.mark.parametrize("path", ["/etc/passwd", "top/../../x", "top\\..\\x"])
def test_a_path_that_leaves_the_folder_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="unsafe path"):
        unpack(zipped({**contents(), path: ""}), "x.zip")


def broken_member() -> bytes:
    data = bytearray(pack(package("select 'a rather long script so that it is deflated';\n" * 9)))
    at = data.index(b"a.sql") + len("a.sql")
    data[at : at + 8] = b"\xff" * 8
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"no zip", "is not a package"),
        (zipped({}), "no SPEC.FORMAT"),
        (zipped({"top/readme": "", "other/SPEC.FORMAT": ""}), "no SPEC.FORMAT"),
        (zipped({"top/deep/SPEC.FORMAT": ""}), "no SPEC.FORMAT"),
        (zipped({"top/SPEC.FORMAT": ""}), "holds 0 workflows"),
        (zipped({**contents(), "top/DataStudio/Business Flow/Two/x": ""}), "holds 2 workflows"),
        (broken_member(), "is not a package"),
    ],
)
def test_what_is_no_package_is_refused_with_its_address(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        unpack(data, "oss://bucket/x.zip")
    assert "oss://bucket/x.zip" in caught.value.message


def test_a_schedule_without_its_code_is_refused() -> None:
    files = node_files(sql_node("a"), "Flow")
    del files["MaxCompute/Data Analytics/a/a.sql"]
    with pytest.raises(InvalidInput, match="no code file"):
        read_nodes("Flow", files)


def test_a_schedule_that_is_no_json_is_refused() -> None:
    files = node_files(sql_node("a"), "Flow")
    files["MaxCompute/Data Analytics/a/a.schedule.json"] = "{"
    with pytest.raises(InvalidInput, match="is not JSON"):
        read_nodes("Flow", files)
