"""Swing: an item's nearest items by the pairs of users that met both (Yang et al., "Large Scale Product Graph
Construction for Recommendation in E-commerce", arXiv 2010.05525, equation 3).

    s(i,j) = Σ_{u<v ∈ U_i ∩ U_j}  w_u · w_v / (alpha2 + |I_u ∩ I_v|)        w_u = 1 / (alpha1 + |I_u|)^beta

Two users who share little and still both met i and j say more than two who met the same shelf. Every
unordered pair counts once. Parameters and grammars are those of `PAI -name swing_rec_ext` (public page "Swing
algorithm"), which gives no formula; the weights are those of Flink ML's Swing, whose names it shares.

With `selfPairs`, our own parameter, a user is a pair with oneself too, which adds
selfPairs · Σ_{u ∈ U_i ∩ U_j} w_u² / (alpha2 + |I_u|): one half is the paper's double sum to the letter. In a
sparse log most items share one user at most, and without it have nothing to say of each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pairec_cli.components import etrec_kernel
from pairec_cli.components import swing_kernel as kernel
from pairec_cli.components.etrec_kernel import I64, U32, U64
from pairec_cli.domain.components import NOTES, ComponentParameters
from pairec_cli.domain.errors import DataError

BLOCKS_PER_THREAD = 16
BLOCK_KEYS = 1_000_000
ENTRY = r"^[^,;]+,-?[0-9.]+(?:[eE][-+]?[0-9]+)?,[0-9]{14}$"
"""An entry of the input's item_list: `item_id,norm,timestamp`."""


class SwingParameters(ComponentParameters):
    """`-D` parameters of `swing_rec_ext`, with the values of PAI-Rec's sample call as defaults."""

    input_table: str
    """`table` or `table/ds=YYYYMMDD`: user_id, item_list."""
    output_table: str
    """`table` or `table/ds=YYYYMMDD`: item_id, item_list."""
    max_click_per_user: int = Field(500, ge=2)
    """Items of a user that count: the latest ones."""
    max_user_per_item: int = Field(600, ge=2)
    """Users that an anchor item is judged by; of more, so many are drawn, the same ones every time."""
    topk: int = Field(100, ge=1, le=10_000)
    alpha1: float = Field(5.0, ge=0)
    alpha2: float = Field(1.0, ge=0)
    beta: float = Field(0.3, ge=-4, le=4)
    self_pairs: float = Field(0.0, ge=0)
    """What a user's pair with oneself counts."""
    lifecycle: int | None = Field(None, ge=1)
    core_num: int | None = Field(None, ge=1)
    mem_size_per_core: int | None = Field(None, ge=1)

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


@dataclass(frozen=True)
class Clicks:
    """Who met what, once each, as compressed rows by user and, thinned to maxUserPerItem, by item.

    Items are numbered in the text order of `ids`. `activity` is |I_u|.
    """

    user_ptr: I64
    user_items: U32
    anchor_ptr: I64
    anchor_users: U32
    ids: pa.StringArray
    notes: tuple[str, ...]

    @property
    def activity(self) -> I64:
        return np.diff(self.user_ptr)


class Swing:
    """`PAI -name swing_rec_ext`: (user_id, item_list) rows in, `item_id, item_list` out, ordered by item id.

    The answer's item_list is `id,score,coccur,ori_score;…`, by score descending, then id: ori_score is
    s(i,j), score the same divided by the anchor's best, coccur how many of the anchor's users met j. An item
    without a neighbour has no row. PAI's component wants numeric ids; here any text without `,` and `;` is
    one.
    """

    name: ClassVar[str] = "swing_rec_ext"
    Parameters: ClassVar[type[SwingParameters]] = SwingParameters

    def input_columns(self, parameters: SwingParameters) -> tuple[str, ...]:
        return "user_id", "item_list"

    def run(self, inputs: pa.Table, parameters: SwingParameters, *, threads: int) -> pa.Table:
        """Raises DataError for an item_list that is not `item_id,norm,timestamp;…`."""
        clicks = read_clicks(inputs, parameters)
        schema = pa.schema(
            [("item_id", pa.string()), ("item_list", pa.string())],
            metadata={NOTES: "\n".join(clicks.notes).encode()},
        )
        return pa.Table.from_batches(list(_lists(clicks, parameters, schema, threads)), schema=schema)


