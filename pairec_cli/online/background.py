"""Exposures written after the answer: by threads, so that a slow source delays nobody.

Writes of one user follow one another, and a user who asks again at once waits, for as long as a read may
take, until the writes before are there. Closing the source writes what is left.
"""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.sources import Exposures

LANES = 4
CAPACITY = 10_000
GRACE = 5.0
"""Seconds that closing waits for writes under way."""
log = logging.getLogger("pairec.sources")


class Writer:
    """Runs writes in the order of each key. `name` is the source's, for the log: that writing fails is said
    once, and that it works again, with how many were lost."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lost = 0
        self._lock = threading.Lock()
        self._lanes: dict[int, ThreadPoolExecutor] = {}
        self._pending: dict[str, Future[None]] = {}
        self._count = 0
        self._failing = 0

    def submit(self, key: str, write: Callable[[], None]) -> None:
        """Writes soon; lost, with a word in the log, when too many wait already."""
        with self._lock:
            if self._count < CAPACITY:
                self._count += 1
                number = zlib.crc32(key.encode(errors="replace")) % LANES
                lane = self._lanes.get(number)
                if lane is None:
                    lane = self._lanes[number] = ThreadPoolExecutor(1, f"exposures-{number}")
                self._pending[key] = lane.submit(self._write, key, write)
                return
        self._failed(f"{CAPACITY} writes wait already")

    def settle(self, key: str, seconds: float) -> None:
        """Waits for the writes of this key, no longer than `seconds`."""
        future = self._pending.get(key)
        if future is not None:
            wait([future], seconds)

    def close(self) -> None:
        with self._lock:
            waiting, lanes = list(self._pending.values()), list(self._lanes.values())
        left = wait(waiting, GRACE).not_done
        for lane in lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        if left:
            self._failed(f"{len(left)} users' writes did not end in {GRACE:g} s")

    def _write(self, key: str, write: Callable[[], None]) -> None:
        try:
            write()
        except PairecError as error:
            self._failed(error.message)
        except Exception as error:  # a write must not end its lane
            self._failed(f"{type(error).__name__}: {error}")
        else:
            self._worked()
        finally:
            with self._lock:
                self._count -= 1
                newest = self._pending.get(key)
                if newest is not None and newest.running():
                    del self._pending[key]

    def _failed(self, reason: str) -> None:
        with self._lock:
            self.lost += 1
            self._failing += 1
            first = self._failing == 1
        if first:
            log.warning("exposures are not written: %s", reason)

    def _worked(self) -> None:
        if self._failing:
            with self._lock:
                lost, self._failing = self._failing, 0
            if lost:
                log.warning("%s: exposures are written again; %d writes were lost", self.name, lost)


class LaterExposures:
    """Exposures whose writes are left to a `Writer`; `patience` is how many seconds a read waits for them."""

    def __init__(self, exposures: Exposures, writer: Writer, patience: float) -> None:
        self.exposures, self.writer, self.patience = exposures, writer, patience
        self.plain_ids = exposures.plain_ids

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        self.writer.settle(uid, self.patience)
        return self.exposures.shown(uid, candidates)

    def append(self, uid: str, batch: Sequence[str]) -> None:
        if batch:
            self.writer.submit(uid, lambda: self.exposures.append(uid, batch))

    def clear(self, uid: str) -> None:
        self.writer.submit(uid, lambda: self.exposures.clear(uid))
