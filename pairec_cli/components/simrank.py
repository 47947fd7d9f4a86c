"""SimRank++ on the graph of users and items: items are similar that similar users met, and users who met
similar items (Antonellis, Garcia-Molina and Chang, "Simrank++: query rewriting through link analysis of the
click graph", VLDB 2008).

    s(a,a)  = 1,   s(a,a') = evidence(a,a') · decay · Σ_{b ∈ E(a)} Σ_{b' ∈ E(a')} W(a,b) · W(a',b') · s(b,b')
    evidence(a,a') = Σ_{n=1}^{|E(a) ∩ E(a')|} 2^-n = 1 - 2^-|E(a) ∩ E(a')|
    W(a,b)  = spread(b) · w(a,b) / Σ_{c ∈ E(a)} w(a,c),   spread(b) = e^-variance(w(·,b))

From s = 0 between different nodes, `iterations` steps each take both sides from the step before. The public
page of PAI gives the method; the name of the command and its parameters are ours. Between two steps every
node keeps its best `neighbours`; with more of them than any node has pairs, the lists are exact.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pairec_cli.components import etrec_kernel
from pairec_cli.components import simrank_kernel as kernel
from pairec_cli.components.etrec_kernel import F64, I64, U32, U64
from pairec_cli.domain.components import NOTES, ComponentParameters
from pairec_cli.domain.errors import DataError

BLOCK = 512
"""Nodes whose lists one call of the kernel makes."""


class SimRankParameters(ComponentParameters):
    """`-D` parameters of `simrank_plus_plus`; tables and columns are named as in `pai_etrec`."""

    input_table_name: str
    input_table_partitions: str | None = None
    user_col_name: str
    item_col_name: str
    weight_col_name: str | None = None
    """Weights of the edges, above 0; without it all weigh 1."""
    output_table_name: str
    output_table_partition: str | None = None
    top_n: int = Field(100, ge=1, le=10_000)
    decay: float = Field(0.8, gt=0, le=1)
    """C of the paper, for both sides."""
    iterations: int = Field(5, ge=1, le=100)
    neighbours: int = Field(50, ge=1, le=10_000)
    """Similar users, and similar items, that a node keeps from one step to the next."""
    lifecycle: int | None = Field(None, ge=1)


@dataclass(frozen=True)
class Side:
    """Nodes of one side with their edges: compressed rows, W(a, b) of each edge."""

    ptr: I64
    neighbours: U32
    weight: F64


@dataclass(frozen=True)
class Lists:
    """(n, width) similar nodes and similarities of each node, and how many there are."""

    similar: U32
    similarity: F64
    number: I64


class SimRankPlusPlus:
    """`PAI -name simrank_plus_plus`: (user, item[, weight]) rows in, `item_id, similar_item_ids` out.

    `similar_item_ids` is `id:score,…`, by score descending, then id; scores are float32. An item without a
    similar one has no row. The greatest weight of repeated rows counts.
    """

    name: ClassVar[str] = "simrank_plus_plus"
    Parameters: ClassVar[type[SimRankParameters]] = SimRankParameters

    def input_columns(self, parameters: SimRankParameters) -> tuple[str, ...]:
        weight = (parameters.weight_col_name,) if parameters.weight_col_name else ()
        return (parameters.user_col_name, parameters.item_col_name, *weight)

    def run(self, inputs: pa.Table, parameters: SimRankParameters, *, threads: int) -> pa.Table:
        """Raises DataError for an item id that holds , or : and for a weight that is not above 0."""
        users, items, weights, ids = read_edges(inputs, parameters)
        n_users, n_items = int(users.max(initial=-1)) + 1, len(ids)
        by_item, by_user = _sides(users, items, weights, n_users, n_items)
        of_items, of_users = _nothing(n_items), _nothing(n_users)
        with ThreadPoolExecutor(threads) as pool:
            for _ in range(parameters.iterations - 1):
                kept = parameters.neighbours
                of_items, of_users = (
                    _step(pool, by_item, by_user, of_users, parameters.decay, kept),
                    _step(pool, by_user, by_item, of_items, parameters.decay, kept),
                )
            last = _step(pool, by_item, by_user, of_users, parameters.decay, parameters.top_n)
        return _table(ids, last)


def read_edges(inputs: pa.Table, parameters: SimRankParameters) -> tuple[I64, I64, F64, pa.StringArray]:
    """(user, item, weight) of each distinct edge by item, then user; items are numbered in the text order of
    the ids that come last. Rows with a NULL or empty id are left out. Raises what `run` raises."""
    columns = SimRankPlusPlus().input_columns(parameters)
    whole = inputs.select(columns[:2]).cast(pa.schema([(name, pa.string()) for name in columns[:2]]))
    present = pc.and_(*(pc.fill_null(pc.not_equal(whole.column(i), ""), False) for i in range(2)))
    whole = whole.filter(present).combine_chunks()
    weights = np.ones(len(whole))
    if parameters.weight_col_name:
        weights = inputs.filter(present).column(columns[2]).to_numpy().astype(np.float64)
        if not (np.isfinite(weights) & (weights > 0)).all():
            raise DataError(f"{columns[2]} holds weights that are not above 0", hint="leave such rows out")
    users, _ = _codes(whole.column(0))
    items, ids = _codes(whole.column(1))
    bad = ids.filter(pc.match_substring_regex(ids, "[,:]"))
    if len(bad):
        raise DataError(
            f"{len(bad)} item ids hold , or : which separate similar items, for example {bad[0].as_py()!r}",
            hint="replace them in the table that the recall reads",
        )
    order = np.lexsort((-weights, users, items))
    users, items, weights = users[order], items[order], weights[order]
    first = np.ones(len(users), bool)
    first[1:] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
    return users[first], items[first], weights[first], ids


def _codes(column: pa.ChunkedArray) -> tuple[I64, pa.StringArray]:
    """A number per row, in the text order of the ids that come last."""
    ids = pc.unique(column)
    ids = ids.take(pc.array_sort_indices(ids))
    return pc.index_in(column, value_set=ids).to_numpy().astype(np.int64), ids


def _sides(users: I64, items: I64, weights: F64, n_users: int, n_items: int) -> tuple[Side, Side]:
    """The items with their users, and the users with their items."""
    item_spread, user_spread = _spread(items, weights, n_items), _spread(users, weights, n_users)
    item_sum, user_sum = np.bincount(items, weights, n_items), np.bincount(users, weights, n_users)
    of_item, of_user = (
        user_spread[users] * weights / item_sum[items],
        item_spread[items] * weights / user_sum[users],
    )
    by_user = np.lexsort((items, users))
    return (
        Side(_starts(items, n_items), users.astype(np.uint32), of_item),
        Side(_starts(users[by_user], n_users), items[by_user].astype(np.uint32), of_user[by_user]),
    )


def _spread(nodes: I64, weights: F64, n: int) -> F64:
    """e^-variance of the weights of each node's edges."""
    degree = np.maximum(np.bincount(nodes, minlength=n), 1)
    mean = np.bincount(nodes, weights, n) / degree
    spread: F64 = np.exp(-np.bincount(nodes, (weights - mean[nodes]) ** 2, n) / degree)
    return spread


