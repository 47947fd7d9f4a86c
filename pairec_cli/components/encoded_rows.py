"""Rows of an encoded table in memory, small enough to be kept, from which batches are gathered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

from pairec_cli.components.batch import Batch
from pairec_cli.components.list_columns import (
    Array,
    BadNumbers,
    SequenceLists,
    TagLists,
    as_ids,
    check_buckets,
    parse_sequence,
    parse_tags,
)
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import Form, ModelFeature


@dataclass(frozen=True)
class RowForm:
    """What is read of each row: the model's inputs, labels, sample weights."""

    features: tuple[ModelFeature, ...]
    labels: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    separator: str = ","
    """Between the ids of a tag column."""

    @cached_property
    def ids(self) -> tuple[ModelFeature, ...]:
        """Features of one id a row."""
        return tuple(f for f in self.features if not (f.sequence or f.is_dense or f.form is Form.TAG))

    @cached_property
    def dense(self) -> tuple[ModelFeature, ...]:
        return tuple(f for f in self.features if f.is_dense and not f.sequence)

    @cached_property
    def tags(self) -> tuple[ModelFeature, ...]:
        return tuple(f for f in self.features if f.form is Form.TAG and not f.sequence)

    @cached_property
    def sequences(self) -> dict[str, tuple[ModelFeature, ...]]:
        """Sequence → its fields."""
        names = dict.fromkeys(f.sequence for f in self.features if f.sequence)
        return {name: tuple(f for f in self.features if f.sequence == name) for name in names}

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Columns kept as float32, in the order of `Rows.numbers`."""
        return (*(f.name for f in self.dense), *self.labels, *self.weights)

    @property
    def lists(self) -> tuple[str, ...]:
        """Columns that hold a text of several ids."""
        return tuple(f.name for f in self.features if f.sequence or f.form is Form.TAG)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*(f.name for f in self.ids), *self.numbers, *self.lists)))


@dataclass(frozen=True, eq=False)
class Rows:
    """n decoded rows."""

    form: RowForm
    ids: Array
    """int32 (n, F)."""
    numbers: Array
    """float32 (n, D): dense features, labels, weights."""
    tags: Mapping[str, TagLists]
    sequences: Mapping[str, SequenceLists]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        lists = sum(one.nbytes for one in self.tags.values()) + sum(
            one.nbytes for one in self.sequences.values()
        )
        return self.ids.nbytes + self.numbers.nbytes + lists

    def batch(self, rows: Array, users: Array | None = None) -> Batch:
        """The rows of these numbers, in this order; `users` (B,) is kept beside them."""
        form, numbers = self.form, torch.from_numpy(self.numbers[rows])
        depth = len(form.dense)
        column = dict(zip(form.numbers[depth:], numbers[:, depth:].unbind(1), strict=True))
        sequences: dict[str, Tensor] = {}
        lengths = {}
        for name, lists in self.sequences.items():
            fields, lengths[name] = lists.take(rows)
            sequences |= fields
        return Batch(
            ids=as_ids(self.ids[rows]),
            id_names=tuple(f.name for f in form.ids),
            dense=numbers[:, :depth],
            dense_names=form.numbers[:depth],
            lists={name: lists.take(rows) for name, lists in self.tags.items()},
            sequences=sequences,
            lengths=lengths,
            labels={name: column[name] for name in form.labels},
            weights={name: column[name] for name in form.weights},
            user=None if users is None else torch.from_numpy(users),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All parts, one behind the other."""
        if len(parts) == 1:
            return parts[0]
        first = parts[0]
        return cls(
            first.form,
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.numbers for part in parts]),
            {name: TagLists.joined([part.tags[name] for part in parts]) for name in first.tags},
            {
                name: SequenceLists.joined([part.sequences[name] for part in parts])
                for name in first.sequences
            },
        )


def decode(data: pa.RecordBatch, form: RowForm) -> Rows:
    """The rows of `data`. Raises DataError for NULL, NaN or infinite numbers, an id outside its feature's
    buckets, a text that is no list of ids, and fields of one sequence of different lengths."""
    ids = np.empty((data.num_rows, len(form.ids)), np.int32)
    for place, feature in enumerate(form.ids):
        ids[:, place] = _whole(data.column(feature.name), feature)
    numbers = np.empty((data.num_rows, len(form.numbers)), np.float32)
    for place, name in enumerate(form.numbers):
        numbers[:, place] = finite(data.column(name), name)
    tags = {f.name: parse_tags(data.column(f.name), f, form.separator) for f in form.tags}
    sequences = {
        name: parse_sequence([data.column(field.name) for field in fields], fields)
        for name, fields in form.sequences.items()
    }
    return Rows(form, ids, numbers, tags, sequences)


def finite(column: pa.Array, name: str) -> npt.NDArray[np.float32]:
    """The column as float32. Raises BadNumbers for NULL, NaN, infinity; DataError for no numbers."""
    try:
        values: Array = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"column {name} holds {column.type}, not numbers") from error
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    if bad := int((~np.isfinite(small)).sum()):
        raise BadNumbers(name, bad)
    return small


def _whole(column: pa.Array, feature: ModelFeature) -> Array:
    """One id a row."""
    if not pa.types.is_integer(column.type):
        raise DataError(f"column {feature.name} holds {column.type}, not whole numbers")
    if column.null_count:
        raise DataError(
            f"column {feature.name} holds {column.null_count} NULL(s) instead of ids",
            hint="encode a missing value as 0",
        )
    values: Array = column.to_numpy(zero_copy_only=False)
    check_buckets(values, feature)
    return values
