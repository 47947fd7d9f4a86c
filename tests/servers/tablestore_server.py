"""A Tablestore instance on a loopback port: the service's own HTTP, signatures, protobuf and plain buffer,
for GetRow, PutRow, GetRange, BatchGetRow and BatchWriteRow. Tables are in memory."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import tablestore.protobuf.table_store_pb2 as pb2

from tests.servers.plainbuffer import COUNTED, HIGHEST, LOWEST, Cell, Limit, Row, read, written
from tests.servers.process import HOST

KEY_ID, KEY_SECRET, INSTANCE = "the-id", "the secret word", "shop"
Key = tuple[Any, ...]


class Refused(Exception):
    """An error of the service: HTTP status, code, message."""


class Table:
    """`keys` are the names of the key columns; a counted one is the last."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.rows: dict[Key, dict[str, tuple[Any, int]]] = {}
        self.counted = 0

    def put(self, key: Sequence[Any], columns: dict[str, Any], moment: int | None = None) -> None:
        """`moment` is in milliseconds, now when None."""
        at = int(time.time() * 1000) if moment is None else moment
        values = list(key)
        if values and values[-1] == Limit(COUNTED):
            self.counted += 1
            values[-1] = self.counted
        self.rows[tuple(values)] = {name: (value, at) for name, value in columns.items()}


class TablestoreService:
    """`page` is how many rows a range gives at once."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.page = 3
        self.calls: list[str] = []
        self.pause = 0.0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                service.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer((HOST, 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.http.server_port}"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        time.sleep(self.pause)
        try:
            _check_signature(handler, body)
            self.calls.append(handler.path[1:])
            status, said = 200, CALLS[handler.path[1:]](self, body)
        except Refused as error:
            status, code, message = error.args
            said = pb2.Error(code=code, message=message).SerializeToString()
        headers = {
            "x-ots-contentmd5": _digest(said),
            "x-ots-requestid": "0005f1c5-0000-0000-0000-000000000000",
            "x-ots-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "x-ots-contenttype": "protocol buffer",
        }
        signature = _signed(f"{_lines(headers)}\n{handler.path}")
        handler.send_response(status)
        for name, value in {**headers, "Authorization": f"OTS {KEY_ID}:{signature}"}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    def table(self, name: str) -> Table:
        if name not in self.tables:
            raise Refused(404, "OTSObjectNotExist", "Requested table does not exist.")
        return self.tables[name]

    def get_row(self, body: bytes) -> bytes:
        ask = pb2.GetRowRequest.FromString(body)
        found = _found(self.table(ask.table_name), _key(ask.primary_key), ask)
        return pb2.GetRowResponse(consumed=_cost(), row=written(found)).SerializeToString()

    def put_row(self, body: bytes) -> bytes:
        ask = pb2.PutRowRequest.FromString(body)
        (row,) = read(ask.row)
        columns = {cell.name: cell.value for cell in row.columns}
        self.table(ask.table_name).put([cell.value for cell in row.key], columns)
        return pb2.PutRowResponse(consumed=_cost()).SerializeToString()

    def get_range(self, body: bytes) -> bytes:
        ask = pb2.GetRangeRequest.FromString(body)
        table = self.table(ask.table_name)
        start = _order(_key(ask.inclusive_start_primary_key))
        end = _order(_key(ask.exclusive_end_primary_key))
        backward = ask.direction == pb2.BACKWARD
        keys = sorted(table.rows, key=_order, reverse=backward)
        inside = [
            key for key in keys if (end < _order(key) <= start if backward else start <= _order(key) < end)
        ]
        rows = [row for key in inside for row in _found(table, key, ask)]
        count = min(self.page, ask.limit or self.page)
        answer = pb2.GetRangeResponse(consumed=_cost(), rows=written(rows[:count]))
        if len(rows) > count:
            answer.next_start_primary_key = written([Row(rows[count].key, [])])
        return bytes(answer.SerializeToString())

    def batch_get_row(self, body: bytes) -> bytes:
        answer = pb2.BatchGetRowResponse()
        for ask in pb2.BatchGetRowRequest.FromString(body).tables:
            if len(ask.primary_key) > 100:
                raise Refused(400, "OTSParameterInvalid", "Rows count exceeds the upper limit")
            table = self.table(ask.table_name)
            part = answer.tables.add(table_name=ask.table_name)
            for key in ask.primary_key:
                part.rows.add(is_ok=True, consumed=_cost(), row=written(_found(table, _key(key), ask)))
        return bytes(answer.SerializeToString())

    def batch_write_row(self, body: bytes) -> bytes:
        answer = pb2.BatchWriteRowResponse()
        for ask in pb2.BatchWriteRowRequest.FromString(body).tables:
            table = self.table(ask.table_name)
            part = answer.tables.add(table_name=ask.table_name)
            for change in ask.rows:
                (row,) = read(change.row_change)
                assert change.type == pb2.DELETE and row.deleted
                table.rows.pop(tuple(cell.value for cell in row.key), None)
                part.rows.add(is_ok=True, consumed=_cost())
        return bytes(answer.SerializeToString())


CALLS: dict[str, Callable[[TablestoreService, bytes], bytes]] = {
    "GetRow": TablestoreService.get_row,
    "PutRow": TablestoreService.put_row,
    "GetRange": TablestoreService.get_range,
    "BatchGetRow": TablestoreService.batch_get_row,
    "BatchWriteRow": TablestoreService.batch_write_row,
}


def _found(table: Table, key: Key, ask: Any) -> list[Row]:
    """The row with the columns asked for that were written in the time asked for; none without a column."""
    if key not in table.rows:
        return []
    wanted, window = set(ask.columns_to_get), ask.time_range
    cells = [
        Cell(name, value, moment)
        for name, (value, moment) in table.rows[key].items()
        if (not wanted or name in wanted)
        and (not window.HasField("start_time") or window.start_time <= moment < window.end_time)
    ]
    names = [Cell(name, value) for name, value in zip(table.keys, key, strict=True)]
    return [Row(names, cells)] if cells or wanted & set(table.keys) else []


def _key(data: bytes) -> Key:
    (row,) = read(data)
    return tuple(cell.value for cell in row.key)


def _order(key: Key) -> tuple[tuple[int, Any], ...]:
    """How keys are compared: the lowest, values, the highest."""
    ranks = {LOWEST: 0, HIGHEST: 2}
    return tuple((ranks[part.kind], 0) if isinstance(part, Limit) else (1, part) for part in key)


def _cost() -> Any:
    return pb2.ConsumedCapacity(capacity_unit=pb2.CapacityUnit(read=1, write=0))


def _check_signature(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    headers = {name.lower(): value for name, value in handler.headers.items()}
    given = headers.pop("x-ots-signature", "")
    own = _signed(f"{handler.path}\nPOST\n\n{_lines(headers)}\n")
    known = headers["x-ots-accesskeyid"] == KEY_ID and headers["x-ots-instancename"] == INSTANCE
    if not known or given != own:
        raise Refused(403, "OTSAuthFailed", "Signature mismatch.")
    assert headers["x-ots-contentmd5"] == _digest(body)


def _lines(headers: dict[str, str]) -> str:
    return "\n".join(
        sorted(f"{name}:{value}" for name, value in headers.items() if name.startswith("x-ots-"))
    )


def _digest(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _signed(text: str) -> str:
    return base64.b64encode(hmac.new(KEY_SECRET.encode(), text.encode(), hashlib.sha1).digest()).decode()
