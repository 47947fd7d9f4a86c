"""Tablestore's plain buffer: how rows lie in its requests and answers. Written from the format, not with the
SDK, so that the SDK checks it.

A row is a header, a primary key and columns of cells, and checksums: CRC-8 (x^8 + x^2 + x + 1) of each cell
over name, type and value, and of the row over the checksums of its cells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

HEADER = 0x75
ROW_KEY, ROW_DATA, CELL, CELL_NAME, CELL_VALUE = 1, 2, 3, 4, 5
CELL_KIND, CELL_MOMENT, DELETED, ROW_CHECK, CELL_CHECK = 6, 7, 8, 9, 10
INTEGER, DOUBLE, BOOLEAN, STRING = 0, 1, 2, 3
LOWEST, HIGHEST, COUNTED = 9, 10, 11
"""Kinds of keys: before all, after all, and one that the server counts up."""


class Limit(NamedTuple):
    """A key that is no value."""

    kind: int


Value = str | int | float | bool | Limit


class Cell(NamedTuple):
    name: str
    value: Value
    moment: int | None = None


class Row(NamedTuple):
    key: list[Cell]
    columns: list[Cell]
    deleted: bool = False


def crc8(data: bytes, check: int = 0) -> int:
    for byte in data:
        check ^= byte
        for _ in range(8):
            check = (check << 1 ^ 0x07) & 0xFF if check & 0x80 else check << 1
    return check


def written(rows: Iterable[Row]) -> bytes:
    """Rows under one header; nothing for no rows."""
    parts = [_row(row) for row in rows]
    return struct.pack("<i", HEADER) + b"".join(parts) if parts else b""


def read(data: bytes) -> list[Row]:
    """Raises AssertionError for what is no plain buffer, and for a wrong checksum."""
    return _Reader(data).rows()


def _row(row: Row) -> bytes:
    found, check = bytes([ROW_KEY]), 0
    for place, cells in enumerate((row.key, row.columns)):
        if place and cells:
            found += bytes([ROW_DATA])
        for cell in cells:
            data, one = _cell(cell)
            found += data
            check = crc8(bytes([one]), check)
    if row.deleted:
        found += bytes([DELETED])
    check = crc8(bytes([row.deleted]), check)
    return found + bytes([ROW_CHECK, check])


def _cell(cell: Cell) -> tuple[bytes, int]:
    name = cell.name.encode()
    kind, payload = _payload(cell.value)
    value = bytes([kind]) + payload
    data = bytes([CELL, CELL_NAME]) + struct.pack("<i", len(name)) + name
    data += bytes([CELL_VALUE]) + struct.pack("<i", len(value)) + value
    check = crc8(name + value)
    if cell.moment is not None:
        moment = struct.pack("<q", cell.moment)
        data += bytes([CELL_MOMENT]) + moment
        check = crc8(moment, check)
    return data + bytes([CELL_CHECK, check]), check


def _payload(value: Value) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return BOOLEAN, struct.pack("<?", value)
    if isinstance(value, int):
        return INTEGER, struct.pack("<q", value)
    if isinstance(value, float):
        return DOUBLE, struct.pack("<d", value)
    if isinstance(value, Limit):
        return value.kind, b""
    text = value.encode()
    return STRING, struct.pack("<i", len(text)) + text


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def rows(self) -> list[Row]:
        assert self._number("<i") == HEADER
        found = []
        while self.at < len(self.data):
            found.append(self._one())
        return found

    def _one(self) -> Row:
        check = 0
        parts: list[list[Cell]] = [[], []]
        assert self._byte() == ROW_KEY
        for part in parts:
            while self._next(CELL):
                cell, one = self._cell()
                part.append(cell)
                check = crc8(bytes([one]), check)
            self._next(ROW_DATA)
        deleted = self._next(DELETED)
        check = crc8(bytes([deleted]), check)
        if self.at < len(self.data):
            assert self._byte() == ROW_CHECK
            assert self._byte() == check, "the row's checksum"
        return Row(parts[0], parts[1], deleted)

    def _cell(self) -> tuple[Cell, int]:
        assert self._byte() == CELL_NAME
        name = self._take(self._number("<i"))
        assert self._byte() == CELL_VALUE
        raw = self._take(self._number("<i"))
        check = crc8(name + raw)
        moment = None
        if self._next(CELL_MOMENT):
            moment = self._number("<q")
            check = crc8(struct.pack("<q", moment), check)
        assert self._byte() == CELL_CHECK
        assert self._byte() == check, "the cell's checksum"
        return Cell(name.decode(), _value(raw), moment), check

    def _next(self, tag: int) -> bool:
        """Steps over the tag if it comes next."""
        there = self.at < len(self.data) and self.data[self.at] == tag
        self.at += there
        return there

    def _byte(self) -> int:
        return self._take(1)[0]

    def _number(self, form: str) -> int:
        (number,) = struct.unpack(form, self._take(struct.calcsize(form)))
        return int(number)

    def _take(self, size: int) -> bytes:
        self.at += size
        assert self.at <= len(self.data), "the buffer ends early"
        return self.data[self.at - size : self.at]


def _value(raw: bytes) -> Value:
    kind, payload = raw[0], raw[1:]
    if kind == INTEGER:
        return int(struct.unpack("<q", payload)[0])
    if kind == DOUBLE:
        return float(struct.unpack("<d", payload)[0])
    if kind == BOOLEAN:
        return bool(payload[0])
    if kind == STRING:
        assert struct.unpack("<i", payload[:4])[0] == len(payload) - 4
        return payload[4:].decode()
    assert kind in (LOWEST, HIGHEST, COUNTED) and not payload, kind
    return Limit(kind)
