"""A graph over the rows of a vector index, for catalogs too large to compare every item (HNSW, by usearch).

Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
Small World graphs", arXiv 1603.09320. The file is usearch's own and is mapped, not read.
"""

from __future__ import annotations

import threading
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index, MetricKind, ScalarKind

from pairec_cli.domain.errors import DataError

Floats = NDArray[np.float32]

EXPANSIONS = (64, 128, 256, 512, 1024)
"""Candidates that a search looks at; more find more and take longer."""
ENOUGH = 0.99
"""Recall against the exact search from which on no more are looked at."""
SAMPLE, TOP = 200, 100
_CONNECTIVITY, _EXPANSION_ADD = 16, 128
_BLOCKS, _BLOCK = 64, 4096


class GraphIndex:
    """A graph, opened. Safe to share between threads; its searches follow one another."""

    def __init__(self, path: Path, rows: int, dimensions: int, check: str, expansion: int) -> None:
        """Raises DataError for a file that is missing, or not the one that was written."""
        try:
            found = checksum(path)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error}") from error
        if found != check:
            raise DataError(f"{path} is damaged: it is not the file that was published")
        index = _empty(dimensions)
        try:
            index.view(str(path))
        except Exception as error:  # usearch's errors have no common root
            raise DataError(f"{path} cannot be opened: {error}") from error
        if (len(index), index.ndim) != (rows, dimensions):
            raise DataError(f"{path} holds {len(index)} vectors of {index.ndim}, not {rows} of {dimensions}")
        index.expansion_search = expansion
        self._index, self._lock = index, threading.Lock()

    def near(self, vectors: Floats, count: int) -> NDArray[np.int64]:
        """Rows that are near to one of `vectors` (K, D): of each vector `count`, once each, ascending."""
        with self._lock:
            keys = self._index.search(vectors, count, threads=1).keys
        places: NDArray[np.int64] = np.unique(keys.astype(np.int64))
        return places


def build(path: Path, matrix: Floats, threads: int = 0) -> tuple[str, int, float]:
    """Writes the graph of the rows of `matrix`; returns the file's checksum, the expansion to search with,
    and the recall at 100 against the exact search, of rows drawn by chance as questions."""
    index = _empty(matrix.shape[1])
    index.add(np.arange(len(matrix), dtype=np.uint64), matrix, threads=threads)
    random = np.random.default_rng(0)
    asked = matrix[np.sort(random.choice(len(matrix), min(SAMPLE, len(matrix)), replace=False))]
    top = min(TOP, len(matrix))
    best = np.argpartition(-(asked @ matrix.T), top - 1, axis=1)[:, :top]
    for expansion in EXPANSIONS:
        index.expansion_search = expansion
        keys = index.search(asked, top, threads=threads).keys.astype(np.int64)
        recall = float(np.mean([np.isin(row, found).mean() for row, found in zip(best, keys, strict=True)]))
        if recall >= ENOUGH:
            break
    index.save(str(path))
    return checksum(path), expansion, recall


def checksum(path: Path) -> str:
    """Of the file's size and of blocks all over it, so that opening does not read the whole."""
    size = path.stat().st_size
    digest = blake2b(str(size).encode(), digest_size=16)
    with path.open("rb") as file:
        for place in sorted({round(at) for at in np.linspace(0, max(0, size - _BLOCK), _BLOCKS)}):
            file.seek(place)
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def _empty(dimensions: int) -> Index:
    return Index(
        ndim=dimensions,
        metric=MetricKind.IP,
        dtype=ScalarKind.F32,
        connectivity=_CONNECTIVITY,
        expansion_add=_EXPANSION_ADD,
    )
