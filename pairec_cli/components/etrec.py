"""etrec, PAI's item-based collaborative filtering: each item's nearest items by the users they share.

Parameters are those of the public page "Collaborative filtering (etrec)". That page gives no formulas. With
U_i the users of item i, I_u the items of user u (distinct, without the users that have too few or too many
items) and w_u the weight of a user, ours are

    c(i,j)     = Σ_{u ∈ U_i ∩ U_j} w_u
    wbcosine   = c(i,j) / sqrt(|U_i| · |U_j|)
    asymcosine = c(i,j)^weight / (|U_i|^alpha · |U_j|^(1-alpha))
    jaccard    = |U_i ∩ U_j| / |U_i ∪ U_j|

    w_u = 1 (none), 1 / log2(1 + |I_u|) (log), 1 / |I_u| (inverse)

Jaccard is standard. The asymmetric cosine is the literature's (Aiolli, "Efficient top-N recommendation for
very large scale binary rated datasets", RecSys 2013); that etrec's `weight` is the exponent of the
co-occurrence is our reading, and so is wbcosine: a cosine whose co-occurrence is weighted by the users'
activity. `userWeight` is our own parameter; by default `log` for wbcosine and `none` for asymcosine. Jaccard
knows no weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator, model_validator

from pairec_cli.components import etrec_kernel as kernel
from pairec_cli.domain.components import NOTES, ComponentParameters
from pairec_cli.domain.errors import DataError, NotFound

SimilarityType = Literal["wbcosine", "asymcosine", "jaccard"]
UserWeight = Literal["none", "log", "inverse"]

BLOCKS_PER_THREAD = 16
BLOCK_KEYS = 1_000_000
"""Neighbours that one block may hold: some 80 MB while their text is built."""
BLOCK_BYTES = 1 << 30
"""Text that one block may hold; Arrow's string offsets end at 2 GB."""


class EtrecParameters(ComponentParameters):
    """`-D` parameters of `pai_etrec`, with PAI's defaults; `userWeight` is ours."""

    input_table_name: str
    input_table_partitions: str | None = None
    user_col_name: str
    item_col_name: str
    output_table_name: str
    output_table_partition: str | None = None
    similarity_type: SimilarityType = "wbcosine"
    top_n: int = Field(2000, ge=1, le=10_000)
    min_user_behavior: int = Field(2, ge=1)
    max_user_behavior: int = Field(500, ge=1)
    item_delimiter: str = Field(" ", min_length=1)
    kv_delimiter: str = Field(":", min_length=1)
    alpha: float = Field(0.5, gt=0, lt=1)
    weight: float = Field(1.0, gt=0, le=4)
    operator: Literal["add", "mul", "min", "max"] = "add"
    """Deprecated by PAI, without effect."""
    lifecycle: int | None = Field(None, ge=1)
    core_num: int | None = Field(None, ge=1)
    mem_size_per_core: int | None = Field(None, ge=1)
    user_weight: UserWeight | None = None

    @field_validator("item_delimiter", "kv_delimiter")
    @classmethod
    def _no_number(cls, delimiter: str) -> str:
        if set(delimiter) & set("0123456789.+-eE"):
            raise ValueError("scores are written with digits and . + - e, so a delimiter may not hold them")
        return delimiter

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if " " in self.kv_delimiter:
            raise ValueError("kvDelimiter may not be a space")
        if set(self.kv_delimiter) & set(self.item_delimiter):
            raise ValueError("itemDelimiter and kvDelimiter may not share a character")
        if self.min_user_behavior > self.max_user_behavior:
            raise ValueError("minUserBehavior may not exceed maxUserBehavior")
        return self

    @property
    def weighting(self) -> UserWeight:
        """The weights in use: none for jaccard, else `user_weight` or the similarity type's default."""
        if self.similarity_type == "jaccard":
            return "none"
        return self.user_weight or ("log" if self.similarity_type == "wbcosine" else "none")


@dataclass(frozen=True)
class Log:
    """Who met what, once each: one binary matrix by user and by item, as compressed sparse rows.

    Items are numbered 0…n-1 by falling degree, so that the sums the kernel touches most lie together. `ids`
    (string) is in text order; `number[r]` is the number of the r-th id and `position` the inverse.
    """

    user_ptr: kernel.I64
    user_items: kernel.U32
    item_ptr: kernel.I64
    item_users: kernel.U32
    number: kernel.I64
    position: kernel.I64
    ids: pa.StringArray
    notes: tuple[str, ...]


