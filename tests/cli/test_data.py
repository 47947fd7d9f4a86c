"""`pairec data`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import LAST_DAY, Pairec

TABLE = "rec_sln_demo_user_table_v1"
SMALL = ("--users", "10", "--items", "12", "--events", "60")


def partitions(pairec: Pairec) -> dict[str, int]:
    return {row["table"]: row["partitions"] for row in pairec("data", "list", "-f", "json").json}


def test_generate_continues_the_same_world(pairec: Pairec, workspace: Path) -> None:
    dry = pairec("data", "generate", "--days", "2", "--end", "20250102", *SMALL, "--dry-run")
    assert "would generate 2 of 2 days" in dry.err
    assert partitions(pairec) == {}
    first = pairec("data", "generate", "--days", "2", "--end", "20250102", *SMALL)
    assert first.code == 0
    assert "founding a world of 10 users" in first.err
    assert first.err.endswith("Next: pairec recommend --user 10\n")
    again = pairec("data", "generate", "--days", "2", "--end", "20250102")
    assert "0 of 2 days" in again.err
    more = pairec("data", "generate", "--days", "3", "--end", "20250103")
    assert "continuing a world of 10 users" in more.err
    assert "1 of 3 days" in more.err
    assert partitions(pairec)[f"project_mc.{TABLE}"] == 3


def test_preview(pairec: Pairec, deployed: Path) -> None:
    rows = pairec("data", "preview", TABLE, "--limit", "3", "-f", "json").json
    assert len(rows) == 3
    assert {"user_id", "gender", "tags"} <= set(rows[0])
    missing = pairec("data", "preview", TABLE, "--ds", "20200101")
    assert missing.code == 1
    assert "20200101" in missing.err


def test_import_a_file_and_register_it(pairec: Pairec, workspace: Path, folder: Path) -> None:
    (folder / "users.csv").write_text("user_id,register_time\n1,1735689600\n2,1735689600\n")
    dry = pairec("data", "import", "users.csv", "--table", "users", "--ds", LAST_DAY, "--dry-run")
    assert "would write 2 rows in 1 day(s), making the table" in dry.err
    assert partitions(pairec) == {}
    done = pairec("data", "import", "users.csv", "--table", "users", "--ds", LAST_DAY)
    assert done.code == 0
    assert done.err.endswith("Next: pairec table register users --role user\n")
    assert pairec("table", "register", "users", "--role", "user").code == 0
    assert pairec("data", "import", "users.csv", "--table", "users", "--ds", LAST_DAY).code == 0
    assert len(pairec("data", "preview", "users", "-f", "json").json) == 2


def test_clone_in_a_dry_run(pairec: Pairec, workspace: Path) -> None:
    dry = pairec("data", "clone", "--dry-run")
    assert dry.code == 0
    assert "pai_online_project.rec_sln_demo_user_table" in dry.err
    assert partitions(pairec) == {}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("generate", "--days", "0"), 2, "at least 1 is allowed"),
        (("generate", "--end", "20990101"), 1, "is not over yet"),
        (("generate", "--end", "x"), 2, "'x' is not a day"),
        (("generate", "--users", "41"), 1, "users=40, not 41"),
        (("preview", "rec_sln_demo_user_table_v2"), 1, f"did you mean 'project_mc.{TABLE}'?"),
        (("import", "none.csv", "--table", "t", "--ds", LAST_DAY), 1, "none.csv"),
    ],
)
def test_bad_input(pairec: Pairec, deployed: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = pairec("data", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err
