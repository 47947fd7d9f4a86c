"""A database behind a network: a pool, a limit on every answer, and errors that say which source failed."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Generic, NoReturn, Self, TypeVar

from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.connections import without
from pairec_cli.domain.errors import SourceFailed
from pairec_cli.online.pool import Pool, PoolTimeout
from pairec_cli.online.sql_text import ROW_SECONDS, AlreadyThere

C = TypeVar("C")
Answer = tuple[list[str], list[tuple[object, ...]]]


class TooSlow(Exception):
    """No answer in time."""


class SqlServer(Generic[C]):
    """A `Database` whose connections are a driver's. `name` stands in messages; `seconds` is the limit of an
    answer, and `fixed` tells that the configuration says so for all uses."""

    mark = "%s"
    errors: type[Exception]
    """What the driver raises."""

    def __init__(self, name: str, pool: Pool[C], hidden: tuple[str, ...], seconds: float) -> None:
        self.name, self.pool, self.hidden = name, pool, hidden
        self.fixed = seconds > 0
        self.seconds = seconds or ROW_SECONDS

    def within(self, seconds: float) -> Self:
        """The same database with another limit, unless the configuration sets one."""
        if self.fixed:
            return self
        other = type(self)(self.name, self.pool, self.hidden, seconds)
        other.fixed = False
        return other

    def query(self, sql: str, parameters: Sequence[object]) -> Answer:
        """Raises SourceFailed."""
        names, rows = self._run(sql, parameters)
        return names, [tuple(map(plain_value, row)) for row in rows]

    def execute(self, sql: str, parameters: Sequence[object]) -> None:
        """Raises SourceFailed; AlreadyThere for a broken primary key."""
        self._run(sql, parameters)

    def _run(self, sql: str, parameters: Sequence[object]) -> Answer:
        """A connection that was used before and broke since is replaced once: the server may have been
        restarted."""
        until = time.monotonic() + self.seconds
        while True:
            connection, used = self._take(until)
            if time.monotonic() >= until:  # the first connection of all, which is waited for longer
                until = time.monotonic() + self.seconds
            try:
                answer = self._ask(connection, sql, parameters, until - time.monotonic())
            except TooSlow:
                self.pool.drop(connection)
                self._too_slow()
            except self.errors as error:
                if self._broken(connection, error):
                    self.pool.drop(connection)
                    self.pool.drop_idle()
                    if used:
                        continue
                else:
                    self.pool.give(connection)
                self._fail(error)
            except BaseException:
                self.pool.drop(connection)
                raise
            self.pool.give(connection)
            return answer

    def _take(self, until: float) -> tuple[C, bool]:
        try:
            return self.pool.take(until)
        except PoolTimeout:
            self._too_slow()
        except Exception as error:  # what connecting raised in its own thread
            self._fail(error)

    @abstractmethod
    def _ask(self, connection: C, sql: str, parameters: Sequence[object], seconds: float) -> Answer:
        """Raises TooSlow, and the driver's errors."""

    @abstractmethod
    def _broken(self, connection: C, error: Exception) -> bool:
        """Whether the connection is of no use any more."""

    @abstractmethod
    def _there(self, error: Exception) -> bool:
        """Whether the row's key is taken."""

    def _said(self, error: Exception) -> str:
        return said(error)

    def _fail(self, error: Exception) -> NoReturn:
        kind = AlreadyThere if self._there(error) else SourceFailed
        raise kind(f"{self.name}: {without(self._said(error), self.hidden)}") from None

    def _too_slow(self) -> NoReturn:
        raise SourceFailed(f"{self.name}: no answer within {self.seconds * 1000:g} ms")


def said(error: Exception) -> str:
    """What a driver's error says, on one line."""
    parts: tuple[Any, ...] = error.args
    text = parts[1] if len(parts) > 1 and isinstance(parts[1], str) else str(error)
    return " ".join(text.split()) or type(error).__name__


def plain_value(value: object) -> object:
    """A column's value as the engine knows it: exact decimals are floats, elements of arrays are texts, and
    what has no kind of its own is its text."""
    if value is None or isinstance(value, (str, int, float, bytes)):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [text if (text := to_text(one, "")) else str(one) for one in value if one is not None]
    if hasattr(value, "isoformat"):
        return value
    return str(value)
