"""Several numbers a row, as flat values and the places where rows begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Ragged(NamedTuple):
    """Row r holds values[offsets[r] : offsets[r + 1]]; `offsets` int64 (rows + 1,)."""

    values: NDArray[Any]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]], dtype: Any) -> Ragged:
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        flat = [value for row in rows for value in row]
        return cls(np.array(flat, dtype), np.concatenate(([0], np.cumsum(lengths))).astype(np.int64))

    def take(self, rows: NDArray[np.int64]) -> Ragged:
        """The rows at these places, in this order."""
        places = self.places(rows)
        return Ragged(self.values[places.values], places.offsets)

    def places(self, rows: NDArray[np.int64]) -> Ragged:
        """Where the values of these rows stand."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        return Ragged(np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths), offsets)

    def padded(self, fill: float) -> NDArray[Any]:
        """A matrix (rows, longest row) with `fill` behind the ends; at least one column."""
        lengths = np.diff(self.offsets)
        width = max(1, int(lengths.max(initial=0)))
        matrix = np.full((len(lengths), width), fill, self.values.dtype)
        matrix[np.arange(width) < lengths[:, None]] = self.values
        return matrix

    def sums(self) -> NDArray[np.float64]:
        """Per row the sum of its values, (rows,)."""
        rows = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        return np.asarray(np.bincount(rows, self.values, minlength=len(self.offsets) - 1), np.float64)
