"""`PAI -name vector_topk`: the items nearest to each user's vectors, exactly.

A user with several vectors is as near to an item as the nearest of them. The search is a matrix product over
blocks of users, so that nothing holds users × items. The component is ours: on MaxCompute the same search
belongs into a vector engine, and the node that calls this component is to be replaced there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pairec_cli.domain.components import ComponentParameters
from pairec_cli.domain.errors import DataError

BLOCK_BYTES = 1 << 26
"""Scores of one block of users, per thread."""
KINDS = ("item", "user")

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]


class VectorTopkParameters(ComponentParameters):
    """`-D` parameters."""

    input_table: str
    """`table` or `table/ds=YYYYMMDD`: kind (item or user), id, vector, seen."""
    output_table: str
    """`table` or `table/ds=YYYYMMDD`: user_id, item_ids."""
    topk: int = Field(200, ge=1, le=10_000)
    temperature: float = Field(1.0, gt=0)
    """Scores are exp((similarity - the user's best) / temperature)."""

    @property
    def input_table_name(self) -> str:
        return self.input_table.partition("/")[0]

    @property
    def input_table_partitions(self) -> str | None:
        return self.input_table.partition("/")[2] or None

    @property
    def output_table_name(self) -> str:
        return self.output_table.partition("/")[0]

    @property
    def output_table_partition(self) -> str | None:
        return self.output_table.partition("/")[2] or None


class VectorTopk:
    """Rows kind, id, vector (`1.5,2;…` numbers joined by `,`, several vectors by `|`), seen (ids joined by
    `,`) in; `user_id, item_ids` out: `item::score,…`, best first, equals by id. Rows by user id."""

    name: ClassVar[str] = "vector_topk"
    Parameters: ClassVar[type[VectorTopkParameters]] = VectorTopkParameters

    def input_columns(self, parameters: VectorTopkParameters) -> tuple[str, ...]:
        return "kind", "id", "vector", "seen"

    def run(self, inputs: pa.Table, parameters: VectorTopkParameters, *, threads: int) -> pa.Table:
        """Raises DataError for a vector that is none, and for widths that differ."""
        inputs = inputs.sort_by("id").combine_chunks()
        items, users = (inputs.filter(pc.equal(inputs["kind"], kind)) for kind in KINDS)
        schema = pa.schema([("user_id", pa.string()), ("item_ids", pa.string())])
        if not len(items) or not len(users):
            return schema.empty_table()
        ids = _column(items, "id")
        refuse_separators(ids)
        catalog, _ = vectors(_column(items, "vector"))
        wanted, starts = vectors(_column(users, "vector"))
        if catalog.shape[1] != wanted.shape[1] or len(catalog) != len(ids):
            raise DataError(
                f"users' vectors have {wanted.shape[1]} numbers, items' {catalog.shape[1]}; an item has one"
            )
        seen = _seen(_column(users, "seen"), ids)
        lists = list(_lists(catalog, wanted, starts, seen, ids, parameters, threads))
        found = pa.table({"user_id": _column(users, "id"), "item_ids": pa.concat_arrays(lists)})
        return found.filter(pc.not_equal(found["item_ids"], "")).cast(schema)


def _column(table: pa.Table, name: str) -> pa.Array:
    return pc.fill_null(table[name].cast(pa.string()).combine_chunks(), "")


def refuse_separators(ids: pa.Array) -> None:
    """Raises DataError for an item id, of texts, that lists and histories cannot hold."""
    bad = ids.filter(pc.match_substring_regex(ids, "[:,;]"))
    if len(bad):
        raise DataError(f"item id {bad[0].as_py()!r} holds one of : , ;", hint="lists are joined by them")


def vectors(texts: pa.Array) -> tuple[F32, I64]:
    """All vectors (V, D), and where those of each row begin: (rows + 1,). Raises DataError."""
    rows = pc.split_pattern(texts, "|")
    counts = pc.list_value_length(rows).to_numpy(zero_copy_only=False)
    parts = pc.split_pattern(pc.list_flatten(rows), ",")
    widths = pc.list_value_length(parts).to_numpy(zero_copy_only=False)
    if len(widths) and widths.min() != widths.max():
        raise DataError(f"vectors have from {widths.min()} to {widths.max()} numbers")
    try:
        flat = pc.list_flatten(parts).cast(pa.float32()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise DataError(f"a vector is not numbers joined by `,`: {error}") from error
    if not np.isfinite(flat).all():
        raise DataError("a vector holds a number that is not finite")
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    return flat.reshape(len(widths), -1), starts


def _seen(texts: pa.Array, ids: pa.Array) -> tuple[I64, I64]:
    """Items that each user has taken, as (starts, item numbers); unknown ones are left out."""
    lists = pc.split_pattern(texts, ",")
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    places = pc.index_in(pc.list_flatten(lists), ids)
    known = places.is_valid().to_numpy(zero_copy_only=False)
    counts = np.bincount(rows[known], minlength=len(texts))
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return starts, pc.drop_null(places).to_numpy(zero_copy_only=False).astype(np.int64)


def _lists(
    catalog: F32,
    wanted: F32,
    starts: I64,
    seen: tuple[I64, I64],
    ids: pa.Array,
    parameters: VectorTopkParameters,
    threads: int,
) -> Iterator[pa.Array]:
    users = len(starts) - 1
    step = max(1, BLOCK_BYTES // (4 * len(catalog) * max(1, int(np.diff(starts).max()))))

    def block(first: int) -> pa.Array:
        last = min(first + step, users)
        own = starts[first : last + 1]
        near = np.maximum.reduceat(wanted[own[0] : own[-1]] @ catalog.T, own[:-1] - own[0], axis=0)
        bounds, items = seen
        rows = np.repeat(np.arange(last - first), np.diff(bounds[first : last + 1]))
        near[rows, items[bounds[first] : bounds[last]]] = -np.inf
        places, scores = top(near, parameters.topk)
        return _texts(places, scores, ids, parameters.temperature)

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(block, range(0, users, step))


def top(scores: F32, count: int) -> tuple[I64, F32]:
    """Columns of the `count` largest of each row (B, N), largest first, equals by column, and their scores:
    two (B, min(count, N)). What must not be found is -inf."""
    count = min(count, scores.shape[1])
    if count < scores.shape[1]:
        least = -np.partition(-scores, count - 1, axis=1)[:, count - 1 : count]
        above, equal = scores > least, scores == least
        room = count - above.sum(1, keepdims=True)
        taken = above | (equal & (np.cumsum(equal, axis=1) <= room))
        places = np.nonzero(taken)[1].reshape(len(scores), count)
    else:
        places = np.broadcast_to(np.arange(count), scores.shape).copy()
    found = np.take_along_axis(scores, places, 1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(places, order, 1), np.take_along_axis(found, order, 1)


def _texts(places: I64, scores: F32, ids: pa.Array, temperature: float) -> pa.Array:
    """`item::score,…` of each row, scores relative to the row's first; -inf is left out."""
    there = np.isfinite(scores)
    best = np.where(there[:, :1], scores[:, :1], 0.0)
    share = np.round(np.exp((scores.astype(np.float64) - best) / temperature), 6)
    entries = pc.binary_join_element_wise(
        ids.take(pa.array(places[there])), pa.array(share[there]).cast(pa.string()), "::"
    )
    offsets: npt.NDArray[Any] = np.concatenate([np.zeros(1, np.int32), np.cumsum(there.sum(1))])
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), entries), ",")
