"""The embedded FeatureDB: what is published is read back, views are replaced whole, kills leave no trace."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, WorkspaceError
from pairec_cli.online.featuredb import FeatureDB, ViewInfo


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "featuredb.db"


@pytest.fixture
def db(path: Path) -> Iterator[FeatureDB]:
    with FeatureDB(path) as opened:
        yield opened


def publish(db: FeatureDB, view: str, rows: list[tuple[object, ...]], ds: str = "20260101") -> ViewInfo:
    return db.publish(view, "user_id", ["item_ids"], rows, ds=ds, fingerprint=f"print-{ds}")


def tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = {name for (name,) in found if name.startswith("view_")}
    connection.close()
    return names


def test_rows_are_read_by_key(db: FeatureDB) -> None:
    info = publish(db, "u2i", [("1", "a::0.5,b"), ("2", "c")])
    assert db.get("u2i", "1") == {"item_ids": "a::0.5,b"}
    assert db.get("u2i", "3") is None
    assert (info.name, info.key, info.columns, info.rows) == ("u2i", "user_id", ("item_ids",), 2)
    assert db.views() == [info]
    assert (info.ds, info.fingerprint) == ("20260101", "print-20260101")


def test_values_keep_their_types_and_keys_are_text(db: FeatureDB) -> None:
    rows = [(7, "Rome", 41, 0.25, None)]
    db.publish("users", "user_id", ["city", "age", "ratio", "tags"], rows, ds="20260101", fingerprint="f")
    assert db.get("users", "7") == {"city": "Rome", "age": 41, "ratio": 0.25, "tags": None}
    assert db.keys("users") == ["7"]


def test_a_view_without_columns_is_a_set_of_keys(db: FeatureDB) -> None:
    db.publish("blocked", "item_id", [], [("a",), ("b",)], ds="20260101", fingerprint="f")
    assert db.get("blocked", "a") == {}
    assert db.get("blocked", "z") is None
    assert db.get_many("blocked", ["b", "z"]) == {"b": {}}


def test_keys_come_in_published_order(db: FeatureDB) -> None:
    publish(db, "u2i", [("9", "a"), ("10", "b"), ("1", "c")])
    assert db.keys("u2i") == ["9", "10", "1"]


@settings(max_examples=25, deadline=None)
@given(
    stored=st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8) | st.integers(-9, 9)),
    asked=st.lists(st.text(max_size=8), max_size=12),
)
def test_many_reads_equal_single_reads(
    tmp_path_factory: pytest.TempPathFactory, stored: dict[str, object], asked: list[str]
) -> None:
    wanted = [*asked, *stored]
    with FeatureDB(tmp_path_factory.mktemp("db") / "f.db") as db:
        publish(db, "v", list(stored.items()))
        many = db.get_many("v", wanted)
        single = {key: row for key in wanted if (row := db.get("v", key)) is not None}
        assert many == single == {key: {"item_ids": value} for key, value in stored.items()}
        assert list(many) == list(dict.fromkeys(key for key in wanted if key in stored))


def test_many_reads_go_beyond_one_statement(db: FeatureDB) -> None:
    publish(db, "v", [(str(i), i) for i in range(1201)])
    found = db.get_many("v", (str(i) for i in range(1201)))
    assert [row["item_ids"] for row in found.values()] == list(range(1201))


def test_publishing_again_replaces_the_whole_view(db: FeatureDB, path: Path) -> None:
    publish(db, "u2i", [("1", "a"), ("2", "b")])
    publish(db, "other", [("1", "x")])
    publish(db, "u2i", [("2", "B")], ds="20260102")
    assert db.get("u2i", "1") is None
    assert db.get("u2i", "2") == {"item_ids": "B"}
    assert db.get("other", "1") == {"item_ids": "x"}
    assert [(view.name, view.rows, view.ds) for view in db.views()] == [
        ("other", 1, "20260101"),
        ("u2i", 1, "20260102"),
    ]
    assert len(tables(path)) == 2


def test_columns_may_change(db: FeatureDB) -> None:
    publish(db, "v", [("1", "a")])
    assert db.get("v", "1") == {"item_ids": "a"}
    db.publish("v", "item_id", ["x", "y"], [("1", 2, 3)], ds="20260102", fingerprint="f")
    assert db.get("v", "1") == {"x": 2, "y": 3}


def test_an_open_reader_sees_what_another_connection_publishes(db: FeatureDB, path: Path) -> None:
    publish(db, "u2i", [("1", "old")])
    with FeatureDB(path) as reader:
        assert reader.get("u2i", "1") == {"item_ids": "old"}
        publish(db, "u2i", [("1", "new"), ("2", "more")])
        assert reader.get("u2i", "1") == {"item_ids": "new"}
        assert reader.get_many("u2i", ["2"]) == {"2": {"item_ids": "more"}}
        assert reader.keys("u2i") == ["1", "2"]
        db.drop("u2i")
        with pytest.raises(NotFound):
            reader.get("u2i", "1")
        publish(db, "u2i", [("1", "back")])
        assert reader.get("u2i", "1") == {"item_ids": "back"}


def test_a_snapshot_sees_one_state_of_all_views(db: FeatureDB, path: Path) -> None:
    publish(db, "u2i", [("1", "old")])
    with FeatureDB(path) as reader:
        with reader.snapshot():
            assert reader.get("u2i", "1") == {"item_ids": "old"}
            publish(db, "u2i", [("1", "new")])
            with reader.snapshot():
                assert reader.get("u2i", "1") == {"item_ids": "old"}
            assert reader.get("u2i", "1") == {"item_ids": "old"}
        assert reader.get("u2i", "1") == {"item_ids": "new"}
    assert len(tables(path)) == 1


def test_an_edition_lasts_until_its_view_is_published_anew(db: FeatureDB, path: Path) -> None:
    """Whoever publishes it, this store or another; a snapshot keeps the edition that it sees."""
    publish(db, "u2i", [("1", "old")])
    with FeatureDB(path) as reader:
        first = reader.edition("u2i")
        publish(db, "other", [("1", "x")])
        assert reader.edition("u2i") == db.edition("u2i") == first
        with reader.snapshot():
            publish(db, "u2i", [("1", "new")])
            assert reader.edition("u2i") == first != db.edition("u2i")
            assert reader.get("u2i", "1") == {"item_ids": "old"}
        second = reader.edition("u2i")
        assert second == db.edition("u2i") != first
        publish(reader, "u2i", [("1", "newer")])
        assert reader.edition("u2i") == db.edition("u2i")
        assert reader.edition("u2i") not in (first, second)
        db.drop("u2i")
        with pytest.raises(NotFound):
            reader.edition("u2i")


def test_a_snapshot_that_fails_inside_lets_go(db: FeatureDB, path: Path) -> None:
    publish(db, "u2i", [("1", "old")])
    with FeatureDB(path) as reader:
        with pytest.raises(NotFound), reader.snapshot():
            reader.get("missing", "1")
        publish(db, "u2i", [("1", "new")])
        assert reader.get("u2i", "1") == {"item_ids": "new"}


def test_a_snapshot_leaves_it_to_reads_to_say_what_is_wrong(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)
    with FeatureDB(path) as db, db.snapshot(), pytest.raises(WorkspaceError, match="cannot be used"):
        db.get("v", "1")
    with FeatureDB(path) as db, pytest.raises(WorkspaceError, match="cannot be used"):
        db.edition("v")


def test_readers_never_meet_a_gap(db: FeatureDB) -> None:
    publish(db, "v", [(str(key), 0) for key in range(50)])
    stop, faults = threading.Event(), list[object]()

    def read() -> None:
        while not stop.is_set():
            try:
                found = db.get_many("v", [str(key) for key in range(50)])
                if len(found) != 50 or len({row["item_ids"] for row in found.values()}) != 1:
                    faults.append(found)
            except Exception as error:
                faults.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for version in range(1, 12):
        publish(db, "v", [(str(key), version) for key in range(50)])
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []


def test_an_unpublished_view_names_the_nearest(db: FeatureDB) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        db.get("u2i", "1")
    publish(db, "etrec_u2i", [("1", "a")])
    for read in (lambda: db.get("etrec_u2", "1"), lambda: db.keys("etrec_u2"), lambda: db.drop("etrec_u2")):
        with pytest.raises(NotFound) as caught:
            read()
        assert caught.value.nearest == "etrec_u2i"


def test_an_empty_store_has_no_views(db: FeatureDB) -> None:
    assert db.views() == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("1", "a"), ("2", "b"), ("1", "c")], "key '1' comes more than once"),
        ([("1", "a"), (None, "b")], "a row has no key"),
        ([("1", "a", "b")], "cannot be stored"),
        ([("1", object())], "cannot be stored"),
        ([("1", 1 << 70)], "cannot be stored"),
        ([("1", "\ud800")], "cannot be stored"),
    ],
)
def test_bad_rows_leave_the_view_as_it_was(
    db: FeatureDB, path: Path, rows: list[tuple[object, ...]], message: str
) -> None:
    publish(db, "v", [("1", "kept")])
    with pytest.raises(DataError, match=message):
        publish(db, "v", rows)
    assert db.get("v", "1") == {"item_ids": "kept"}
    assert len(tables(path)) == 1


def test_a_source_that_fails_leaves_the_view_as_it_was(db: FeatureDB, path: Path) -> None:
    publish(db, "v", [("1", "kept")])

    def rows() -> Iterator[tuple[object, ...]]:
        yield ("1", "lost")
        raise KeyError("the source broke")

    with pytest.raises(KeyError):
        db.publish("v", "user_id", ["item_ids"], rows(), ds="20260102", fingerprint="f")
    assert db.get("v", "1") == {"item_ids": "kept"}
    assert len(tables(path)) == 1


@pytest.mark.parametrize(
    ("key", "columns"), [("user_id", ["user_id", "x"]), ("user_id", ["x", "x"]), ("", ["x"])]
)
def test_bad_columns_are_refused(db: FeatureDB, key: str, columns: list[str]) -> None:
    with pytest.raises(InvalidInput):
        db.publish("v", key, columns, [], ds="20260101", fingerprint="f")


def test_names_are_never_read_as_sql(db: FeatureDB) -> None:
    odd = 'x"; DROP TABLE feature_views; --'
    db.publish(odd, odd + "k", [odd], [(odd, odd)], ds="20260101", fingerprint="f")
    assert db.get(odd, odd) == {odd: odd}


KILLED = """
import sys, time
from pairec_cli.online.featuredb import FeatureDB
def rows():
    for key in range(30_000):
        yield (key, "new")
    print("loaded", flush=True)
    time.sleep(60)