def read_clicks(inputs: pa.Table, parameters: SwingParameters) -> Clicks:
    """The distinct items of each row's user, the latest maxClickPerUser of them. Raises DataError."""
    lists = _whole(inputs["item_list"].cast(pa.string()))
    entries = pc.split_pattern(lists.fill_null(""), ";")
    rows = pc.list_parent_indices(entries).to_numpy().astype(np.int64)
    flat = pc.list_flatten(entries)
    present = pc.not_equal(flat, "")
    rows, flat = rows[present.to_numpy(zero_copy_only=False)], flat.filter(present)
    _refuse_bad(flat)
    encoded = pc.list_element(pc.split_pattern(flat, ",", max_splits=1), 0).dictionary_encode()
    ids = encoded.dictionary.cast(pa.string())
    order = pc.array_sort_indices(ids).to_numpy().astype(np.int64)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    items = place[encoded.indices.to_numpy(zero_copy_only=False)] if len(flat) else np.zeros(0, np.int64)
    users = _user_codes(inputs["user_id"], rows)
    users, items, dropped = _latest(users, items, len(ids), parameters.max_click_per_user)
    return _layout(users, items, ids.take(pa.array(order)), parameters.max_user_per_item, dropped)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _refuse_bad(entries: pa.StringArray) -> None:
    bad = entries.filter(pc.invert(pc.match_substring_regex(entries, ENTRY)))
    if len(bad):
        raise DataError(
            f"{len(bad)} entries of item_list are not item_id,norm,timestamp, for example {bad[0].as_py()!r}",
            hint="item ids may not hold , or ; and timestamps are YYYYMMDDHHMMSS",
        )


def _user_codes(column: pa.ChunkedArray, rows: I64) -> I64:
    """The user of each entry; several rows of one user are one user."""
    codes = (
        _whole(column.cast(pa.string()))
        .dictionary_encode()
        .indices.fill_null(-1)
        .to_numpy(zero_copy_only=False)
    )
    return np.asarray(codes.astype(np.int64)[rows])


def _latest(users: I64, items: I64, n_items: int, most: int) -> tuple[I64, I64, int]:
    """Distinct (user, item) pairs, each at its latest place, the last `most` of a user; users without an id
    are left out. Lists run from the oldest to the newest."""
    known = users >= 0
    users, items = users[known], items[known]
    place = np.arange(len(users), dtype=np.int64)
    pair = users * max(n_items, 1) + items
    order = np.lexsort((-place, pair))
    first = np.ones(len(order), bool)
    first[1:] = pair[order][1:] != pair[order][:-1]
    kept = order[first]
    kept = kept[np.lexsort((-place[kept], users[kept]))]  # by user, newest first
    counts = np.bincount(users[kept]) if len(kept) else np.zeros(0, np.int64)
    rank = np.arange(len(kept)) - np.repeat(np.cumsum(counts) - counts, counts)
    recent = kept[rank < most]
    return users[recent], items[recent], int((counts > most).sum())


def _layout(users: I64, items: I64, ids: pa.StringArray, most_users: int, truncated: int) -> Clicks:
    n_users, n_items = int(users.max(initial=-1)) + 1, len(ids)
    by_user = np.lexsort((items, users))
    by_item = np.lexsort((users, items))
    item_users, degree = users[by_item], np.bincount(items, minlength=n_items)
    thinned = int((degree > most_users).sum())
    if thinned:
        item_users, degree = _thin(item_users, degree, most_users)
    notes = []
    if truncated:
        notes.append(f"{truncated} users with more items keep their latest")
    if thinned:
        notes.append(f"{thinned} items with more than {most_users} users are judged by so many of them")
    return Clicks(
        user_ptr=_starts(np.bincount(users, minlength=n_users)),
        user_items=items[by_user].astype(np.uint32),
        anchor_ptr=_starts(degree),
        anchor_users=item_users.astype(np.uint32),
        ids=ids,
        notes=tuple(notes),
    )


