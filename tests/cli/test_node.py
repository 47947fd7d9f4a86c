"""`pairec node`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import LAST_DAY, Pairec

HOT = "home_global_hot_v1"
USER_TABLE = "rec_sln_demo_user_table_v1"


def script_of(deployed: Path, node: str) -> Path:
    return next((deployed / "dataworks").rglob(f"{node}.sql"))


def test_list_and_search(pairec: Pairec, deployed: Path) -> None:
    rows = {row["node"]: row for row in pairec("node", "list", "-f", "json").json}
    assert rows[USER_TABLE]["recurrence"] == "Pause"
    assert rows[HOT]["recurrence"] == "Normal"
    assert (rows[HOT]["state"], rows[HOT]["last_ds"]) == ("ok", LAST_DAY)
    assert rows[USER_TABLE]["state"] == "frozen"
    assert not rows[HOT]["edited"]
    found = {row["node"] for row in pairec("node", "list", "--search", "global_hot", "-f", "json").json}
    assert HOT in found
    assert len(found) < len(rows)


def test_show_prints_the_script(pairec: Pairec, deployed: Path) -> None:
    shown = pairec("node", "show", HOT)
    assert script_of(deployed, HOT).read_text().strip() in shown.out
    document = pairec("node", "show", HOT, "-f", "json").json
    assert document["script"] == script_of(deployed, HOT).read_text()
    assert document["outputs"] == [f"project_mc.{HOT}"]


def test_an_edit_is_in_place_and_runs(pairec: Pairec, deployed: Path) -> None:
    script = script_of(deployed, HOT)
    mine = deployed.parent / "mine.sql"
    mine.write_text(script.read_text() + "-- mine\n")
    dry = pairec("node", "edit", HOT, "--file", str(mine), "--dry-run")
    assert "+-- mine" in dry.out
    assert "-- mine" not in script.read_text()
    done = pairec("node", "edit", HOT, "--file", str(mine))
    assert done.code == 0
    assert done.err.endswith("Next: pairec backfill plan\n")
    assert script.read_text().endswith("-- mine\n")
    assert pairec("node", "list", "--search", "global_hot", "-f", "json").json[0]["edited"]
    assert "as it was" in pairec("node", "edit", HOT, "--file", str(mine)).err
    ran = pairec("node", "run", HOT, "--ds", LAST_DAY)
    assert ran.code == 0
    assert "1 rows" in ran.err
    assert "ok: 1 rows" in pairec("node", "log", HOT).out


def test_an_editor_edits_a_draft(
    pairec: Pairec, deployed: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    editor = folder / "editor"
    editor.write_text('#!/bin/sh\necho "-- edited" >> "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setattr("sys.stdin", Terminal())
    assert pairec("node", "edit", HOT).code == 0
    assert script_of(deployed, HOT).read_text().endswith("-- edited\n")
    editor.write_text("#!/bin/sh\nexit 1\n")
    assert pairec("node", "edit", HOT).code == 130


def test_a_syntax_error_is_refused_with_its_line_and_kept_when_forced(pairec: Pairec, deployed: Path) -> None:
    script = script_of(deployed, HOT)
    before = script.read_text()
    bad = deployed.parent / "bad.sql"
    bad.write_text(before + "\nSELEC 1;\n")
    line = len(bad.read_text().splitlines())
    refused = pairec("node", "edit", HOT, "--file", str(bad))
    assert refused.code == 1
    assert f"line {line}" in refused.err
    assert "--force" in refused.err
    assert script.read_text() == before
    forced = pairec("node", "edit", HOT, "--file", str(bad), "--force")
    assert forced.code == 0
    assert f"line {line}" in forced.err
    failed = pairec("node", "run", HOT, "--ds", LAST_DAY)
    assert failed.code == 1
    assert f"line {line}" in failed.err
    assert f"hint: pairec node log {HOT} --ds {LAST_DAY}" in failed.err


def test_freeze_and_unfreeze(pairec: Pairec, deployed: Path) -> None:
    assert "all of them are frozen already" in pairec("node", "freeze", USER_TABLE).err
    dry = pairec("node", "unfreeze", USER_TABLE, HOT, "--dry-run")
    assert f"would run again: {USER_TABLE}\n" in dry.err
    assert pairec("node", "unfreeze", USER_TABLE, HOT).err.startswith(f"run again: {USER_TABLE}\n")
    assert "none of them is frozen" in pairec("node", "unfreeze", USER_TABLE).err
    frozen = pairec("node", "freeze", USER_TABLE)
    assert frozen.err.startswith(f"frozen: {USER_TABLE}\n")
    assert "nodes wait for them" in frozen.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("show", "home_global_ht_v1"), 1, f"did you mean '{HOT}'?"),
        (("freeze", HOT, "home_global_ht_v1"), 1, f"did you mean '{HOT}'?"),
        (("log", HOT, "--ds", "20200101"), 1, "hint: pairec node run"),
        (("run", HOT, "--ds", "20990101"), 1, "is not over yet"),
        (("run", HOT, "--ds", "2025"), 2, "'2025' is not a day"),
        (("edit", HOT, "--file", "none.sql"), 1, "none.sql"),
        (("edit", HOT), 2, "--file"),
        (("edit", HOT, "--parameter", "x"), 2, "'x' is not of the form"),
    ],
)
def test_bad_input(
    pairec: Pairec,
    deployed: Path,
    arguments: tuple[str, ...],
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    result = pairec("node", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err
