"""The embedded store's exposures."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pairec_cli.domain.errors import SourceFailed
from pairec_cli.online.exposures import SWEEP_SECONDS, ExposureLog
from tests.online.test_pool import run_all
from tests.online.test_sql_tables import HOSTILE

NOW = 1_700_000_000


def batches(log: ExposureLog, uid: str = "u", since: int | None = None, limit: int = 0) -> list[list[str]]:
    return log.batches("v", uid, now=NOW, since=since, limit=limit)


@pytest.fixture
def log(tmp_path: Path) -> ExposureLog:
    return ExposureLog(tmp_path / "exposures.db")


def test_batches_of_one_second_are_kept_newest_first(log: ExposureLog) -> None:
    for items in (["a"], ["b", "c"]):
        log.append("v", "u", items, now=NOW, ends=None)
    log.append("v", "u", ["old"], now=NOW - 5, ends=None)
    log.append("w", "u", ["other view"], now=NOW, ends=None)
    assert batches(log) == [["b", "c"], ["a"], ["old"]]
    assert batches(log, limit=2) == [["b", "c"], ["a"]]
    assert batches(log, since=NOW - 4) == [["b", "c"], ["a"]]
    log.clear("v", "u")
    assert batches(log) == []
    assert log.batches("w", "u", now=NOW, since=None, limit=0) == [["other view"]]


def test_rows_end_for_readers_and_later_for_the_file(log: ExposureLog) -> None:
    log.append("v", "u", ["a"], now=NOW - 100, ends=NOW - 1)
    log.append("v", "u", ["b"], now=NOW - 100, ends=NOW)
    log.append("v", "u", ["c"], now=NOW - 100, ends=None)
    assert batches(log) == [["c"], ["b"]]
    assert log.count() == 3
    assert SWEEP_SECONDS <= 100
    log.append("v", "x", ["d"], now=NOW, ends=None)
    assert log.count() == 3, "the ended row is gone"


def test_a_file_that_nobody_wrote_is_empty_and_not_made(log: ExposureLog) -> None:
    assert batches(log) == []
    log.clear("v", "u")
    assert not log.path.exists()


def test_hostile_values_are_only_values(log: ExposureLog) -> None:
    for uid in HOSTILE:
        log.append("v", uid, [uid, "a,b"], now=NOW, ends=None)
    for uid in HOSTILE:
        assert batches(log, uid) == [[uid, "a,b"]]


def test_threads_write_side_by_side(log: ExposureLog) -> None:
    def work() -> None:
        for number in range(20):
            log.append("v", "u", [str(number)], now=NOW, ends=None)

    run_all([work] * 4)
    assert len(batches(log)) == 80
    log.close()
    assert len(batches(log)) == 80, "it opens again"


def test_a_file_that_is_none_fails_with_its_name(log: ExposureLog) -> None:
    log.path.write_text("no database " * 1000)
    with pytest.raises(SourceFailed, match=r"exposures\.db cannot be used: file is not a database"):
        batches(log)


def test_another_process_that_holds_the_file_is_waited_for_then_named(
    log: ExposureLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pairec_cli.online.exposures.BUSY_SECONDS", 0.01)
    log.append("v", "u", ["a"], now=NOW, ends=None)
    other = sqlite3.connect(log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SourceFailed, match="locked"):
        log.append("v", "u", ["b"], now=NOW, ends=None)
    assert batches(log) == [["a"]], "readers do not wait"
    other.close()
    log.append("v", "u", ["b"], now=NOW, ends=None)
