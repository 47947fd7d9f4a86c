"""A pool of connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from pairec_cli.online.pool import Pool, PoolTimeout


class Connection:
    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Server:
    """Opens connections, when it is up and `open` is set."""

    def __init__(self) -> None:
        self.made: list[Connection] = []
        self.open = threading.Event()
        self.open.set()
        self.error: Exception | None = None

    def connect(self) -> Connection:
        self.open.wait(20)
        if self.error:
            raise self.error
        self.made.append(Connection())
        return self.made[-1]

    def pool(self, **keys: int) -> Pool[Connection]:
        return Pool(self.connect, Connection.close, **keys)


def soon() -> float:
    return time.monotonic() + 20


def test_a_connection_given_back_is_taken_again() -> None:
    server = Server()
    pool = server.pool()
    first, used = pool.take(soon())
    assert not used
    pool.give(first)
    assert pool.take(soon()) == (first, True)
    assert len(server.made) == 1


def test_the_first_connection_of_a_warmed_pool_is_waited_for() -> None:
    server = Server()
    server.open.clear()
    pool = server.pool()
    pool.warm()
    threading.Timer(0.1, server.open.set).start()
    first, used = pool.take(time.monotonic() + 0.001)
    assert (first.closed, used) == (False, False)
    server.open.clear()
    with pytest.raises(PoolTimeout):
        pool.take(time.monotonic() + 0.001)
    server.open.set()


def test_the_first_connection_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairec_cli.online.pool.FIRST_SECONDS", 0.05)
    server = Server()
    server.open.clear()
    pool = server.pool()
    start = time.monotonic()
    pool.warm()
    with pytest.raises(PoolTimeout):
        pool.take(start + 0.001)
    assert 0.05 <= time.monotonic() - start < 5
    server.open.set()


def test_a_dropped_connection_is_closed_and_replaced() -> None:
    server = Server()
    pool = server.pool(size=1)
    first, _ = pool.take(soon())
    pool.drop(first)
    assert first.closed
    assert pool.take(soon()) == (server.made[1], False)


def test_a_full_pool_makes_callers_wait_until_their_time_is_over() -> None:
    pool = Server().pool(size=1)
    connection, _ = pool.take(soon())
    with pytest.raises(PoolTimeout):
        pool.take(time.monotonic() + 0.01)
    threading.Timer(0.01, pool.give, [connection]).start()
    assert pool.take(soon()).connection is connection


def test_a_refusal_reaches_the_caller_and_is_not_remembered() -> None:
    server = Server()
    server.error = OSError("refused")
    pool = server.pool()
    for _ in range(2):
        with pytest.raises(OSError, match="refused"):
            pool.take(soon())
    server.error = None
    assert pool.take(soon()).connection is server.made[0]


def test_a_connection_that_comes_late_serves_the_next() -> None:
    server = Server()
    server.open.clear()
    pool = server.pool()
    with pytest.raises(PoolTimeout):
        pool.take(time.monotonic() + 0.01)
    server.open.set()
    pool.take(soon())
    assert len(server.made) == 1


def test_only_so_many_idle_ones_are_kept() -> None:
    server = Server()
    pool = server.pool(idle=1)
    taken = [pool.take(soon()).connection for _ in range(3)]
    for connection in taken:
        pool.give(connection)
    assert [connection.closed for connection in taken] == [False, True, True]
    pool.drop_idle()
    assert taken[0].closed


def test_warming_opens_one() -> None:
    server = Server()
    pool = server.pool()
    pool.warm()
    assert pool.take(soon()) == (server.made[0], False)


def test_a_closed_pool_gives_nothing_and_closes_what_comes_back() -> None:
    server = Server()
    pool = server.pool()
    out, _ = pool.take(soon())
    idle, _ = pool.take(soon())
    pool.give(idle)
    pool.close()
    assert idle.closed
    with pytest.raises(PoolTimeout):
        pool.take(soon())
    pool.give(out)
    assert out.closed


def test_many_threads_share_few_connections() -> None:
    server = Server()
    pool = server.pool(size=2)
    inside: list[int] = []
    count = threading.Semaphore(2)

    def work() -> None:
        for _ in range(50):
            connection, _ = pool.take(soon())
            assert count.acquire(blocking=False), "more connections out than the pool has"
            count.release()
            pool.give(connection)
        inside.append(1)

    run_all([work] * 8)
    assert len(inside) == 8
    assert len(server.made) <= 2


def run_all(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