class Etrec:
    """`PAI -name pai_etrec`: (user, item) rows in, `item_id, similar_item_ids` out, ordered by item id.

    `similar_item_ids` is `id<kv>score<item delimiter>id<kv>score…`, by score descending, then id; scores are
    float32. An item without a neighbour has no row. Ids are kept as text.
    """

    name: ClassVar[str] = "pai_etrec"
    Parameters: ClassVar[type[EtrecParameters]] = EtrecParameters

    def input_columns(self, parameters: EtrecParameters) -> tuple[str, ...]:
        return parameters.user_col_name, parameters.item_col_name

    def run(self, inputs: pa.Table, parameters: EtrecParameters, *, threads: int) -> pa.Table:
        """Raises DataError for an item id that holds a delimiter, and for a column that holds no ids."""
        log = read_log(inputs, parameters)
        schema = pa.schema(
            [("item_id", pa.string()), ("similar_item_ids", pa.string())],
            metadata={NOTES: "\n".join(log.notes).encode()},
        )
        return pa.Table.from_batches(list(_lists(log, parameters, schema, threads)), schema=schema)


def read_log(inputs: pa.Table, parameters: EtrecParameters) -> Log:
    """The distinct pairs of the users with minUserBehavior ≤ |I_u| ≤ maxUserBehavior.

    Rows with a NULL or empty id are dropped; `notes` counts what was left out. Raises what `run` raises.
    """
    columns = Etrec().input_columns(parameters)
    for name in columns:
        if name not in inputs.column_names:
            raise NotFound("column", name, inputs.column_names)
    with ThreadPoolExecutor(2) as pool:
        (users, user_ids), (items, ids) = pool.map(_codes, [inputs[name] for name in columns])
    _refuse_delimiters(ids, parameters)
    whole = (users >= 0) & (items >= 0)
    if not whole.all():
        users, items = users[whole], items[whole]
    n_users, n_items = len(user_ids), max(len(ids), 1)
    pairs = _distinct(users * n_items + items)
    users, items = np.divmod(pairs, n_items)
    activity = np.bincount(users, minlength=n_users)
    few, many = activity < parameters.min_user_behavior, activity > parameters.max_user_behavior
    kept = ~(few | many)[users]
    if not kept.all():
        users, items = users[kept], items[kept]
    notes = _notes(
        {
            "rows with a NULL or empty id dropped": len(whole) - int(whole.sum()),
            "repeated (user, item) rows counted once": int(whole.sum()) - len(pairs),
            f"users with fewer than {parameters.min_user_behavior} items dropped": int(
                (few & (activity > 0)).sum()
            ),
            f"users with more than {parameters.max_user_behavior} items dropped": int(many.sum()),
        }
    )
    return _layout(users, items, n_users, ids, notes)


def _codes(column: pa.ChunkedArray) -> tuple[kernel.I64, pa.StringArray]:
    """(code per row, -1 for NULL or empty; the text of each code)."""
    if not (pa.types.is_integer(column.type) or _is_text(column.type)):
        raise DataError(f"a column of type {column.type} cannot hold ids", hint="cast it to BIGINT or STRING")
    column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    ids = encoded.dictionary.cast(pa.string())
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    empty = pc.index(ids, "").as_py()
    if empty >= 0:
        codes[codes == empty] = -1
    return codes, ids


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _refuse_delimiters(ids: pa.StringArray, parameters: EtrecParameters) -> None:
    for delimiter in (parameters.item_delimiter, parameters.kv_delimiter):
        for character in delimiter:
            bad = ids.filter(pc.match_substring(ids, character))
            if len(bad):
                raise DataError(
                    f"{len(bad)} item ids hold the delimiter {delimiter!r}, for example {bad[0].as_py()!r}",
                    hint="choose another -DitemDelimiter or -DkvDelimiter",
                )


def _distinct(values: kernel.I64) -> kernel.I64:
    """Sorted, each once. Two passes over a vectorised sort; np.unique is 60× slower on 10 M values."""
    values = np.sort(values)
    first = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return values if first.all() else values[first]


def _notes(counts: dict[str, int]) -> tuple[str, ...]:
    return tuple(f"{count} {what}" for what, count in counts.items() if count)


def _layout(
    users: kernel.I64, items: kernel.I64, n_users: int, ids: pa.StringArray, notes: tuple[str, ...]
) -> Log:
    """Both sparse layouts of distinct (user, item) codes; ids that no pair names are left out."""
    degree = np.bincount(items, minlength=len(ids))
    alive = np.flatnonzero(degree)
    alive = alive[np.argsort(-degree[alive], kind="stable")]  # number → code
    number_of_code = np.full(len(ids), -1, np.int64)
    number_of_code[alive] = np.arange(len(alive))
    numbers = number_of_code[items]
    by_user = np.sort(users * len(alive) + numbers)
    by_item = np.sort(numbers * n_users + users)
    number = pc.array_sort_indices(ids.take(pa.array(alive))).to_numpy().astype(np.int64)
    position = np.empty_like(number)
    position[number] = np.arange(len(number))
    return Log(
        user_ptr=_starts(np.bincount(users, minlength=n_users)),
        user_items=(by_user % max(len(alive), 1)).astype(np.uint32),
        item_ptr=_starts(degree[alive]),
        item_users=(by_item % max(n_users, 1)).astype(np.uint32),
        number=number,
        position=position,
        ids=ids.take(pa.array(alive[number])),
        notes=notes,
    )


