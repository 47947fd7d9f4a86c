"""Recommendations for many users: rows user_id, rank, item_id, score, recall in a file that appears whole
or not at all.

Users are cut into chunks; processes answer chunks, each with an engine of its own; the file keeps the order
of the users. Text is formatted where the answer is made, so that the writing process only appends bytes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pairec_cli.domain.errors import InvalidInput, PairecError
from pairec_cli.domain.requests import DEFAULT_CATEGORY, DEFAULT_SIZE, RecommendRequest
from pairec_cli.engine.chain import plain_chain
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.formats.registry import FORMATS
from pairec_cli.engine.formats.rows import Row, RowFormat, Write
from pairec_cli.online.featuredb import FeatureDB

_CHUNK = 500
_SMALL = 5_000
"""Up to so many users one process is faster than starting more."""


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a batch did. `short` counts users with fewer than `size` items, `empty` those with none."""

    users: int
    rows: int
    short: int
    empty: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Job:
    """All that a process needs to answer chunks."""

    config: Mapping[str, Any]
    featuredb: str
    models: str
    scene: str
    category: str
    size: int
    format: str


@dataclass(frozen=True, slots=True)
class _Part:
    """One chunk's answer, formatted."""

    data: bytes
    users: int
    rows: int
    short: int
    empty: int


def recommend_batch(
    config: Path | Mapping[str, Any],
    featuredb: Path,
    users: Iterable[str],
    *,
    models: Path | None = None,
    scene: str,
    category: str = DEFAULT_CATEGORY,
    size: int = DEFAULT_SIZE,
    output: Path | None = None,
    format: str = "csv",
    processes: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> BatchSummary:
    """Write the best `size` items of every user, in the order of `users`, to `output` (standard output when
    None).

    `config` is engine.json or its content, `models` the folder of the ranking models. `format` is csv, tsv
    (both with a header), jsonl or parquet.
    `processes` defaults to the processors there are, and to 1 for few users. `progress` is told how many
    users are done. Raises InvalidInput, InvalidConfig, and NotFound for an unknown scene or format; the
    output then does not appear, and an older file of that name stays.
    """
    kind: RowFormat = FORMATS.load(format)
    if kind.binary and output is None:
        raise InvalidInput(f"{format} cannot go to the terminal", hint="name a file with --output")
    document = config if isinstance(config, Mapping) else json.loads(config.read_text("utf-8"))
    job = _Job(
        document,
        str(featuredb),
        str(models or ""),
        scene,
        category,
        size if size > 0 else DEFAULT_SIZE,
        format,
    )
    start = time.perf_counter()
    total = rows = short = empty = 0
    with _sink(output, kind) as write:
        for part in _parts(job, _chunks(users), processes):
            write(part.data)
            total, rows = total + part.users, rows + part.rows
            short, empty = short + part.short, empty + part.empty
            if progress:
                progress(total)
    return BatchSummary(total, rows, short, empty, time.perf_counter() - start)


class _Answerer:
    """An engine in one process, answering chunks of users."""

    def __init__(self, job: _Job) -> None:
        self.job = job
        self.format: RowFormat = FORMATS.load(job.format)
        self.engine = Engine.from_config(job.config, FeatureDB(job.featuredb), models=job.models)
        self.chain = plain_chain(self.engine.plan(job.scene, job.category), job.size)
        self.rows_of = self._by_engine if self.chain is None else self._by_chain

    def part(self, users: list[str]) -> _Part:
        rows: list[Row] = []
        short = empty = 0
        for uid in users:
            found = self.rows_of(uid)
            rows += found
            short += len(found) < self.job.size
            empty += not found
        return _Part(self.format.encode(rows), len(users), len(rows), short, empty)

    def _by_chain(self, uid: str) -> list[Row]:
        assert self.chain is not None
        best = enumerate(self.chain.best(uid), 1)
        return [(uid, rank, item, score, recall) for rank, (item, recall, score, _) in best]

    def _by_engine(self, uid: str) -> list[Row]:
        job = self.job
        request = RecommendRequest(uid, job.scene, job.size, job.category, request_id="batch")
        items = self.engine.recommend(request, remember=False).items
        return [(uid, rank, item.item_id, item.score, item.retrieve_id) for rank, item in enumerate(items, 1)]


def _chunks(users: Iterable[str]) -> Iterator[list[str]]:
    source = iter(users)
    while chunk := list(islice(source, _CHUNK)):
        if "" in chunk:
            raise InvalidInput("a user id is empty", hint="write one id per line")
        yield chunk


def _parts(job: _Job, chunks: Iterator[list[str]], processes: int | None) -> Iterator[_Part]:
    """The answers, in the order of the chunks."""
    head = list(islice(chunks, _SMALL // _CHUNK + 1))
    few = len(head) * _CHUNK <= _SMALL
    count = processes or (1 if few else os.cpu_count() or 1)
    answerer = _Answerer(job)  # in this process too: a configuration that is wrong fails here
    if count == 1:
        yield from map(answerer.part, chain(head, chunks))
        return
    try:
        yield from _parts_by_pool(job, chain(head, chunks), count)
    except BrokenProcessPool as error:
        raise PairecError(
            "a process ended before its answer; memory may have run out",
            hint="recommend for fewer users at once",
        ) from error


def _parts_by_pool(job: _Job, chunks: Iterable[list[str]], count: int) -> Iterator[_Part]:
    """Processes are started afresh, not forked: a SQLite connection does not outlive a fork."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_start, initargs=(job,)) as pool:
        waiting: deque[Future[_Part]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_answer, chunk))
                if len(waiting) > 4 * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


_answerer: _Answerer | None = None
"""The engine of a worker process."""


def _start(job: _Job) -> None:
    global _answerer
    _answerer = _Answerer(job)


def _answer(users: list[str]) -> _Part:
    assert _answerer is not None
    return _answerer.part(users)


@contextmanager
def _sink(output: Path | None, format: RowFormat) -> Iterator[Write]:
    """Where the parts go. A file is written beside its place and renamed into it at the end."""
    if output is None:
        with format.writer(sys.stdout.buffer) as write:
            yield write
        sys.stdout.buffer.flush()
        return
    beside = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file, format.writer(file) as write:
            yield write
        beside.replace(output)
    except OSError as error:
        raise InvalidInput(f"{output} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
