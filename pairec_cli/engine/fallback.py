"""The list that answers when a scene's own answer is late, or short (FallbackConfig).

Source: "Engine configuration" in PAI-Rec's help, and the open engine's fallback recall. Where that shuffles,
the order here is that of the request's item_list, then that of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float, to_text
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import FeatureReader, Resources
from pairec_cli.engine.recalls.conf import require_view
from pairec_cli.engine.recalls.entries import parse_entries

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

NAME = "Fallback"
KEY, COLUMN = "-1", "item_ids"
THREADS = 16
T = TypeVar("T")


class FallbackConf(Record):
    """SceneConfs.<scene>.default.FallbackConfig. `timeout` is in milliseconds; 0 waits as long as it takes.
    The list is read anew each time, so no cache is needed."""

    unserved: ClassVar[tuple[str, ...]] = ("CacheTime", "CacheConfig")

    timeout: int = 0
    feature_store_name: str = ""
    feature_store_view_name: str = ""
    complete_items_if_need: bool = False


class Fallback:
    """The list of one scene. Raises InvalidConfig for a view that is not named."""

    def __init__(self, conf: FallbackConf, resources: Resources) -> None:
        store, view = conf.feature_store_name, conf.feature_store_view_name
        self.view = require_view("FallbackConfig", "featurestore", store, view, resources)
        self.features: FeatureReader = resources.features
        self.seconds = conf.timeout / 1000
        self.completes = conf.complete_items_if_need
        self._pool = _pool() if self.seconds > 0 else None

    def in_time(self, work: Callable[[], T]) -> T | None:
        """What the work gives, or None when it takes longer than allowed; it then ends unheard."""
        if self._pool is None:
            return work()
        waiting = self._pool.submit(work)
        try:
            return waiting.result(self.seconds)
        except TimeoutError:
            waiting.cancel()
            return None

    def items(self, item_list: Sequence[Mapping[str, object]]) -> tuple[list[Item], str]:
        """All items of the list, those of the request before, and why there are none: first what both have,
        largest sum of scores first, then what the request alone has."""
        try:
            row = self.features.get(self.view, KEY)
        except PairecError as error:
            row, reason = None, error.message
        else:
            reason = "" if row and row.get(COLUMN) else f"view {self.view!r} has no list under {KEY!r}"
        listed: dict[str, Item] = {}
        for id, recall, score, _ in parse_entries(str((row or {}).get(COLUMN) or ""), NAME):
            listed.setdefault(id, Item(id, score, recall))
        given = {id: to_float(one.get("score"), 0.0) for one in item_list if (id := _id(one))}
        both = [listed[id] for id in given if id in listed]
        for item in both:
            item.score += given[item.id]
        both.sort(key=lambda item: item.score, reverse=True)
        own = [Item(id, score, NAME) for id, score in given.items() if id not in listed]
        return [*both, *own, *(item for id, item in listed.items() if id not in given)], reason

    def complete(self, chosen: list[Item], size: int, item_list: Sequence[Mapping[str, object]]) -> int:
        """Fills `chosen` up to `size` with items that are not in it; how many were added."""
        there, before = {item.id for item in chosen}, len(chosen)
        items, _ = self.items(item_list)
        chosen += [item for item in items if item.id not in there][: size - before]
        return len(chosen) - before

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # loaded for scenes with a time limit alone

    return ThreadPoolExecutor(THREADS, NAME.lower())


def _id(given: Mapping[str, object]) -> str:
    return to_text(given.get("item_id"), "")
