"""Vector indexes of the embedded store: ids and a float32 matrix in one file, searched exactly, or in a large
catalog by a graph that stands beside it and proposes the items to compare.

File: the magic line, the length of the header (8 bytes, little-endian), the header (JSON: rows, dimensions,
bytes of the ids; with a graph its file, checksum and expansion), the ids (JSON list of texts), padding to 64
bytes, the matrix (C order, little-endian). The matrix is mapped, not read: an index costs no memory until it
is searched, and processes share its pages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from glob import escape as glob_escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError, NotFound, PairecError, WorkspaceError
from pairec_cli.domain.records import Record
from pairec_cli.domain.registry import Registry

Floats = NDArray[np.float32]

_GRAPHS = Registry(
    "graph",
    {
        "open": "pairec_cli.online.graph_index:GraphIndex",
        "build": "pairec_cli.online.graph_index:build",
    },
)
"""Loaded where an index has a graph: usearch is not needed for small catalogs."""
SPARE = 2
"""How many times the items asked for a graph proposes, before they are compared exactly."""

MAGIC = b"pairec vectors 1\n"
SUFFIX, GRAPH_SUFFIX = ".vectors", ".usearch"
_ALIGN = 64


class Published(Record):
    """What was written: items, and with a graph its recall at 100 against the exact search, else None."""

    rows: int
    recall: float | None = None


class VectorIndex:
    """One published index. Raises DataError for a file that is none. A graph that is missing or damaged costs
    speed only: `doubt` says so, empty where all is well."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                head = file.read(len(MAGIC) + 8)
                size = int.from_bytes(head[len(MAGIC) :], "little")
                if not head.startswith(MAGIC):
                    raise DataError(f"{path} is no vector index")
                header: dict[str, Any] = json.loads(file.read(size))
                self.ids: list[str] = json.loads(file.read(header["ids"]))
            shape = (header["rows"], header["dimensions"])
            offset = _aligned(len(head) + size + header["ids"])
            self.matrix: Floats = (
                np.memmap(path, "<f4", "r", offset, shape) if all(shape) else np.zeros(shape, "<f4")
            )
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{path} is no vector index: {error}") from error
        self.doubt = ""
        self._graph = self._opened(path, header["graph"]) if "graph" in header else None

    def _opened(self, path: Path, graph: Mapping[str, Any]) -> Any:
        """The graph, or None."""
        try:
            beside = path.with_name(str(graph["file"]))
            arguments = (beside, len(self.ids), self.dimensions, graph["check"], graph["expansion"])
            return _GRAPHS.load("open")(*arguments)
        except (PairecError, KeyError, TypeError) as error:
            fact = error.message if isinstance(error, PairecError) else f"its header lacks {error}"
            self.doubt = f"index {path.name} is searched exactly: {fact}"
            return None

    @property
    def dimensions(self) -> int:
        return int(self.matrix.shape[1])

    def search(self, vectors: Sequence[float] | Floats, count: int) -> list[tuple[str, float]]:
        """The `count` ids of largest inner product with a vector (`dimensions` numbers), or with the nearest
        of several (K, `dimensions`), best first; equal ones in the order of the file. With a graph most of
        them. Raises DataError for vectors of another length."""
        wanted = np.atleast_2d(np.asarray(vectors, np.float32))
        if wanted.shape[1] != self.dimensions:
            fact = f"the vector has {wanted.shape[1]} numbers, the index {self.dimensions} dimensions"
            raise DataError(fact)
        if self._graph is None or SPARE * count >= len(self.ids) or not np.isfinite(wanted).all():
            places, rows = None, self.matrix
        else:
            places = self._graph.near(wanted, SPARE * max(1, count))
            rows = self.matrix[places]
        scores = rows @ wanted[0] if len(wanted) == 1 else (rows @ wanted.T).max(1)
        scores[~np.isfinite(scores)] = -np.inf
        best = [place for place in _largest(scores, min(count, len(scores))) if scores[place] > -np.inf]
        of = range(len(scores)) if places is None else places
        return [(self.ids[of[place]], float(scores[place])) for place in best]


