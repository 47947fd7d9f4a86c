"""Any day of a world, alone: schemas, repetition, continuity, the funnel."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pairec_cli.datagen.behavior import LAST_DELAY
from pairec_cli.datagen.config import stream
from pairec_cli.datagen.world import World, WorldConfig, world_of
from pairec_cli.domain.ds import DsRange, shift, unix_start
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.tables import BEHAVIOR_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Column

EPOCH = "20260101"
SMALL = WorldConfig(epoch=EPOCH, users=150, items=120, events_per_day=900, seed=7)
ARROW = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "STRING": pa.string()}

DIGEST = """
import hashlib, sys
from pairec_cli.datagen.world import World, WorldConfig
world = World(WorldConfig.model_validate_json(sys.argv[1]))
for table in (world.users(sys.argv[2]), world.items(sys.argv[2]), world.behavior(sys.argv[2])):
    print(hashlib.sha256(repr(table.to_pydict()).encode()).hexdigest())
"""


def digests(world: World, ds: str) -> list[str]:
    tables = (world.users(ds), world.items(ds), world.behavior(ds))
    return [hashlib.sha256(repr(table.to_pydict()).encode()).hexdigest() for table in tables]


def test_schemas_are_the_demo_tables() -> None:
    world = World(SMALL)

    def declared(columns: tuple[Column, ...]) -> pa.Schema:
        return pa.schema([(column.name, ARROW[column.type]) for column in columns])

    assert world.users(EPOCH).schema == declared(USER_COLUMNS)
    assert world.items(EPOCH).schema == declared(ITEM_COLUMNS)
    assert world.behavior(EPOCH).schema == declared(BEHAVIOR_COLUMNS)
    for table in (world.users(EPOCH), world.items(EPOCH), world.behavior(EPOCH)):
        assert [column.null_count for column in table.columns] == [0] * table.num_columns


def test_another_process_makes_the_same_day() -> None:
    ds = shift(EPOCH, 17)
    command = [sys.executable, "-c", DIGEST, SMALL.model_dump_json(), ds]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert other == digests(World(SMALL), ds)


def test_day_40_alone_is_day_40_after_39_others() -> None:
    ds = shift(EPOCH, 39)
    walked = World(SMALL)
    for day in DsRange(EPOCH, shift(EPOCH, 38)):
        digests(walked, day)
    assert digests(walked, ds) == digests(World(SMALL), ds)


def test_seed_and_day_change_the_content() -> None:
    world, other = World(SMALL), World(SMALL.model_copy(update={"seed": 8}))
    ds = shift(EPOCH, 1)
    assert all(a != b for a, b in zip(digests(world, ds), digests(other, ds), strict=True))
    assert all(a != b for a, b in zip(digests(world, ds), digests(world, EPOCH), strict=True))


def test_days_and_chunks_share_no_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, tuple[int, ...]]] = []

    def recorded(config: WorldConfig, purpose: str, *keys: int) -> np.random.Generator:
        asked.append((purpose, keys))
        return stream(config, purpose, *keys)

    for module in ("behavior", "items", "taste", "users"):
        monkeypatch.setattr(f"pairec_cli.datagen.{module}.stream", recorded)
    world = World(SMALL.model_copy(update={"events_per_day": 200_000}))
    for ds in DsRange(EPOCH, shift(EPOCH, 2)):
        world.behavior(ds)
    assert len(asked) == len(set(asked)) > 3 * 3
    first = [stream(SMALL, purpose, *keys).integers(1 << 60) for purpose, keys in asked]
    assert len(set(first)) == len(first)


def test_the_configured_ids_exist_and_user_123_from_the_first_day() -> None:
    for users in (123, 150, 1_000):
        config = SMALL.model_copy(update={"users": users, "user_growth": 1.0})
        assert 123 in World(config).users(EPOCH)["user_id"].to_pylist()
    last = World(SMALL.model_copy(update={"growth_days": 1.0}))
    end = shift(EPOCH, 30)
    assert last.users(end)["user_id"].to_pylist() == list(range(1, 151))
    assert last.items(end)["item_id"].to_pylist() == list(range(1, 121))


def test_what_a_user_and_an_item_are_stays_and_counts_never_fall() -> None:
    world = World(SMALL.model_copy(update={"users": 300, "user_growth": 0.5}))
    kept = {"users": ("user_id", "gender", "city", "register_time", "tags"), "items": ()}
    kept["items"] = ("item_id", "duration", "title", "category", "author", "pub_time")
    rising = {
        "users": ("item_cnt", "follow_cnt", "follower_cnt", "age"),
        "items": ("click_count", "praise_count"),
    }
    for kind in ("users", "items"):
        before = getattr(world, kind)(EPOCH)
        sizes = [before.num_rows]
        for ds in DsRange(shift(EPOCH, 1), shift(EPOCH, 40)):
            now = getattr(world, kind)(ds)
            old = now.slice(0, before.num_rows)
            assert old.select(kept[kind]).equals(before.select(kept[kind]))
            for name in rising[kind]:
                assert (np.diff([before[name].to_numpy(), old[name].to_numpy()], axis=0) >= 0).all()
            before = now
            sizes.append(now.num_rows)
        assert sizes == sorted(sizes) and sizes[-1] > sizes[0]
        assert any(
            (before[name].to_numpy()[: sizes[0]] > getattr(world, kind)(EPOCH)[name].to_numpy()).any()
            for name in rising[kind]
        )


def test_created_items_are_the_items_in_the_table() -> None:
    world = World(SMALL)
    for ds in (EPOCH, shift(EPOCH, 60)):
        users, items = world.users(ds), world.items(ds)
        created = Counter(items["author"].to_pylist())
        assert users["item_cnt"].to_pylist() == [created[user] for user in users["user_id"].to_pylist()]
        registered = dict(
            zip(*(users[name].to_pylist() for name in ("user_id", "register_time")), strict=True)
        )
        for author, published in zip(*(items[n].to_pylist() for n in ("author", "pub_time")), strict=True):
            assert registered[author] < published


def test_click_counts_grow_as_the_behavior_table_says() -> None:
    """The counters are expected values: their sum grows by what is clicked, of old items and of new ones."""
    days = DsRange(shift(EPOCH, 1), shift(EPOCH, 20))
    for signal in (0.0, 0.5, 1.0):
        world = World(WorldConfig(epoch=EPOCH, signal=signal))
        clicked = np.zeros(2_001)
        for ds in days:
            table = world.behavior(ds)
            items = pc.cast(table.filter(pc.equal(table["event"], "click"))["item_id"], pa.int64())
            clicked += np.bincount(items.to_numpy(), minlength=2_001)
        before, after = (world.items(ds)["click_count"].to_numpy() for ds in (EPOCH, days.last))
        grown = after - np.pad(before, (0, len(after) - len(before)))
        last_old = world.items(shift(EPOCH, -30)).num_rows
        for part in (slice(0, last_old), slice(last_old, len(after))):
            assert grown[part].sum() == pytest.approx(clicked[1:][part].sum(), rel=0.25)


def check_funnel(rows: list[dict[str, Any]]) -> None:
    """Every click has its exposure, every praise its click; only clicks take time."""
    times: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        seen = times.setdefault((row["request_id"], row["item_id"]), {})
        assert row["event"] in ("expr", "click", "praise") and row["event"] not in seen
        seen[row["event"]] = row["event_time"]
        assert (row["playtime"] > 0) == (row["event"] == "click")
    for seen in times.values():
        assert list(seen) == ["expr", "click", "praise"][: len(seen)]
        assert list(seen.values()) == sorted(seen.values())


def check_requests(rows: list[dict[str, Any]]) -> None:
    """One user, page, net type and experiment a request; different items, at most ten."""
    whole = ("user_id", "page", "net_type", "exp_id")
    about: dict[str, set[tuple[str, ...]]] = {}
    shown = Counter(row["request_id"] for row in rows if row["event"] == "expr")
    for row in rows:
        about.setdefault(row["request_id"], set()).add(tuple(row[name] for name in whole))
    assert all(len(found) == 1 for found in about.values())
    assert max(shown.values()) <= 10


def test_funnel_and_requests() -> None:
    rows = World(SMALL).behavior(shift(EPOCH, 5)).to_pylist()
    check_funnel(rows)
    check_requests(rows)
    assert {row["page"] for row in rows} == {"home", "detail"}
    assert {row["event"] for row in rows} == {"expr", "click", "praise"}


def test_nobody_acts_before_registration_and_nothing_is_shown_before_publication() -> None:
    world = World(SMALL.model_copy(update={"user_growth": 0.6, "users": 600, "growth_days": 20.0}))
    for ds in (EPOCH, shift(EPOCH, 3), shift(EPOCH, 30)):
        yesterday = shift(ds, -1)
        users = set(world.users(yesterday)["user_id"].to_pylist())
        items = set(world.items(yesterday)["item_id"].to_pylist())
        table = world.behavior(ds)
        assert {int(user) for user in table["user_id"].to_pylist()} <= users
        assert {int(item) for item in table["item_id"].to_pylist()} <= items
        for snapshot, name in ((world.users(ds), "register_time"), (world.items(ds), "pub_time")):
            assert pc.max(snapshot[name]).as_py() < unix_start(shift(ds, 1))


@pytest.mark.parametrize(
    ("timezone", "ds"),
    [
        ("UTC", "20260308"),
        ("Asia/Shanghai", "20260308"),
        ("America/New_York", "20260308"),  # 23 hours
        ("America/New_York", "20261101"),  # 25 hours
    ],
)
def test_events_lie_inside_their_day(timezone: str, ds: str) -> None:
    world = World(SMALL.model_copy(update={"timezone": timezone, "events_per_day": 60_000}))
    times = world.behavior(ds)["event_time"].to_numpy()
    start, end = unix_start(ds, timezone), unix_start(shift(ds, 1), timezone)
    assert start <= times.min() and times.max() < end
    assert times.max() > end - 4 * 3600  # the evening is not cut off


def test_clicks_and_praises_follow_before_the_day_can_end() -> None:
    table = World(WorldConfig(epoch=EPOCH, events_per_day=60_000)).behavior(EPOCH)
    asked: dict[str, int] = {}
    delays = [
        at - asked.setdefault(request, at)
        for request, at in zip(
            *(table[name].to_pylist() for name in ("request_id", "event_time")), strict=True
        )
    ]
    assert min(delays) == 0 and 60 < max(delays) < LAST_DELAY


def test_evenings_are_busier_than_nights() -> None:
    config = WorldConfig(epoch=EPOCH, events_per_day=50_000, timezone="Asia/Shanghai")
    seconds = World(config).behavior(EPOCH)["event_time"].to_numpy() - unix_start(EPOCH, "Asia/Shanghai")
    hours = np.bincount(seconds // 3600, minlength=24)
    assert hours[2:5].max() * 5 < hours[19:22].min()


def test_rows_come_near_the_configured_number() -> None:
    for signal in (0.0, 0.5, 1.0):
        world = World(WorldConfig(epoch=EPOCH, signal=signal))
        rows = [world.behavior(ds).num_rows for ds in DsRange(EPOCH, shift(EPOCH, 13))]
        assert np.mean(rows) == pytest.approx(8_000, rel=0.05)
        assert min(rows) > 6_800 and max(rows) < 9_200


def test_batches_are_the_day_in_order() -> None:
    world = World(WorldConfig(epoch=EPOCH, events_per_day=350_000, users=3_000))
    batches = list(world.behavior_batches(EPOCH))
    assert len(batches) == 4
    table = world.behavior(EPOCH)
    assert pa.Table.from_batches(batches).equals(table)
    requests = table["request_id"].to_pylist()
    assert requests == sorted(requests)
    shown = table.filter(pc.equal(table["event"], "expr"))["event_time"].to_numpy()
    assert (np.diff(shown) >= 0).all()


def test_request_ids_do_not_repeat_over_days() -> None:
    world = World(SMALL)
    found = [set(world.behavior(ds)["request_id"].to_pylist()) for ds in DsRange(EPOCH, shift(EPOCH, 4))]
    assert len(set.union(*found)) == sum(len(ids) for ids in found)


def test_no_text_holds_a_reserved_character() -> None:
    world = World(SMALL)
    for table in (world.users(EPOCH), world.items(EPOCH), world.behavior(EPOCH)):
        for field in table.schema:
            if field.type == pa.string():
                words = "".join(table[field.name].to_pylist())
                assert not set(words) & set(":;#,\x02\x03\x1d"), field.name
    tags = [text.split("|") for text in world.users(EPOCH)["tags"].to_pylist()]
    assert all(1 <= len(words) <= 3 and len(set(words)) == len(words) and all(words) for words in tags)


def test_a_day_before_anybody_is_an_error_with_the_first_day() -> None:
    with pytest.raises(InvalidInput) as failure:
        World(SMALL).behavior("20200101")
    assert EPOCH in (failure.value.hint or "")


def test_days_before_the_epoch_belong_to_the_same_world() -> None:
    world = World(SMALL)
    ds = shift(EPOCH, -20)
    check_funnel(world.behavior(ds).to_pylist())
    assert 0 < world.items(ds).num_rows < world.items(EPOCH).num_rows


@pytest.mark.parametrize(
    "wrong",
    [
        {"users": 0},
        {"items": -1},
        {"signal": 1.5},
        {"epoch": "2026-13-01"},
        {"timezone": "Mars/Olympus"},
        {"user": 3},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, InvalidInput)):
        WorldConfig(**{"epoch": EPOCH, **wrong})


@settings(max_examples=25, deadline=None)
@given(
    users=st.integers(1, 60),
    items=st.integers(1, 60),
    events=st.integers(1, 600),
    seed=st.integers(0, 2**40),
    signal=st.sampled_from([0.0, 0.3, 1.0]),
    growth=st.floats(0.0, 1.0),
    day=st.integers(0, 500),
)
def test_any_world_keeps_its_promises(
    users: int, items: int, events: int, seed: int, signal: float, growth: float, day: int
) -> None:
    config = WorldConfig(
        epoch=EPOCH,
        users=users,
        items=items,
        events_per_day=events,
        seed=seed,
        signal=signal,
        user_growth=growth,
        item_growth=growth,
    )
    world, ds = World(config), shift(EPOCH, day)
    people, things, rows = world.users(ds), world.items(ds), world.behavior(ds).to_pylist()
    assert people["user_id"].to_pylist() == list(range(1, people.num_rows + 1)) and people.num_rows <= users
    assert things["item_id"].to_pylist() == list(range(1, things.num_rows + 1)) and things.num_rows <= items
    assert set(things["author"].to_pylist()) <= set(people["user_id"].to_pylist())
    assert pc.all(pc.less_equal(things["praise_count"], things["click_count"])).as_py()
    check_funnel(rows)
    check_requests(rows)
    start = unix_start(ds)
    assert all(start <= row["event_time"] < start + 86_400 for row in rows)
    assert all(1 <= int(row["user_id"]) <= people.num_rows for row in rows)
    assert all(1 <= int(row["item_id"]) <= things.num_rows for row in rows)


def test_one_world_serves_all_its_days() -> None:
    config = WorldConfig(epoch="20260101", users=3, items=4)
    assert world_of(config) is world_of(WorldConfig(epoch="20260101", users=3, items=4))
    assert world_of(config.model_copy(update={"seed": 9})) is not world_of(config)