def _starts(nodes: I64, n: int) -> I64:
    counts = np.bincount(nodes, minlength=n)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _nothing(n: int) -> Lists:
    return Lists(np.zeros((n, 1), np.uint32), np.zeros((n, 1), np.float64), np.zeros(n, np.int64))


def _step(
    pool: ThreadPoolExecutor, own: Side, other: Side, of_other: Lists, decay: float, kept: int
) -> Lists:
    """The own side's lists from the other's of the step before; the best `kept`, best first."""
    n = len(own.ptr) - 1
    width = max(min(kept, n - 1), 1)
    # The walk back needs W(a', b') of edges by b': the same numbers in the other side's order.
    order = np.lexsort((np.repeat(np.arange(n), np.diff(own.ptr)), own.neighbours))
    back_weight = own.weight[order]

    def block(start: int) -> tuple[U64, I64]:
        rows = np.arange(start, min(start + BLOCK, n), dtype=np.int64)
        keys = np.full((len(rows), width), etrec_kernel.EMPTY, np.uint64)
        counts = np.zeros(len(rows), np.int64)
        kernel.nearest(
            rows, own.ptr, own.neighbours, own.weight, other.ptr, other.neighbours, back_weight,
            of_other.similar, of_other.similarity, of_other.number, float(decay), keys, counts,
        )  # fmt: skip
        return np.sort(keys, axis=1), counts

    done = list(pool.map(block, range(0, n, BLOCK)))
    if not done:
        return _nothing(0)
    keys = np.concatenate([part for part, _ in done])
    similar = etrec_kernel.positions(keys).astype(np.uint32)
    similarity = etrec_kernel.scores(keys.ravel()).reshape(keys.shape).astype(np.float64)
    return Lists(similar, similarity, np.concatenate([part for _, part in done]))


def _table(ids: pa.StringArray, lists: Lists) -> pa.Table:
    width = lists.similar.shape[1]
    present = np.arange(width)[None, :] < lists.number[:, None]
    entries = pc.binary_join_element_wise(
        ids.take(pa.array(lists.similar[present])),
        pa.array(lists.similarity[present].astype(np.float32)).cast(pa.string()),
        ":",
    )
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lists.number)]).astype(np.int32)
    texts = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), entries), ",")
    schema = pa.schema([("item_id", pa.string()), ("similar_item_ids", pa.string())], metadata={NOTES: b""})
    return pa.Table.from_arrays([ids, texts], schema=schema).filter(pa.array(lists.number > 0))
