"""Writing after the answer."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence

import pytest

from pairec_cli.domain.errors import SourceFailed
from pairec_cli.online import background
from pairec_cli.online.background import LaterExposures, Writer


class Log:
    """Exposures in a list, written when the gate is open."""

    plain_ids = True

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.done: list[str] = []
        self.error: Exception | None = None

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        return list(self.done)

    def append(self, uid: str, batch: Sequence[str]) -> None:
        self.gate.wait(20)
        if self.error:
            raise self.error
        self.done.append(",".join(batch))

    def clear(self, uid: str) -> None:
        self.gate.wait(20)
        self.done.clear()


def later(log: Log, patience: float = 20) -> tuple[LaterExposures, Writer]:
    writer = Writer("RedisConfs.r")
    return LaterExposures(log, writer, patience), writer


def test_writes_of_a_user_keep_their_order_and_the_next_read_sees_them() -> None:
    log = Log()
    exposures, writer = later(log)
    log.gate.clear()
    exposures.append("u", ["lost"])
    exposures.clear("u")
    for number in range(20):
        exposures.append("u", [str(number)])
    exposures.append("u", [])
    assert log.done == []
    log.gate.set()
    assert exposures.shown("u", []) == [str(number) for number in range(20)]
    assert writer._pending == {}, "nothing is kept of what is done"
    writer.close()


def test_a_read_waits_no_longer_than_its_patience_and_not_for_others() -> None:
    log = Log()
    exposures, writer = later(log, 0.01)
    log.gate.clear()
    exposures.append("u", ["a"])
    assert exposures.shown("u", []) == []
    assert exposures.shown("v", []) == []
    log.gate.set()
    writer.close()
    assert log.done == ["a"], "closing writes what is left"


def test_failing_and_working_again_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    log = Log()
    exposures, writer = later(log)
    for error in (SourceFailed("RedisConfs.r: refused"), ValueError("strange"), None, None):
        log.error = error
        exposures.append("u", ["a"])
        exposures.shown("u", [])
    writer.close()
    assert [record.getMessage() for record in caplog.records] == [
        "exposures are not written: RedisConfs.r: refused",
        "RedisConfs.r: exposures are written again; 2 writes were lost",
    ]
    assert (writer.lost, log.done) == (2, ["a", "a"])


def test_too_many_waiting_writes_are_lost_not_kept(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "CAPACITY", 2)
    log = Log()
    exposures, writer = later(log)
    log.gate.clear()
    for name in "abc":
        exposures.append("u", [name])
    log.gate.set()
    writer.close()
    assert log.done == ["a", "b"]
    assert caplog.records[0].getMessage() == "exposures are not written: 2 writes wait already"


def test_closing_leaves_what_does_not_end(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "GRACE", 0.01)
    log = Log()
    exposures, writer = later(log)
    log.gate.clear()
    exposures.append("u", ["a"])
    exposures.append("u", ["b"])
    writer.close()
    log.gate.set()
    assert "did not end in 0.01 s" in caplog.records[0].getMessage()
