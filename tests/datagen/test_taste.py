"""The planted truth: its formula, and what it leaves in the log at signal 1 and signal 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, rankdata

from pairec_cli.datagen import taste as model
from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.ds import DsRange, shift, unix_start
from pairec_cli.domain.errors import InvalidInput

EPOCH = "20260101"
DAYS = DsRange(EPOCH, shift(EPOCH, 9))
LogOf = Callable[[World, DsRange], Any]


@pytest.fixture(scope="module", params=[0.0, 1.0], ids=["random", "taste"])
def world(request: pytest.FixtureRequest) -> World:
    return World(WorldConfig(epoch=EPOCH, events_per_day=40_000, seed=11, signal=request.param))


@pytest.fixture(scope="module")
def log(world: World, log_of: LogOf) -> Any:
    return log_of(world, DAYS)


def planted(world: World) -> bool:
    return world.config.signal == 1.0


def chance(table: NDArray[np.int64]) -> float:
    """The probability of a table at least so uneven when rows and columns are independent."""
    return float(chi2_contingency(table).pvalue)


def structure_as_configured(world: World, table: NDArray[np.int64]) -> bool:
    """Dependence that chance cannot explain at signal 1, and none worth a thought at signal 0."""
    return chance(table) < 1e-6 if planted(world) else chance(table) > 1e-3


def counts(kind: NDArray[Any], clicked: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    """(2, size): exposures without and with a click, by kind."""
    return np.stack([np.bincount(kind[clicked == flag], minlength=size) for flag in (False, True)])


def auc(score: NDArray[Any], label: NDArray[np.bool_]) -> float:
    positive = label.sum()
    rank_sum = rankdata(score)[label].sum()
    return float((rank_sum - positive * (positive + 1) / 2) / (positive * (~label).sum()))


def slow_affinity(world: World, user: int, item: int, ds: str, position: int) -> float:
    """The module's formula, one pair at a time, publication read from the item table."""
    truth, signal = world.taste, world.config.signal
    day = (unix_start(ds) - unix_start(EPOCH)) // 86_400
    published = world.items(shift(EPOCH, 3_000))["pub_time"][item - 1].as_py()
    age = max(0, (unix_start(ds) - (published - published % 86_400)) // 86_400)
    u, i = truth.user[user - 1].tolist(), truth.item[item - 1].tolist()
    liking = math.sqrt(model.DIM) * sum(a * b for a, b in zip(u, i, strict=True))
    focus = int(truth.focus(np.array([user - 1], np.int32), day)[0])
    drive = model.TASTE * liking + model.FOCUS * (truth.niche[item - 1] == focus)
    drive += model.QUALITY * float(truth.quality[item - 1]) + model.FRESH * 2 ** (-age / model.HALF_LIFE)
    drive -= model.POSITION * position
    return 1 / (1 + math.exp(-(model.BASE + signal * drive + signal**2 * model.LIFT)))


@pytest.mark.parametrize("signal", [0.0, 0.4, 1.0])
def test_affinity_is_the_formula(signal: float) -> None:
    world = World(WorldConfig(epoch=EPOCH, users=40, items=50, signal=signal, growth_days=5.0))
    for user, item, ds, position in ((1, 1, EPOCH, 0), (40, 50, shift(EPOCH, 12), 3), (7, 44, "20260301", 9)):
        expected = slow_affinity(world, user, item, ds, position)
        assert world.affinity(user, item, ds, position=position) == pytest.approx(expected, rel=1e-4)


def test_affinity_broadcasts() -> None:
    world = World(WorldConfig(epoch=EPOCH, users=5, items=7))
    matrix = world.affinity(np.arange(1, 6)[:, None], np.arange(1, 8), EPOCH)
    assert matrix.shape == (5, 7)
    assert matrix[2, 4] == pytest.approx(float(world.affinity(3, 5, EPOCH)))
    assert world.affinity([], [], EPOCH).shape == (0,)


@pytest.mark.parametrize(("user", "item"), [(0, 1), (6, 1), (1, 0), (1, 8)])
def test_affinity_refuses_ids_that_will_never_be(user: int, item: int) -> None:
    with pytest.raises(InvalidInput):
        World(WorldConfig(epoch=EPOCH, users=5, items=7)).affinity(user, item, EPOCH)


def test_favourites_are_the_nearest_niches_and_focus_one_of_them() -> None:
    truth = World(WorldConfig(epoch=EPOCH, users=300)).taste
    near = truth.user @ truth.centre.T
    expected = np.argsort(-near, axis=1, kind="stable")[:, : model.FAVOURITES]
    assert (truth.favourites == expected).all()
    users = np.arange(300, dtype=np.int32)
    by_day = np.stack([truth.focus(users, day) for day in range(-10, 30)])
    assert (by_day[:, :, None] == expected[None]).any(axis=2).all()
    assert (by_day[10:15] == by_day[10]).all()  # one period
    assert 0.5 < (by_day[10] != by_day[15]).mean() < 1  # then most move on
    assert len({tuple(column) for column in by_day.T}) > 250  # each in their own order


def test_vectors_are_unit_and_weights_have_mean_one() -> None:
    truth = World(WorldConfig(epoch=EPOCH)).taste
    for vectors in (truth.user, truth.item, truth.centre):
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert truth.popularity.mean() == pytest.approx(1.0) and truth.activity.mean() == pytest.approx(1.0)
    pairs = truth.score(
        np.arange(1_000, dtype=np.int32), np.arange(2_000, dtype=np.int32)[None, :].repeat(1_000, 0)
    )
    assert pairs.std() == pytest.approx(1.0, abs=0.15) and abs(pairs.mean()) < 0.3


def test_click_rate_is_near_12_percent_at_any_signal(log: Any) -> None:
    assert log.clicked.mean() == pytest.approx(0.12, abs=0.03)


def test_click_rate_by_popularity(world: World, log: Any) -> None:
    decile = (10 * (rankdata(world.taste.popularity) - 1) / world.config.items).astype(int)[log.item - 1]
    assert structure_as_configured(world, counts(decile, log.clicked, 10))


def test_click_rate_by_place(world: World, log: Any) -> None:
    table = counts(log.place, log.clicked, 10)
    assert structure_as_configured(world, table)
    if planted(world):
        rate = table[1] / table.sum(0)
        assert rate[:3].mean() > 1.2 * rate[7:].mean()


def test_click_rate_by_age(world: World, log: Any) -> None:
    published = world.items(DAYS.last)["pub_time"].to_numpy()[log.item - 1]
    starts = np.array([unix_start(ds) for ds in DAYS])[np.searchsorted(list(DAYS), log.ds)]
    assert structure_as_configured(
        world, counts(np.minimum((starts - published) // 864_000, 9), log.clicked, 10)
    )


def test_clicks_of_groups_by_category(world: World, log: Any) -> None:
    group = world.taste.group[log.user - 1]
    category = world.taste.category[world.taste.niche[log.item - 1]]
    table = np.zeros((model.GROUPS, 16), np.int64)
    np.add.at(table, (group[log.clicked], category[log.clicked]), 1)
    assert structure_as_configured(world, table)


def test_exposures_of_items_and_users(world: World, log: Any) -> None:
    """At signal 0 everybody and everything takes part alike; at signal 1 a few do most."""
    items = np.bincount(log.item)[1:][: world.items(shift(EPOCH, -1)).num_rows]
    users = np.bincount(log.user)[1:][: world.users(shift(EPOCH, -1)).num_rows]
    for found in (items, users):
        top = np.sort(found)[-len(found) // 10 :].sum() / found.sum()
        assert top > 0.3 if planted(world) else top < 0.15


def test_the_truth_ranks_clicks_above_the_rest(world: World, log: Any) -> None:
    last = log.ds == DAYS.last
    truth = world.affinity(log.user[last], log.item[last], DAYS.last, position=log.place[last])
    found = auc(truth, log.clicked[last])
    assert found > 0.75 if planted(world) else found == 0.5


def test_clicks_are_as_frequent_as_the_truth_says(world: World, log: Any) -> None:
    last = log.ds == DAYS.last
    truth = world.affinity(log.user[last], log.item[last], DAYS.last, position=log.place[last])
    for part in np.array_split(np.argsort(truth, kind="stable"), 4):
        error = 4 * math.sqrt(truth[part].mean() / len(part))
        assert log.clicked[last][part].mean() == pytest.approx(truth[part].mean(), abs=error)


def test_users_click_within_few_niches(world: World, log: Any) -> None:
    """Two clicks of one user share their niche far more often than clicks of two users: food for item CF."""
    niche, user = world.taste.niche[log.item[log.clicked] - 1], log.user[log.clicked]
    order = np.argsort(user, kind="stable")
    same_user = user[order][1:] == user[order][:-1]
    agree = (niche[order][1:] == niche[order][:-1])[same_user].mean()
    share = np.bincount(niche) / len(niche)
    chance_of_two = float((share**2).sum())
    assert agree > 2 * chance_of_two if planted(world) else agree == pytest.approx(chance_of_two, rel=0.2)


def test_what_is_liked_is_watched_longer(world: World) -> None:
    table = world.behavior(EPOCH)
    clicks = table.filter(np.asarray(table["event"].to_pylist()) == "click")
    users, items = (np.array(clicks[name].to_pylist(), int) for name in ("user_id", "item_id"))
    share = clicks["playtime"].to_numpy() / world.items(EPOCH)["duration"].to_numpy()[items - 1]
    assert share.max() <= 1.02
    liking = world.taste.score((users - 1).astype(np.int32), (items - 1).astype(np.int32)[:, None])[:, 0]
    slope = np.corrcoef(liking, share)[0, 1]
    assert slope > 0.1 if planted(world) else abs(slope) < 0.06


def test_attributes_tell_of_the_group() -> None:
    """Gender, age and city are tied to the latent group, so that features can stand in for taste."""
    world = World(WorldConfig(epoch=EPOCH, users=4_000))
    table = world.users(EPOCH)
    group = world.taste.group[: table.num_rows]
    for name in ("gender", "city", "age"):
        values, code = np.unique(np.array(table[name].to_pylist()), return_inverse=True)
        found = np.zeros((model.GROUPS, len(values)), np.int64)
        np.add.at(found, (group, code), 1)
        assert chance(found[:, found.sum(0) > 0]) < 1e-6, name
