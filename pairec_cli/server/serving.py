"""The engine that serves now, and the one that takes its place when engine.json changes."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pairec_cli.domain.errors import PairecError
from pairec_cli.engine.engine import Engine
from pairec_cli.server.logs import log
from pairec_cli.server.metrics import Metrics

RELOAD_SECONDS = 1.0
THREADS = 16

Stamp = tuple[int, int, int]


class Serving:
    """Holds the engine. A request keeps the engine that it began with, so a reload drops none; the engine
    before is closed when its last request has ended.

    Raises what `load` raises when the first configuration is refused.
    """

    def __init__(self, load: Callable[[], Engine], path: Path, engine: Engine | None = None) -> None:
        """`load` makes an engine of the file `path`; `engine` is the first one, if it is there already."""
        self.load, self.path = load, path
        self.metrics = Metrics()
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._lock = threading.Lock()
        self._stamp = _stamp(path)
        self._lease = _Lease(engine or load())
        self.metrics.config_ok.set(1)
        self._warn(self._lease.engine)

    @contextmanager
    def borrow(self) -> Iterator[Engine]:
        """The engine for one request, which stays open as long."""
        with self._lock:
            lease = self._lease
            lease.users += 1
        try:
            yield lease.engine
        finally:
            with self._lock:
                lease.users -= 1
                last = lease.retired and lease.users == 0
            if last:
                lease.engine.close()

    @property
    def waits(self) -> bool:
        """Whether requests should be answered in threads: those of an engine that waits for nothing outside
        of this process are done sooner than a thread would be woken."""
        return self._lease.waits

    @property
    def engine(self) -> Engine:
        return self._lease.engine

    async def watch(self) -> None:
        """Looks at the file once a second until cancelled."""
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            await asyncio.get_running_loop().run_in_executor(self.pool, self.refresh)

    def refresh(self) -> bool:
        """Takes the file's configuration if it has changed; whether it did. A configuration that is refused
        leaves the one before in service, and says so in the log and in the metrics."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            engine = self.load()
        except (PairecError, OSError, ValueError) as error:
            self.metrics.reloads.labels("refused").inc()
            self.metrics.config_ok.set(0)
            log(logging.ERROR, "config_refused", path=str(self.path), reason=str(error))
            return False
        self._retire(_Lease(engine))
        self.metrics.reloads.labels("taken").inc()
        self.metrics.config_ok.set(1)
        log(logging.INFO, "config_taken", path=str(self.path), warnings=len(engine.warnings))
        self._warn(engine)
        return True

    def close(self) -> None:
        """Ends the threads, then the engine."""
        self.pool.shutdown(wait=True)
        self._retire(self._lease)

    def _retire(self, successor: _Lease) -> None:
        """Closes the engine, now or when its last request has ended."""
        with self._lock:
            before, self._lease = self._lease, successor
            before.retired = True
            idle = before.users == 0
        if idle:
            before.engine.close()

    def _warn(self, engine: Engine) -> None:
        for problem in engine.warnings:
            log(logging.WARNING, "config_warning", problem=str(problem))


class _Lease:
    """An engine, how many requests use it, and whether another has taken its place."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.waits = engine.waits
        self.users = 0
        self.retired = False


def _stamp(path: Path) -> Stamp:
    """What changes when the file does; zeros while there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
