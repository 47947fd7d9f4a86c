"""Lists for many users: the engine's answers, in the order of the users, whole or not at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from pairec_cli.domain.errors import InvalidConfig, InvalidInput, NotFound, PairecError
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.batch import BatchSummary, recommend_batch
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.formats.rows import COLUMNS
from tests.engine.models import ranked, serve_model
from tests.engine.stores import config, custom, hot, store

CONF = config(custom("u2i"), hot("hot"))
REMOTE = config({"Name": "far", "RecallType": "tests.engine.remote_recall:RemoteRecall"})


@pytest.fixture
def db(tmp_path: Path) -> Path:
    u2i = {str(user): f"i{user}::0.9,x::0.5" for user in range(1, 3001)}
    with store(tmp_path, u2i=u2i, hot={"-1": "x::0.7,y::0.6"}) as opened:
        return opened.path


def run(db: Path, users: list[str], output: Path, conf: Any = CONF, **keys: Any) -> BatchSummary:
    keys = {"scene": "home", "size": 3, **keys}
    return recommend_batch(conf, db, users, output=output, **keys)


def read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_rows_under_a_header(db: Path, tmp_path: Path) -> None:
    summary = run(db, ["2", "4040"], tmp_path / "out.csv")
    assert read(tmp_path / "out.csv") == [
        ["user_id", "rank", "item_id", "score", "recall"],
        ["2", "1", "i2", "0.9", "u2i"],
        ["2", "2", "y", "0.6", "hot"],
        ["2", "3", "x", "0.5", "u2i"],
        ["4040", "1", "x", "0.7", "hot"],
        ["4040", "2", "y", "0.6", "hot"],
    ]
    assert (summary.users, summary.rows, summary.short, summary.empty) == (2, 5, 1, 0)


@pytest.mark.parametrize("conf", [CONF, {**CONF, "SortNames": {"home": ["ItemRankScore", "ItemRankScore"]}}])
def test_the_answers_are_the_engines(db: Path, tmp_path: Path, conf: Any) -> None:
    users = [str(user) for user in range(1, 40)]
    run(db, users, tmp_path / "out.csv", conf)
    with store(tmp_path) as opened:
        engine = Engine.from_config(CONF, opened)
        expected = [
            [uid, str(rank), item.item_id, str(item.score), item.retrieve_id]
            for uid in users
            for rank, item in enumerate(engine.recommend(RecommendRequest(uid, "home", 3)).items, 1)
        ]
    assert read(tmp_path / "out.csv")[1:] == expected


def test_models_rank_in_every_process(db: Path, tmp_path: Path) -> None:
    serve_model(tmp_path / "models")
    users = [str(user) for user in range(40)]
    with store(tmp_path, few=dict.fromkeys(users, "a::0.9,b::0.5,c::0.1")):
        conf = config(custom("few"), **ranked("${home_rank_p} * 2"))
    run(db, users, tmp_path / "out.csv", conf, models=tmp_path / "models", processes=2)
    rows = read(tmp_path / "out.csv")[1:]
    assert [row[0] for row in rows] == [uid for uid in users for _ in range(3)]
    assert {tuple(row[1:4]) for row in rows} == {("1", "b", "6.0"), ("2", "c", "4.0"), ("3", "a", "2.0")}


def test_several_processes_keep_the_order_of_the_users(db: Path, tmp_path: Path) -> None:
    users = [str(user) for user in range(3000, 0, -1)]
    told: list[int] = []
    one = run(db, users, tmp_path / "one.csv", processes=1)
    two = run(db, users, tmp_path / "two.csv", processes=2, progress=told.append)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert list(dict.fromkeys(row[0] for row in read(tmp_path / "two.csv")[1:])) == users
    assert (one.users, one.rows) == (two.users, two.rows) == (3000, 9000)
    assert told == sorted(told)
    assert told[-1] == 3000


def test_every_format_holds_the_same_rows(db: Path, tmp_path: Path) -> None:
    users = ["1", "2", "4040"]
    for format in ("csv", "tsv", "jsonl", "parquet"):
        run(db, users, tmp_path / f"out.{format}", format=format)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in read(tmp_path / "out.csv")[1:]]
    typed = [{**row, "rank": int(row["rank"]), "score": float(row["score"])} for row in rows]
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == typed
    assert parquet.read_table(tmp_path / "out.parquet").to_pylist() == typed
    tabs = [line.split("\t") for line in (tmp_path / "out.tsv").read_text().splitlines()]
    assert tabs == read(tmp_path / "out.csv")


def test_engine_json_may_be_a_file(db: Path, tmp_path: Path) -> None:
    (tmp_path / "engine.json").write_text(json.dumps(CONF))
    run(db, ["1"], tmp_path / "a.csv", tmp_path / "engine.json")
    run(db, ["1"], tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_without_a_file_rows_go_to_the_standard_output(
    db: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    recommend_batch(CONF, db, ["4040"], scene="home", size=1)
    out = capfdbinary.readouterr().out
    assert out == b"user_id,rank,item_id,score,recall\n4040,1,x,0.7,hot\n"


def test_other_stages_go_through_the_engine(db: Path, tmp_path: Path) -> None:
    summary = run(db, ["7"], tmp_path / "out.csv", REMOTE)
    assert read(tmp_path / "out.csv")[1:] == [
        ["7", "1", "7-1", "1.0", "far"],
        ["7", "2", "7-2", "0.5", "far"],
    ]
    assert (summary.short, summary.empty) == (1, 0)


def test_no_users_make_an_empty_table(db: Path, tmp_path: Path) -> None:
    assert run(db, [], tmp_path / "out.parquet", format="parquet").rows == 0
    table = parquet.read_table(tmp_path / "out.parquet")
    assert (table.num_rows, table.column_names) == (0, list(COLUMNS))


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ({"format": "xlsx"}, NotFound),
        ({"scene": "hom"}, NotFound),
        ({"conf": {"RecallConfs": {}}}, InvalidConfig),
        ({"users": ["1", ""]}, InvalidInput),
        ({"output": "folder/."}, InvalidInput),
    ],
)
def test_what_is_wrong_leaves_the_older_file(
    db: Path, tmp_path: Path, keys: dict[str, Any], error: type[PairecError]
) -> None:
    (tmp_path / "folder").mkdir()
    output = tmp_path / "out.csv"
    output.write_text("older")
    keys = {"users": ["1"], **keys}
    target = tmp_path / keys.pop("output", "out.csv")
    with pytest.raises(error):
        run(db, output=target, **keys)
    assert output.read_text() == "older"
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_a_size_of_zero_is_ten(db: Path, tmp_path: Path) -> None:
    with store(tmp_path, u2i={"1": ",".join(f"i{place}" for place in range(20))}):
        assert run(db, ["1"], tmp_path / "out.csv", size=0).rows == 10


def test_parquet_is_refused_on_the_standard_output(db: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot go to the terminal"):
        recommend_batch(CONF, db, ["1"], scene="home", format="parquet")
