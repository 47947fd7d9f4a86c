"""`pairec sql`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import LAST_DAY, Pairec

TABLE = "rec_sln_demo_user_table_v1"


def test_a_query_in_every_way_to_give_it(
    pairec: Pairec, deployed: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = f"SELECT COUNT(*) AS n FROM {TABLE} WHERE ds = '${{bizdate}}'"
    given = ("-p", f"bizdate={LAST_DAY}", "-f", "csv")
    (folder / "query.sql").write_text(query)
    monkeypatch.setattr("sys.stdin", io.StringIO(query))
    answers = [
        pairec("sql", query, *given).out,
        pairec("sql", "--file", "query.sql", *given).out,
        pairec("sql", "-", *given).out,
    ]
    assert answers == ["n\n40\n"] * 3


def test_limit_is_told(pairec: Pairec, deployed: Path) -> None:
    cut = pairec("sql", f"SELECT user_id FROM {TABLE} WHERE ds = '{LAST_DAY}'", "--limit", "2", "-f", "json")
    assert len(cut.json) == 2
    assert "the first 2 rows" in cut.err


def test_a_script_changes_tables(pairec: Pairec, deployed: Path) -> None:
    script = (
        "CREATE TABLE IF NOT EXISTS mine(user_id BIGINT) PARTITIONED BY (ds STRING);"
        f"INSERT OVERWRITE TABLE mine PARTITION(ds) SELECT user_id, ds FROM {TABLE} WHERE ds = '{LAST_DAY}';"
    )
    dry = pairec("sql", script, "--dry-run")
    assert [line.split()[:2] for line in dry.out.splitlines()[2:]] == [
        [f"project_mc.{TABLE}", "reads"],
        ["project_mc.mine", "writes"],
    ]
    assert pairec("sql", script).code == 0
    assert pairec("sql", "SELECT COUNT(*) AS n FROM mine", "-f", "csv").out == "n\n40\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Give the SQL as an argument"),
        (("SELECT 1", "-p", "x"), 2, "write NAME=VALUE"),
        (("--file", "none.sql"), 2, "none.sql cannot be read"),
        (("SELEC 1",), 1, "line 1"),
        ((f"SELECT nothing FROM {TABLE}",), 1, "nothing"),
        (("SELECT 1 FROM rec_sln_demo_user_table_v2",), 1, f"did you mean 'project_mc.{TABLE}'?"),
    ],
)
def test_bad_input(pairec: Pairec, deployed: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = pairec("sql", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err
