"""Columns that hold a list a row, as texts: tags and the fields of sequences.

A request's candidates share their user's sequences, and an item's rows its tags. So the distinct lists are
parsed and kept once, with a number per row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch import Tensor

from pairec_cli.components.batch import Ragged
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import ModelFeature

SEQUENCE_SEPARATOR = ";"
Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class TagLists:
    """List u holds values[offsets[u] : offsets[u + 1]]; row r has list row[r]."""

    values: Array
    offsets: Array
    row: Array

    def take(self, rows: Array) -> Ragged:
        lists = self.row[rows]
        begin = self.offsets[lists]
        sizes = self.offsets[lists + 1] - begin
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        places = np.repeat(begin - offsets[:-1], sizes) + np.arange(offsets[-1])
        return Ragged(as_ids(self.values[places]), torch.from_numpy(offsets))

    @classmethod
    def joined(cls, parts: Sequence[TagLists]) -> TagLists:
        sizes = np.cumsum([0] + [len(part.values) for part in parts])
        lists = np.cumsum([0] + [len(part.offsets) - 1 for part in parts])
        ends = [part.offsets[1:] + begin for part, begin in zip(parts, sizes, strict=False)]
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([np.zeros(1, np.int64), *ends]),
            np.concatenate([part.row + begin for part, begin in zip(parts, lists, strict=False)]),
        )

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + self.offsets.nbytes + self.row.nbytes


@dataclass(frozen=True, eq=False)
class SequenceLists:
    """One sequence's fields, each (U, T) padded with 0; list u is sizes[u] long, row r has list row[r]."""

    fields: Mapping[str, Array]
    sizes: Array
    row: Array

    def take(self, rows: Array) -> tuple[dict[str, Tensor], Tensor]:
        """Feature → (B, T) with T the longest of these rows, at least 1; and the lengths (B,)."""
        lists = self.row[rows]
        sizes = self.sizes[lists]
        longest = max(1, int(sizes.max(initial=0)))
        taken = {}
        for name, matrix in self.fields.items():
            values = np.ascontiguousarray(matrix[lists][:, :longest])
            taken[name] = torch.from_numpy(values) if values.dtype == np.float32 else as_ids(values)
        return taken, torch.from_numpy(sizes)

    @classmethod
    def joined(cls, parts: Sequence[SequenceLists]) -> SequenceLists:
        lists = np.cumsum([0] + [len(part.sizes) for part in parts])
        width = max(matrix.shape[1] for part in parts for matrix in part.fields.values())
        return cls(
            {
                name: np.concatenate([_wider(part.fields[name], width) for part in parts])
                for name in parts[0].fields
            },
            np.concatenate([part.sizes for part in parts]),
            np.concatenate([part.row + begin for part, begin in zip(parts, lists, strict=False)]),
        )

    @property
    def nbytes(self) -> int:
        return sum(matrix.nbytes for matrix in self.fields.values()) + self.sizes.nbytes + self.row.nbytes


class BadNumbers(DataError):
    """`count` values of a column are NULL, NaN or infinite as float32."""

    def __init__(self, column: str, count: int) -> None:
        super().__init__(
            f"column {column} holds {count} value(s) that are NULL, NaN or infinite",
            hint="encode a missing number as 0, and look at the expression that computes the column",
        )
        self.column, self.count = column, count


def check_buckets(values: Array, feature: ModelFeature) -> None:
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    if low < 0 or high >= feature.num_buckets:
        wrong = low if low < 0 else high
        raise DataError(
            f"feature {feature.name} has the id {wrong}, outside 0 … {feature.num_buckets - 1}",
            hint="encode the rows with the vocabulary that the pipeline config was made for",
        )


def as_ids(values: Array) -> Tensor:
    """The same numbers as int64."""
    return torch.from_numpy(values.astype(np.int64))


def _texts(column: pa.Array) -> tuple[pa.Array, Array]:
    """Distinct texts, and per row the number of its text; NULL counts as the empty text."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.null_count or column.dictionary.null_count:
        column = pc.fill_null(column.cast(column.type.value_type), "").dictionary_encode()
    return column.dictionary, column.indices.to_numpy(zero_copy_only=False).astype(np.int32)


def _parsed(texts: pa.Array, feature: ModelFeature, separator: str) -> tuple[Array, Array]:
    """(values, offsets) of lists of ids or numbers; the empty text is the empty list."""
    kind = pa.float32() if feature.is_dense else pa.int32()
    lists = pc.split_pattern(pc.if_else(pc.equal(texts, ""), None, texts), separator)
    sizes = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    try:
        values: Array = lists.flatten().cast(kind).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise DataError(
            f"column {feature.name} is no list of {'numbers' if feature.is_dense else 'ids'} "
            f"joined by {separator!r}: {error}"
        ) from error
    if feature.is_dense:
        if bad := int((~np.isfinite(values)).sum()):
            raise BadNumbers(feature.name, bad)
    else:
        check_buckets(values, feature)
    return values, np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))


def parse_tags(column: pa.Array, feature: ModelFeature, separator: str) -> TagLists:
    """Lists of ids joined by `separator`, or one id a row.

    Raises DataError for a text that is no such list and for an id outside the feature's buckets.
    """
    if pa.types.is_integer(column.type):
        column = column.cast(pa.string())
    texts, row = _texts(column)
    values, offsets = _parsed(texts, feature, separator)
    return TagLists(values, offsets, row)


def parse_sequence(columns: Sequence[pa.Array], fields: Sequence[ModelFeature]) -> SequenceLists:
    """The fields of one sequence, `columns` in their order, each row's list joined by `;`.

    Raises DataError as `parse_tags` does, and for fields whose lists differ in length.
    """
    texts, rows = zip(*(_texts(column) for column in columns), strict=True)
    chosen, row = _distinct(rows)
    limit = max(field.sequence_length for field in fields) or np.iinfo(np.int64).max
    matrices, sizes = {}, np.zeros(len(chosen), np.int64)
    for place, field in enumerate(fields):
        values, offsets = _parsed(texts[place], field, SEQUENCE_SEPARATOR)
        lists = rows[place][chosen]
        own = np.diff(offsets)[lists]
        if place and (wrong := int((own != sizes).sum())):
            raise DataError(
                f"{wrong} list(s) of {field.name} are not as long as those of {fields[0].name}",
                hint="all fields of a sequence describe the same entries",
            )
        sizes = own
        matrices[field.name] = _padded(values, offsets[lists], own, limit)
    return SequenceLists(matrices, np.minimum(sizes, limit), row)


def _distinct(rows: Sequence[Array]) -> tuple[Array, Array]:
    """Per distinct combination of the columns `rows` a row that has it, and each row's combination."""
    key = rows[0].astype(np.int64)
    for column in rows[1:]:
        _, key = np.unique(key * (int(column.max(initial=0)) + 1) + column, return_inverse=True)
    _, chosen, row = np.unique(key, return_index=True, return_inverse=True)
    return chosen, row.astype(np.int32)


def _padded(values: Array, begin: Array, sizes: Array, limit: int) -> Array:
    """(U, T): list u is values[begin[u] : begin[u] + sizes[u]], its first `limit`, then zeros; T >= 1."""
    width = max(1, int(sizes.max(initial=0)))
    steps = np.arange(min(width, limit))
    inside = steps < sizes[:, None]
    padded = np.zeros(inside.shape, values.dtype)
    padded[inside] = values[(begin[:, None] + steps)[inside]]
    return padded


def _wider(matrix: Array, width: int) -> Array:
    return np.pad(matrix, ((0, 0), (0, width - matrix.shape[1])))
