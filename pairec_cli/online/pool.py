"""Connections to one server, kept for the next request.

A connection is opened in a thread of its own: a server that does not answer costs a caller no more than its
patience, one that refuses costs nothing, and the caller learns why. A connection that comes too late for the
one who asked is there for the next.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

C = TypeVar("C")

MAX_OPEN = 100
MAX_IDLE = 50
FIRST_SECONDS = 2.0
"""So long callers wait for the first connection of a pool that was warmed, whatever their patience: what asks
at once after the start would otherwise never meet its source."""


class PoolTimeout(Exception):
    """No connection came in time."""


class Taken(NamedTuple, Generic[C]):
    """A connection, and whether somebody used it before: a server that restarts breaks those."""

    connection: C
    used: bool


class Pool(Generic[C]):
    """At most `size` connections, `idle` of them kept. Safe to share between threads."""

    def __init__(
        self,
        connect: Callable[[], C],
        close: Callable[[C], None],
        *,
        size: int = MAX_OPEN,
        idle: int = MAX_IDLE,
    ) -> None:
        self._connect, self._close = connect, close
        self._size, self._keep = size, idle
        self._changed = threading.Condition()
        self._idle: list[Taken[C]] = []
        self._open = self._opening = self._waiting = self._failures = 0
        self._error: Exception | None = None
        self._closed = False
        self._first = 0.0
        """Until when the first connection is waited for; 0 when it was tried."""
        weakref.finalize(self, _close_all, self._idle, close)

    def take(self, until: float) -> Taken[C]:
        """A connection before the moment `until` (of `time.monotonic`), the first of all a little later.
        Raises PoolTimeout, and what connecting raised."""
        with self._changed:
            failures = self._failures
            self._waiting += 1
            try:
                while True:
                    if self._idle:
                        return self._idle.pop()
                    if self._failures > failures and self._error is not None:
                        raise self._error
                    self._open_more()
                    patience = max(until, self._first) - time.monotonic()
                    if self._closed or not self._changed.wait(patience):
                        raise PoolTimeout
            finally:
                self._waiting -= 1

    def give(self, connection: C) -> None:
        """Back to the pool, sound."""
        with self._changed:
            if not self._closed and len(self._idle) < self._keep:
                self._idle.append(Taken(connection, True))
                self._changed.notify()
                return
            self._open -= 1
        self._close(connection)

    def drop(self, connection: C) -> None:
        """Broken: it is closed and forgotten."""
        with self._changed:
            self._open -= 1
            self._changed.notify()
        self._close(connection)

    def drop_idle(self) -> None:
        """Closes what nobody uses now: after a restart of the server all of it is broken."""
        with self._changed:
            idle, self._idle[:] = list(self._idle), []
            self._open -= len(idle)
        for taken in idle:
            self._close(taken.connection)

    def warm(self) -> None:
        """Opens a first connection without waiting for it."""
        with self._changed:
            self._first = time.monotonic() + FIRST_SECONDS
            self._waiting += 1
            self._open_more()
            self._waiting -= 1

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.drop_idle()

    def _open_more(self) -> None:
        if self._opening < self._waiting and self._open < self._size and not self._closed:
            self._opening += 1
            self._open += 1
            threading.Thread(target=self._connected, name="connect", daemon=True).start()

    def _connected(self) -> None:
        try:
            connection = self._connect()
        except Exception as error:
            with self._changed:
                self._opening -= 1
                self._open -= 1
                self._failures += 1
                self._error, self._first = error, 0.0
                self._changed.notify_all()
            return
        with self._changed:
            self._opening -= 1
            self._first = 0.0
            if not self._closed:
                self._idle.append(Taken(connection, False))
                self._changed.notify()
                return
            self._open -= 1
        self._close(connection)


def _close_all(idle: list[Taken[C]], close: Callable[[C], None]) -> None:
    while idle:
        close(idle.pop().connection)
