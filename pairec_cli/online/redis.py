"""Redis, through redis-py."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pairec_cli.domain.connections import RedisConf, without
from pairec_cli.domain.errors import SourceFailed
from pairec_cli.domain.sources import DaoConf, ExposureLimits, Exposures
from pairec_cli.online.background import LaterExposures, Writer
from pairec_cli.online.redis_lists import RedisLists
from pairec_cli.online.sql_server import said


class RedisConnections:
    """The commands in use over redis-py's pool. Errors become SourceFailed with `name`."""

    def __init__(self, name: str, conf: RedisConf) -> None:
        self.name, self.hidden = name, conf.hidden()
        milliseconds = max(conf.read_timeout, conf.write_timeout)
        self.milliseconds = milliseconds
        self.redis = redis.Redis(
            host=conf.host or "127.0.0.1",
            port=conf.port or 6379,
            password=conf.password or None,
            db=conf.db_num,
            socket_connect_timeout=conf.connect_timeout / 1000 or None,
            socket_timeout=milliseconds / 1000 or None,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,
        )

    def lrange(self, name: str, start: int, end: int) -> list[Any]:
        with self._errors():
            found: list[Any] = self.redis.lrange(name, start, end)
            return found

    def push(self, name: str, value: str, keep: int, seconds: int) -> None:
        with self._errors(), self.redis.pipeline(transaction=False) as pipeline:
            pipeline.lpush(name, value)
            pipeline.ltrim(name, 0, keep - 1)
            if seconds:
                pipeline.expire(name, seconds)
            pipeline.execute()

    def delete(self, name: str) -> None:
        with self._errors():
            self.redis.delete(name)

    def mget(self, names: Sequence[str]) -> list[Any]:
        with self._errors():
            found: list[Any] = self.redis.mget(names)
            return found

    def close(self) -> None:
        self.redis.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except redis.TimeoutError:
            raise SourceFailed(f"{self.name}: no answer within {self.milliseconds} ms") from None
        except (redis.RedisError, OSError) as error:
            raise SourceFailed(f"{self.name}: {without(said(error), self.hidden)}") from None


class RedisServer(RedisLists):
    """A RedisConfs entry. The server is asked for when it is first needed."""

    def __init__(self, name: str, conf: RedisConf, clock: Callable[[], float] = time.time) -> None:
        source = f"RedisConfs.{name}"
        self.connections = RedisConnections(source, conf)
        super().__init__(self.connections, clock)
        self.writer = Writer(source)
        self.patience = self.connections.milliseconds / 1000

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        return LaterExposures(super().exposures(dao, limits), self.writer, self.patience)

    def close(self) -> None:
        self.writer.close()
        self.connections.close()
