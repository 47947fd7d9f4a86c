"""Values kept for a while."""

from __future__ import annotations

from pairec_cli.filters.expiring_cache import DEFAULT_SECONDS, ExpiringCache
from tests.filters.sources import Clock


def cache(size: int = 2, seconds: int = 10, *, sliding: bool = False) -> tuple[ExpiringCache[int], Clock]:
    made = ExpiringCache[int](size, seconds, sliding=sliding)
    clock = made.clock = Clock()
    return made, clock


def test_a_value_ends_after_its_time() -> None:
    made, clock = cache()
    made.put("a", 1)
    clock.now += 9
    assert made.get("a") == 1
    clock.now += 1
    assert made.get("a") is None


def test_a_sliding_value_lives_on_while_it_is_asked_for() -> None:
    made, clock = cache(sliding=True)
    made.put("a", 1)
    for _ in range(3):
        clock.now += 9
        assert made.get("a") == 1
    clock.now += 10
    assert made.get("a") is None


def test_the_least_recently_used_goes_first() -> None:
    made, _ = cache()
    made.put("a", 1)
    made.put("b", 2)
    made.get("a")
    made.put("c", 3)
    assert (made.get("a"), made.get("b"), made.get("c")) == (1, None, 3)


def test_a_value_that_is_put_again_starts_again() -> None:
    made, clock = cache()
    made.put("a", 1)
    clock.now += 9
    made.put("a", 2)
    clock.now += 9
    assert made.get("a") == 2


def test_no_time_means_the_default() -> None:
    assert cache(seconds=0)[0].seconds == DEFAULT_SECONDS == 3600