def _thin(item_users: I64, degree: I64, most: int) -> tuple[I64, I64]:
    """`most` users of every item at random: those whose hashed number is smallest, ascending again. The hash
    depends on user and item, so that no user is left out everywhere."""
    item = np.repeat(np.arange(len(degree)), degree)
    mixed = item_users.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + item.astype(np.uint64)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    order = np.lexsort((mixed, item))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(degree) - degree, degree)
    kept = np.sort(order[rank < most])
    return item_users[kept], np.minimum(degree, most)


def _starts(counts: I64) -> I64:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _lists(
    clicks: Clicks, parameters: SwingParameters, schema: pa.Schema, threads: int
) -> Iterator[pa.RecordBatch]:
    top = min(parameters.topk, len(clicks.ids) - 1)
    if top < 1:
        return
    activity = np.maximum(clicks.activity, 1)
    weight = (parameters.alpha1 + activity) ** -parameters.beta
    self_term = parameters.self_pairs * weight**2 / (parameters.alpha2 + activity)
    identity = np.arange(len(clicks.ids), dtype=np.int64)

    def batch(bounds: tuple[int, int]) -> pa.RecordBatch:
        rows = np.arange(*bounds, dtype=np.int64)
        keys = np.full((len(rows), top), etrec_kernel.EMPTY, np.uint64)
        shared = np.zeros((len(rows), top), np.int32)
        counts = np.zeros(len(rows), np.int64)
        kernel.neighbours(
            rows,
            clicks.anchor_ptr,
            clicks.anchor_users,
            clicks.user_ptr,
            clicks.user_items,
            weight,
            float(parameters.alpha2),
            self_term if parameters.self_pairs else np.empty(0),
            identity,
            keys,
            shared,
            counts,
        )
        order = np.argsort(keys, axis=1)
        keys, shared = np.take_along_axis(keys, order, 1), np.take_along_axis(shared, order, 1)
        lists = _texts(clicks.ids, keys, shared, counts)
        columns = pa.record_batch([clicks.ids.slice(bounds[0], len(rows)), lists], schema=schema)
        return columns if counts.all() else columns.filter(pa.array(counts > 0))

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(batch, _blocks(clicks, top, threads))


def _blocks(clicks: Clicks, top: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of anchors of about equal work, small enough for memory."""
    met = np.concatenate([np.zeros(1, np.int64), np.cumsum(clicks.activity[clicks.anchor_users])])
    work = np.diff(met[clicks.anchor_ptr]) + 1
    total = np.cumsum(work)
    share = max(int(total[-1]) // (BLOCKS_PER_THREAD * threads), 1)
    most = max(BLOCK_KEYS // top, 1)
    bounds, start = [], 0
    while start < len(work):
        before = int(total[start - 1]) if start else 0
        stop = int(np.searchsorted(total, before + share, side="right"))
        stop = min(max(stop, start + 1), start + most, len(work))
        bounds.append((start, stop))
        start = stop
    return bounds


def _texts(ids: pa.StringArray, keys: U64, shared: kernel.I32, counts: I64) -> pa.StringArray:
    """One `id,score,coccur,ori_score;…` per row of `keys`."""
    present = keys != etrec_kernel.EMPTY
    raw = etrec_kernel.scores(keys[present])
    best = np.repeat(raw[_starts(counts)[:-1][counts > 0]], counts[counts > 0])
    entries = pc.binary_join_element_wise(
        ids.take(pa.array(etrec_kernel.positions(keys[present]))),
        pa.array((raw / best).astype(np.float32)).cast(pa.string()),
        pa.array(shared[present]).cast(pa.string()),
        pa.array(raw).cast(pa.string()),
        ",",
    )
    offsets = pa.array(_starts(counts).astype(np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, entries), ";")