def _starts(counts: kernel.I64) -> kernel.I64:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


@dataclass(frozen=True)
class Similarity:
    """A measure as the kernel takes it: see `etrec_kernel.neighbours`."""

    user_weight: kernel.F64
    left: kernel.F64
    right: kernel.F64
    base: kernel.F64
    power: float
    jaccard: bool

    @classmethod
    def of(cls, log: Log, parameters: EtrecParameters) -> Self:
        activity = np.diff(log.user_ptr).astype(np.float64)
        degree = np.diff(log.item_ptr).astype(np.float64)
        weight = _user_weight(activity, parameters.weighting)
        if parameters.similarity_type == "jaccard":
            return cls(weight, degree, degree, degree, 1.0, True)
        wide = parameters.similarity_type == "wbcosine"
        alpha, power = (0.5, 1.0) if wide else (parameters.alpha, parameters.weight)
        left, right = degree**-alpha, degree ** (alpha - 1)
        return cls(weight, left, right, right ** (-1 / power), power, False)


def _user_weight(activity: kernel.F64, weighting: UserWeight) -> kernel.F64:
    if weighting == "none":
        return np.ones_like(activity)
    size = np.maximum(activity, 1)  # a dropped user has no items, and no item has the user
    return 1 / np.log2(1 + size) if weighting == "log" else 1 / size


def _lists(
    log: Log, parameters: EtrecParameters, schema: pa.Schema, threads: int
) -> Iterator[pa.RecordBatch]:
    """The output in batches of consecutive ids, computed by `threads` threads."""
    top = min(parameters.top_n, len(log.ids) - 1)
    if top < 1:
        return
    similarity = Similarity.of(log, parameters)
    longest = pc.max(pc.binary_length(log.ids)).as_py()

    def batch(bounds: tuple[int, int]) -> pa.RecordBatch:
        keys, counts = nearest(log, similarity, top, *bounds)
        lists = _texts(log.ids, keys, counts, parameters.item_delimiter, parameters.kv_delimiter)
        ids = log.ids.slice(bounds[0], bounds[1] - bounds[0])
        columns = pa.record_batch([ids, lists], schema=schema)
        return columns if counts.all() else columns.filter(pa.array(counts > 0))

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(batch, _blocks(log, top, longest, threads))


def nearest(
    log: Log, similarity: Similarity, top: int, start: int, stop: int
) -> tuple[kernel.U64, kernel.I64]:
    """The neighbours of ids `start`…`stop` as keys (stop-start, top), best first, and how many each has."""
    keys = np.full((stop - start, top), kernel.EMPTY, np.uint64)
    counts = np.zeros(stop - start, np.int64)
    kernel.neighbours(
        log.number[start:stop],
        log.item_ptr,
        log.item_users,
        log.user_ptr,
        log.user_items,
        similarity.user_weight,
        similarity.left,
        similarity.right,
        similarity.base,
        float(similarity.power),
        similarity.jaccard,
        log.position,
        keys,
        counts,
    )
    keys.sort(axis=1)
    return keys, counts


def _blocks(log: Log, top: int, longest: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of ids of about equal work, small enough for Arrow and for memory."""
    activity = np.diff(log.user_ptr)
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(activity[log.item_users])])
    work = np.diff(sums[log.item_ptr])[log.number] + len(log.ids)
    total = np.cumsum(work)
    share = max(int(total[-1]) // (BLOCKS_PER_THREAD * threads), 1)
    most = max(min(BLOCK_KEYS, BLOCK_BYTES // (longest + 64)) // top, 1)
    bounds, start = [], 0
    while start < len(work):
        before = int(total[start - 1]) if start else 0
        stop = int(np.searchsorted(total, before + share, side="right"))
        stop = min(max(stop, start + 1), start + most, len(work))
        bounds.append((start, stop))
        start = stop
    return bounds


def _texts(ids: pa.StringArray, keys: kernel.U64, counts: kernel.I64, item: str, kv: str) -> pa.StringArray:
    """One list text per row of `keys`."""
    present = keys[keys != kernel.EMPTY]
    entries = pc.binary_join_element_wise(
        ids.take(pa.array(kernel.positions(present))), pa.array(kernel.scores(present)).cast(pa.string()), kv
    )
    offsets = pa.array(_starts(counts).astype(np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, entries), item)
