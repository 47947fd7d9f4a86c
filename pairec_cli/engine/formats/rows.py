"""The rows of a batch, and what a format does with them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO, Protocol

COLUMNS = ("user_id", "rank", "item_id", "score", "recall")

Row = tuple[str, int, str, float, str]
"""(user id, rank from 1, item id, score, recall)"""

Write = Callable[[bytes], object]


class RowFormat(Protocol):
    """Rows become bytes in the process that made them (`encode`); the process that holds the file appends
    those through `writer`, in any number of parts. `binary` formats need a file."""

    binary: bool

    def encode(self, rows: list[Row]) -> bytes: ...

    def writer(self, file: IO[bytes]) -> AbstractContextManager[Write]: ...
