"""Vector indexes of the embedded store: ids and a float32 matrix in one file, searched exactly.

File: the magic line, the length of the header (8 bytes, little-endian), the header (JSON: rows, dimensions,
bytes of the ids), the ids (JSON list of texts), padding to 64 bytes, the matrix (C order, little-endian). The
matrix is mapped, not read: an index costs no memory until it is searched, and processes share its pages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError, NotFound, WorkspaceError

Floats = NDArray[np.float32]

MAGIC = b"pairec vectors 1\n"
SUFFIX = ".vectors"
_ALIGN = 64


class VectorIndex:
    """One published index. Raises DataError for a file that is none."""

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

    @property
    def dimensions(self) -> int:
        return int(self.matrix.shape[1])

    def search(self, vector: Sequence[float], count: int) -> list[tuple[str, float]]:
        """The `count` ids of largest inner product with `vector` (`dimensions` numbers), best first; equal
        ones in the order of the file. Raises DataError for a vector of another length."""
        if len(vector) != self.dimensions:
            fact = f"the vector has {len(vector)} numbers, the index {self.dimensions} dimensions"
            raise DataError(fact)
        scores = self.matrix @ np.asarray(vector, np.float32)
        scores[~np.isfinite(scores)] = -np.inf
        best = _largest(scores, min(count, len(self.ids)))
        return [(self.ids[place], float(scores[place])) for place in best if scores[place] > -np.inf]


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

    def publish(self, name: str, ids: Sequence[str], matrix: Floats) -> None:
        """Replaces the index whole: `matrix` is (ids, dimensions). Raises DataError where the two do not fit
        and for numbers that are not finite, WorkspaceError when it cannot be written."""
        rows = np.ascontiguousarray(matrix, "<f4")
        if rows.ndim != 2 or len(rows) != len(ids):
            raise DataError(f"index {name!r}: {len(ids)} ids do not fit an array of shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise DataError(f"index {name!r}: a number is not finite")
        path = self.path(name)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                named = json.dumps(list(ids)).encode()
                header = {"rows": len(rows), "dimensions": rows.shape[1], "ids": len(named)}
                encoded = json.dumps(header).encode()
                head = MAGIC + len(encoded).to_bytes(8, "little") + encoded + named
                file.write(head.ljust(_aligned(len(head)), b"\0"))
                rows.tofile(file)
            beside.replace(path)
        except OSError as error:
            raise WorkspaceError(f"index {name!r} cannot be written: {error}") from error
        finally:
            beside.unlink(missing_ok=True)


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
