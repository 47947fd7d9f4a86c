"""What people get wrong, at the door: every mistake is named, with the way out, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.cli.main import COMMANDS
from pairec_cli.domain.ds import shift, unix_start
from tests.cli.conftest import LAST_DAY, Pairec

NOON = unix_start(LAST_DAY) + 43_200
BEHAVIOR = "user_id,item_id,event,event_time,request_id,exp_id"
NEEDS_NO_WORKSPACE = {"init"}


def behavior(*rows: str) -> str:
    return "\n".join([BEHAVIOR, *rows, ""])


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("quickstart",),
        ("recommend", "--user", "1"),
        ("serve",),
        ("sql", "SELECT 1"),
        ("run",),
        ("instance", "list"),
        ("data", "generate"),
        ("table", "list"),
        ("scenario", "list"),
        ("solution", "list"),
        ("feature", "list"),
        ("script", "generate"),
        ("deploy", "preview"),
        ("backfill", "plan"),
        ("node", "list"),
        ("rank", "metrics"),
        ("recall", "list"),
    ],
)
def test_no_workspace(pairec: Pairec, folder: Path, command: tuple[str, ...]) -> None:
    result = pairec(*command)
    assert result.code == 1
    assert result.err == f"error: no workspace in {folder} or above it\nhint: pairec init\n"
    assert list(folder.iterdir()) == []


def test_every_command_is_tried_without_a_workspace() -> None:
    mark = next(m for m in test_no_workspace.pytestmark if m.name == "parametrize")  # type: ignore[attr-defined]  # pytest adds it
    tried = {arguments[0] for arguments in mark.args[1]}
    assert tried >= set(COMMANDS) - NEEDS_NO_WORKSPACE - {"engine"}


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        # unknown scene, table, column, recall
        (
            ("recommend", "--user", "1", "--scene", "HomPage"),
            1,
            "scene 'HomPage' does not exist; did you mean",
        ),
        (
            ("data", "preview", "rec_sln_demo_user_tabel_v1"),
            1,
            "did you mean 'project_mc.rec_sln_demo_user_table_v1'",
        ),
        (("table", "register", "nope", "--role", "user"), 1, "table 'project_mc.nope' does not exist"),
        (("sql", "SELECT * FROM nope"), 1, "table 'project_mc.nope' does not exist"),
        (("sql", "SELECT agee FROM rec_sln_demo_user_table_v1"), 1, "agee"),
        (("solution", "configure", "--set", "data_tables.user.categorical=gendr"), 1, "gendr"),
        (("solution", "configure", "--add-recall", "etrec_u2u"), 1, "etrec_u2i"),
        (("solution", "configure", "--remove-recall", "hot"), 1, "recall 'hot' does not exist"),
        (("solution", "configure", "--set", "recalls[hot].top_n=3"), 1, "'hot' does not exist; known: "),
        # a table without the day's partition
        (
            ("data", "preview", "rec_sln_demo_user_table_v1", "--ds", "20200101"),
            1,
            "'20200101' does not exist",
        ),
        (("backfill", "run", "--end", "20240101"), 1, "lacks 202"),
        # ds malformed or in the future
        (("data", "preview", "rec_sln_demo_user_table_v1", "--ds", "20250229"), 2, "'20250229' is not a day"),
        (("data", "generate", "--end", "31.12.2025"), 2, "'31.12.2025' is not a day"),
        (("data", "generate", "--end", "29990101"), 1, "29990101 is not over yet"),
        (("data", "clone", "--bizdate", "2999-01-01"), 1, "29990101 is not over yet"),
        (("backfill", "run", "--end", "29990101"), 1, "29990101 is not over yet"),
        (("run", "--ds", "29990101"), 1, "29990101 is not over yet"),
        (("run", "--ds", "2025"), 2, "'2025' is not a day"),
    ],
)
def test_names_and_days(
    pairec: Pairec, deployed: Path, command: tuple[str, ...], code: int, told: str
) -> None:
    before = pairec("data", "list", "-f", "json").out
    result = pairec(*command)
    assert (result.code, told in result.err) == (code, True), result.err
    assert "Traceback" not in result.err and "this is a bug" not in result.err
    assert pairec("data", "list", "-f", "json").out == before


def test_an_unknown_user_gets_what_is_hot(pairec: Pairec, deployed: Path) -> None:
    result = pairec("recommend", "--user", "99999", "--size", "3")
    assert result.code == 0 and len(result.out.splitlines()) == 5
    assert "note: user 99999 is unknown: global hot (global_hot) answers" in result.err


@pytest.mark.parametrize(
    ("role", "text", "told"),
    [
        ("user", "user_id,register_time\n1,1\n1,1\n2,1\n", "1 user_id(s) stand in 20250131 more than once"),
        ("user", "user_id,register_time\n1,1\n,1\n", "1 of 2 rows of 20250131 have no user_id"),
        ("item", "item_id,pub_time\n7,1\n7,1\n", "more than once, as 7 (2 times)"),
        ("behavior", behavior(f",7,expr,{NOON},r,e", f"1,,click,{NOON},r,e"), "have no user_id"),
        ("behavior", behavior(f"1,7,expr,{NOON}000,r,e"), "event_time is in milliseconds"),
        ("behavior", behavior(f"1,7,view,{NOON},r,e", f"1,7,buy,{NOON},r,e"), "none of the events"),
        ("behavior", "user,item_id,event,event_time\n1,7,expr,1\n", "column 'user_id' is missing"),
    ],
)
def test_bad_rows_are_found_before_they_are_used(
    pairec: Pairec, workspace: Path, folder: Path, role: str, text: str, told: str
) -> None:
    (folder / "rows.csv").write_text(text)
    imported = pairec("data", "import", "rows.csv", "--table", "mine", "--ds", LAST_DAY)
    assert imported.code == 0, imported.err
    refused = pairec("table", "register", "mine", "--role", role)
    assert (refused.code, told in refused.err) == (1, True), refused.err
    assert pairec("table", "list", "-f", "json").json == []


def test_milliseconds_and_strange_events_come_with_a_way_out(
    pairec: Pairec, workspace: Path, folder: Path
) -> None:
    (folder / "rows.csv").write_text(behavior(f"1,7,view,{NOON}000,r,e", f"1,8,buy,{NOON}000,r,e"))
    by_time = pairec("data", "import", "rows.csv", "--table", "mine", "--time-column", "event_time")
    assert by_time.code == 1
    assert "holds milliseconds" in by_time.err and "divide by 1000" in by_time.err
    pairec("data", "import", "rows.csv", "--table", "mine", "--ds", LAST_DAY)
    refused = pairec("table", "register", "mine", "--role", "behavior")
    assert "write seconds: event_time DIV 1000" in refused.err
    assert "--events buy,view names them, exposure first" in refused.err


def test_some_unknown_events_are_a_warning(pairec: Pairec, workspace: Path, folder: Path) -> None:
    (folder / "rows.csv").write_text(behavior(f"1,7,expr,{NOON},r,e", f"1,7,clik,{NOON},r,e"))
    pairec("data", "import", "rows.csv", "--table", "mine", "--ds", LAST_DAY)
    done = pairec("table", "register", "mine", "--role", "behavior")
    assert done.code == 0
    assert "warning: unknown events: 'clik' (did you mean 'click'?)" in done.err


def test_imports_that_cannot_be(pairec: Pairec, deployed: Path, folder: Path) -> None:
    (folder / "rows.csv").write_text(f"user_id,ds\n1,{LAST_DAY}\n2,2025013\n")
    half = pairec("data", "import", "rows.csv", "--table", "mine")
    assert half.code == 1 and "row 2: ds is '2025013'" in half.err
    other = pairec("data", "import", "rows.csv", "--table", "rec_sln_demo_user_table_v1")
    assert other.code == 1 and "lacks gender" in other.err
    (folder / "rows.csv").write_text("user_id\n1\n")
    future = pairec("data", "import", "rows.csv", "--table", "mine", "--ds", shift(LAST_DAY, 100_000))
    assert future.code == 1 and "is not over yet" in future.err
    assert pairec("sql", "SELECT 1 FROM mine").code == 1
