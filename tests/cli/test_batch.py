"""`pairec recommend --users`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Pairec

HEADER = ["user_id", "rank", "item_id", "score", "recall"]


def test_all_users_to_a_file(pairec: Pairec, deployed: Path, folder: Path) -> None:
    done = pairec("recommend", "--users", "all", "--size", "3", "--output", "lists.csv")
    assert done.code == 0, done.err
    assert done.out == ""
    with (folder / "lists.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == HEADER
    users = {row[0] for row in rows[1:]}
    assert len(users) == 40
    assert len(rows) == 1 + 3 * len(users)
    alone = pairec("recommend", "--user", "3", "--size", "3", "-f", "json").json["items"]
    assert [row[2] for row in rows[1:] if row[0] == "3"] == [item["item_id"] for item in alone]


def test_users_of_a_file_to_standard_output(pairec: Pairec, deployed: Path, folder: Path) -> None:
    (folder / "users.txt").write_text("3\n\n 7 \n")
    lines = pairec("recommend", "--users", "users.txt", "--size", "2", "-f", "json").out.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["user_id"], row["rank"]) for row in rows] == [("3", 1), ("3", 2), ("7", 1), ("7", 2)]
    assert list(rows[0]) == HEADER
    tabbed = pairec("recommend", "--users", "users.txt", "--size", "2").out.splitlines()
    assert tabbed[0].split("\t") == HEADER
    assert len(tabbed) == 5


def test_every_kind_of_file_holds_the_same_rows(pairec: Pairec, deployed: Path, folder: Path) -> None:
    for kind in ("csv", "tsv", "jsonl", "parquet"):
        done = pairec("recommend", "--users", "all", "--size", "4", "--output", f"lists.{kind}")
        assert (done.code, done.out) == (0, "")
        assert "40 users, 160 rows" in done.err and f"wrote lists.{kind}" in done.err
    commas = list(csv.DictReader((folder / "lists.csv").read_text().splitlines()))
    tabs = list(csv.DictReader((folder / "lists.tsv").read_text().splitlines(), delimiter="\t"))
    lines = [json.loads(line) for line in (folder / "lists.jsonl").read_text().splitlines()]
    arrow = pq.read_table(folder / "lists.parquet").to_pylist()
    assert commas == tabs and len(commas) == 160
    assert lines == arrow
    as_text = [{**row, "rank": str(row["rank"]), "score": float(row["score"])} for row in lines]
    assert as_text == [{**row, "score": float(row["score"])} for row in commas]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--users", "none.txt"), 1, "there is no file 'none.txt'"),
        (("--users", "all", "--output", "lists.xlsx"), 2, "must end in .csv, .tsv"),
        (("--users", "all", "-f", "md"), 2, "--users writes csv, json"),
    ],
)
def test_bad_input(pairec: Pairec, deployed: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = pairec("recommend", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err
