"""Rows of the tables that the ranking's nodes read, written without running the nodes before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pairec_cli.domain.ds import shift, unix_start
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features import preprocess
from pairec_cli.ranking import training_set
from pairec_cli.ranking.feature_list import model_features
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


def put_training(world: World, rows: Iterable[Mapping[str, Any]], training_days: int) -> None:
    """Write the training set: rows name their `ds`; days of the window without rows are empty."""
    ranking, names = world.solution.ranks, TableNames(world.solution)
    assert ranking is not None
    fields = training_set.fields(world.solution, ranking, model_features(world.solution))
    keys = {"request_id": "r", names.user_id: "u", names.item_id: "i"}
    listed = [keys | {"sample_weight": 1.0} | dict(row) for row in rows]
    days = {shift(DS, -days) for days in range(training_days)} | {row["ds"] for row in listed}
    for ds in sorted(days):
        found = [row for row in listed if row["ds"] == ds]
        world.put(names.training_set(ranking.name), ds, found, [Column(f.name, f.type) for f in fields])