class Vectors:
    """The indexes of a folder. An index that is published anew is opened at its next search."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._open: dict[str, tuple[tuple[int, int], VectorIndex]] = {}

    def index(self, name: str) -> VectorIndex:
        """Raises NotFound for one that is not published."""
        path = self.path(name)
        try:
            found = path.stat()
        except OSError:
            raise NotFound("vector index", name, self.names()) from None
        stamp = (found.st_ino, found.st_mtime_ns)
        known = self._open.get(name)
        if known is None or known[0] != stamp:
            known = self._open[name] = (stamp, VectorIndex(path))
        return known[1]

    def names(self) -> list[str]:
        return sorted(path.name.removesuffix(SUFFIX) for path in self.folder.glob(f"*{SUFFIX}"))

    def path(self, name: str) -> Path:
        return self.folder / f"{quote(name, safe='')}{SUFFIX}"

    def publish(
        self, name: str, ids: Sequence[str], matrix: Floats, *, graph_from: int | None = None
    ) -> Published:
        """Replaces the index whole: `matrix` is (ids, dimensions). From `graph_from` items on a graph stands
        beside it. Raises DataError where ids and matrix do not fit and for numbers that are not finite,
        WorkspaceError when it cannot be written."""
        rows = np.ascontiguousarray(matrix, "<f4")
        if rows.ndim != 2 or len(rows) != len(ids):
            raise DataError(f"index {name!r}: {len(ids)} ids do not fit an array of shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise DataError(f"index {name!r}: a number is not finite")
        path = self.path(name)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            graph, recall = None, None
            if graph_from is not None and len(rows) >= max(1, graph_from):
                graph, recall = self._with_graph(path, rows)
            with beside.open("wb") as file:
                named = json.dumps(list(ids)).encode()
                header = {"rows": len(rows), "dimensions": rows.shape[1], "ids": len(named)}
                header |= {"graph": graph} if graph else {}
                encoded = json.dumps(header).encode()
                head = MAGIC + len(encoded).to_bytes(8, "little") + encoded + named
                file.write(head.ljust(_aligned(len(head)), b"\0"))
                rows.tofile(file)
            beside.replace(path)
            self._sweep(path, graph)
        except OSError as error:
            raise WorkspaceError(f"index {name!r} cannot be written: {error}") from error
        finally:
            beside.unlink(missing_ok=True)
        return Published(len(rows), recall)

    def _with_graph(self, path: Path, rows: Floats) -> tuple[dict[str, Any], float]:
        """The graph under a name of its own, so that the index before keeps its own until it is replaced."""
        part = path.with_name(f".{path.name}.{os.getpid()}{GRAPH_SUFFIX}")
        try:
            check, expansion, recall = _GRAPHS.load("build")(part, rows)
            final = path.with_name(f"{path.name}.{check}{GRAPH_SUFFIX}")
            part.replace(final)
        finally:
            part.unlink(missing_ok=True)
        return {"file": final.name, "check": check, "expansion": expansion}, recall

    def _sweep(self, path: Path, graph: Mapping[str, Any] | None) -> None:
        """Take away the graphs of indexes before; who still has one open keeps it."""
        for other in self.folder.glob(f"{glob_escape(path.name)}.*{GRAPH_SUFFIX}"):
            if graph is None or other.name != graph["file"]:
                other.unlink(missing_ok=True)


def _aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


def _largest(scores: Floats, count: int) -> list[int]:
    """The places of the `count` largest, largest first, equal ones in order."""
    if count <= 0:
        return []
    if count < len(scores):
        bound = np.partition(scores, len(scores) - count)[len(scores) - count]
        above, level = np.flatnonzero(scores > bound), np.flatnonzero(scores == bound)
        places = np.concatenate([above, level[: count - len(above)]])
    else:
        places = np.arange(len(scores))
    return [int(place) for place in places[np.lexsort((places, -scores[places]))]]
