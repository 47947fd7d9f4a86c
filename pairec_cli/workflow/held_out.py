"""A held-out day: what users took on it for the first time, and what was known of them the day before."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from pairec_cli.domain.ds import DsRange, shift
from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.script import literal, quoted
from pairec_cli.workflow.workspace import Workspace

POPULAR_DAYS = 15
"""Days before the held-out one by which popularity is counted."""
Items = dict[str, list[str]]


@dataclass(frozen=True)
class HeldOut:
    """What is to be found on day `ds`, and beside it what needs no recall. Users and items are ids."""

    ds: str
    event: str
    new: Items
    """User → items that the user met on `ds` for the first time. These users are judged."""
    met: Mapping[str, set[str]]
    """User → items that the user met on any day before."""
    catalog: list[str]
    """Items that there were the day before."""
    popular: list[str]
    """Items by the number of users who met them in the days before, most first."""

    @property
    def day_before(self) -> str:
        return shift(self.ds, -1)


def target_event(solution: Solution, event: str | None = None) -> str:
    """The event that counts as a hit: by default the key behavior after the impression. Raises NotFound."""
    known = solution.data_tables.behavior.event_values
    if event is not None and event not in known:
        raise NotFound("event", event, known, hint="pairec solution show")
    behaviors = solution.features.key_behaviors
    return event or behaviors[min(1, len(behaviors) - 1)]


def hold_out(workspace: Workspace, solution: Solution, ds: str, event: str, *, users: int) -> HeldOut:
    """The held-out day, of at most `users` users: of more, so many are drawn, the same ones each time.

    Raises DataError when nobody met anything new on it.
    """
    new = _pairs(workspace, solution, ds, ds, event)
    met = _pairs(workspace, solution, "00000000", shift(ds, -1), event, of=ds)
    known = {user: set(items) for user, items in met.items()}
    fresh = {user: [one for one in items if one not in known.get(user, ())] for user, items in new.items()}
    judged = sorted(user for user, items in fresh.items() if items)
    if not judged:
        raise DataError(f"nobody has a new {event} on {ds}", hint="name another day with --ds")
    if len(judged) > users:
        judged = sorted(random.Random(0).sample(judged, users))
    return HeldOut(
        ds,
        event,
        {user: fresh[user] for user in judged},
        {user: known.get(user, set()) for user in judged},
        _catalog(workspace, solution, shift(ds, -1)),
        _popular(workspace, solution, DsRange.ending(shift(ds, -1), POPULAR_DAYS), event),
    )


_PAIRS = """\
SELECT DISTINCT CAST({uid} AS STRING) AS user_id, CAST({iid} AS STRING) AS item_id
FROM {behavior}
WHERE ds >= '{first}' AND ds <= '{last}' AND {column} = {event}{of}
ORDER BY user_id, item_id"""

_OF = """
    AND {uid} IN (SELECT {uid} FROM {behavior} WHERE ds = '{of}' AND {column} = {event})"""

_POPULAR = """\
SELECT CAST({iid} AS STRING) AS item_id
FROM {behavior}
WHERE ds >= '{first}' AND ds <= '{last}' AND {column} = {event}
GROUP BY {iid}
ORDER BY COUNT(DISTINCT {uid}) DESC, item_id"""


def _parts(solution: Solution, event: str) -> dict[str, str]:
    form, names = solution.data_tables.behavior, TableNames(solution)
    return {
        "uid": quoted(form.user_id),
        "iid": quoted(form.item_id),
        "column": quoted(form.event),
        "behavior": str(names.source(TableRole.BEHAVIOR)),
        "event": literal(event),
    }


def _pairs(
    workspace: Workspace, solution: Solution, first: str, last: str, event: str, *, of: str | None = None
) -> Items:
    """User → items met in the days from `first` to `last`, of the users who met anything on day `of`."""
    parts = _parts(solution, event)
    inside = "" if of is None else _OF.format(of=of, **parts)
    text = _PAIRS.format(first=first, last=last, of=inside, **parts)
    rows = workspace.sql.query(text, project=TableNames(solution).project)
    found: Items = {}
    for user, item in zip(
        rows.column("user_id").to_pylist(), rows.column("item_id").to_pylist(), strict=True
    ):
        if user is not None and item is not None:
            found.setdefault(user, []).append(item)
    return found


def _popular(workspace: Workspace, solution: Solution, days: DsRange, event: str) -> list[str]:
    text = _POPULAR.format(first=days.first, last=days.last, **_parts(solution, event))
    rows = workspace.sql.query(text, project=TableNames(solution).project)
    return [item for item in rows.column("item_id").to_pylist() if item is not None]


def _catalog(workspace: Workspace, solution: Solution, ds: str) -> list[str]:
    """The item table's items of the day, or of the newest day before it."""
    table, key = TableNames(solution).source(TableRole.ITEM), solution.data_tables.item.item_id
    day = max((one for one in workspace.warehouse.partitions(table) if one <= ds), default=None)
    if day is None:
        raise DataError(f"{table} holds no day up to {ds}", hint="pairec data list")
    return sorted(str(item) for item in workspace.warehouse.read(table, [day], [key]).column(key).to_pylist())
