"""What no recall may stumble over: logs with odd users, odd items and odd ids. Part of `RecallContract`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.solution import Solution
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.recall.item_model import ItemModelConfig
from pairec_cli.recall.vector import VectorRecallConfig
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.model_world import run_model
from tests.recall.vector_world import run_recall

DAY = "20260131"
BUSY = 510
"""Items that one user clicks: more than the components' limits of 500."""
RESERVED = ("7:8", "7,8", "7;8", "#7")
ODD_USERS = ("once", "repeating", "busy")
Log = list[dict[str, Any]]


class BadInput:
    """Tests of a method's tables; the contract gives `method`, `solution` and `config`."""

    days: ClassVar[int] = 1
    """Days over which users' clicks are spread: a method that learns what follows what needs several."""

    def test_odd_users_items_and_ids_spoil_no_list(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        """A user with one click, one with the same click again and again, one with 500+ clicks; an item with
        one user; a group without users; ids with separators, of users too; events of users and items that no
        table knows."""
        world = make_world(solution)
        items = [str(number) for number in range(1, BUSY + 1)]
        log = clicks("once", ["1"]) + clicks("repeating", ["2"] * 9) + clicks("busy", items)
        log += [
            one for user in "abcdef" for one in clicks(user, [str(1 + (ord(user) + s) % 9) for s in range(5)])
        ]
        log += clicks("a", [*RESERVED, "gone"]) + clicks("nobody", ["1", "3"]) + clicks("x:y", ["1", "2"])
        put(world, [*ODD_USERS, *"abcdef", "x:y", "idle"], [*items, *RESERVED], log, self.days)
        run(world, method, config, solution)
        for table in lists_of(world, method, config, solution):
            for key, text in table.items():
                check(key, text, known={*items, "gone"})

    def test_everything_in_one_session_of_one_user(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        """No pair of users, nothing unseen, a catalog smaller than any list. It may be too little to learn
        from; then the error says so and what to do."""
        world = make_world(solution)
        put(world, ["a", "b"], ["1", "2", "3"], clicks("a", ["1", "2", "3"], session=True))
        try:
            run(world, method, config, solution)
        except PairecError as error:
            assert error.hint
            return
        for table in lists_of(world, method, config, solution):
            for key, text in table.items():
                check(key, text, known={"1", "2", "3"})

    def test_repeated_events_change_nothing_but_counts(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        """Every row of the log twice, as of a job that ran again: no item stands twice in a list."""
        world = make_world(solution)
        log = [
            one
            for user in "abcdef"
            for one in clicks(user, [str(1 + (ord(user) + s) % 9) for s in range(5)], session=True)
        ]
        put(world, "abcdef", [str(number) for number in range(1, 10)], [*log, *log], self.days)
        run(world, method, config, solution)
        for table in lists_of(world, method, config, solution):
            for key, text in table.items():
                check(key, text, known={str(number) for number in range(1, 10)})


def clicks(user: str, items: Sequence[str], *, session: bool = False) -> Log:
    """Each item shown and clicked, a minute after the one before; in one request, or each in its own."""
    return [
        event(
            user,
            item,
            what,
            event_time=at(DAY) + 60 * minute,
            request_id=f"r-{user}" if session else f"r-{user}-{minute}",
        )
        for minute, item in enumerate(items)
        for what in ("expr", "click")
    ]


def put(world: World, users: Sequence[str], items: Sequence[str], log: Log, days: int = 1) -> None:
    """The tables of the days up to DAY, with ids as text; the features' nodes have run. A click and its
    exposure are of one day, a user's next click of the day before."""
    people = [{"user_id": user, "gender": "m", "age": 30} for user in users]
    for back in range(days - 1, -1, -1):
        ds = shift(DAY, -back)
        put_text(world, "user", ds, "user_id", people)
        rows = [{"item_id": item, "category": "c", "pub_time": at("20260120")} for item in items]
        put_text(world, "item", ds, "item_id", rows)
        world.put_behavior(ds, [moved(one, back) for one in log if minute_of(one) % days == back])
        world.run(feature_nodes(world.solution), ds)


def minute_of(row: Mapping[str, Any]) -> int:
    return (int(row["event_time"]) - at(DAY)) // 60


def moved(row: Mapping[str, Any], back: int) -> dict[str, Any]:
    return {**row, "event_time": int(row["event_time"]) - 86_400 * back}


def put_text(world: World, role: str, ds: str, key: str, rows: Log) -> None:
    """One partition of a table whose ids are text, as a user's own tables have them."""
    form = getattr(world.solution.data_tables, role)
    columns = [
        column if column.name != key else type(column)(key, "STRING", column.comment)
        for column in world.sources[form.table]
    ]
    world.put(form.table, ds, rows, columns)


def run(world: World, method: Any, config: Any, solution: Solution) -> None:
    brief = config.model_copy(update={"epochs": 1, "batch_size": 64})
    if isinstance(config, VectorRecallConfig):
        run_recall(world, method.nodes(brief, solution), method.package_files(brief, solution, {}), DAY)
    elif isinstance(config, ItemModelConfig):
        run_model(world, method, brief, DAY)
    else:
        world.run(method.nodes(config, solution), DAY)


def lists_of(world: World, method: Any, config: Any, solution: Solution) -> list[dict[str, str]]:
    """Key → list, of every published column of lists."""
    return [
        {row[one.key]: row[column] or "" for row in world.rows(one.table, DAY)}
        for one in method.publications(config, solution)
        for column in one.columns
        if column.endswith("item_ids")
    ]


def check(key: str, text: str, known: set[str]) -> None:
    """The list's entries are of known items, each once, with finite scores, best first."""
    assert not set(key) & set(":,;#"), key
    entries = [entry.split(":") for entry in text.split(",")] if text else []
    found = [entry[0] for entry in entries]
    assert set(found) <= known
    assert len(set(found)) == len(found), "an item stands twice"
    scores = [float(entry[-1]) for entry in entries]
    assert all(math.isfinite(score) and score >= 0 for score in scores)
    assert scores == sorted(scores, reverse=True)
