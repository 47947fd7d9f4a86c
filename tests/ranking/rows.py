"""Rows of the tables that the ranking's nodes read, written without running the nodes before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pairec_cli.domain.ds import unix_start
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features import preprocess
from tests.features.world import World

DS = "20260131"
Row = dict[str, Any]


def behave(user: str, item: str, what: str, second: int | None = 0, **more: Any) -> Row:
    """A row of the preprocessed log, `second` seconds into DS."""
    time = None if second is None else unix_start(DS) + second
    row = {"request_id": "r", "user_id": user, "item_id": item, "event": what, "event_unix_time": time}
    return row | {"scene": "home", "page": "home", "net_type": "wifi"} | more


def put_log(world: World, rows: Iterable[Mapping[str, Any]], ds: str = DS) -> None:
    """Write the preprocessed behavior log of a day."""
    columns = [Column(f.name, f.type) for f in preprocess.fields(world.solution, TableRole.BEHAVIOR)]
    world.put(TableNames(world.solution).preprocess(TableRole.BEHAVIOR), ds, rows, columns)


def put_attributes(world: World, role: TableRole, rows: Iterable[Mapping[str, Any]], ds: str) -> None:
    """Write the preprocessed user or item table of a day."""
    columns = [Column(f.name, f.type) for f in preprocess.fields(world.solution, role)]
    world.put(TableNames(world.solution).preprocess(role), ds, rows, columns)