FeatureDB(sys.argv[1]).publish("v", "user_id", ["item_ids"], rows(), ds="20260102", fingerprint="f")
"""


def test_a_killed_publish_leaves_the_old_view_and_is_cleared_by_the_next(db: FeatureDB, path: Path) -> None:
    publish(db, "v", [("1", "old")])
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"loaded\n"
        process.send_signal(signal.SIGKILL)
    assert db.get("v", "1") == {"item_ids": "old"}
    assert [view.ds for view in db.views()] == ["20260101"]
    assert len(tables(path)) == 2
    publish(db, "other", [("1", "x")])
    assert db.get("v", "1") == {"item_ids": "old"}
    assert len(tables(path)) == 2


def test_leavings_of_a_process_that_had_our_id_are_cleared(db: FeatureDB, path: Path) -> None:
    publish(db, "v", [("1", "a")])
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO feature_loads VALUES (77, ?)", (os.getpid(),))
        connection.execute("CREATE TABLE view_77 (k TEXT)")
    connection.close()
    publish(db, "v", [("1", "b")])
    assert "view_77" not in tables(path)
    assert len(tables(path)) == 1


def test_threads_have_connections_of_their_own(db: FeatureDB) -> None:
    publish(db, "v", [("1", "a")])
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(db.get("v", "1")))
    thread.start()
    thread.join()
    assert found == [{"item_ids": "a"}]


def test_a_closed_store_opens_again(db: FeatureDB) -> None:
    publish(db, "v", [("1", "a")])
    db.close()
    assert db.get("v", "1") == {"item_ids": "a"}


def test_a_file_that_is_no_store_is_named(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)
    with FeatureDB(path) as db:
        for use in (db.views, lambda: db.get("v", "1"), lambda: publish(db, "v", [])):
            with pytest.raises(WorkspaceError, match=r"featuredb\.db cannot be used"):
                use()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with FeatureDB(tmp_path / "missing" / "f.db") as db, pytest.raises(WorkspaceError):
        db.views()


def test_a_file_that_is_no_database_leaves_no_connection_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def recorded(*values: Any, **named: Any) -> sqlite3.Connection:
        made.append(connect(*values, **named))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", recorded)
    path.write_bytes(b"no database" * 1_000)
    with FeatureDB(path) as db, pytest.raises(WorkspaceError):
        db.get("v", "k")
    assert made
    for one in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            one.execute("SELECT 1")
