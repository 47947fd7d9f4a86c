"""Embeddings of candidates for the sorts that spread a page over a space: where they come from, which
candidates take part, and what stands for a missing one.

Source: dpp_sort.go and ssd_sort.go of the open engine, which share these rules.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.arithmetic import quotient
from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf, ItemRows, ItemStateDaoConf, under
from pairec_cli.domain.stages import RequestContext, Resources

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
"""One row per item."""

DEFAULT_THRESHOLD = 0.5


class EmbeddingConf(Record):
    """What DPPConf and SSDConf have in common.

    The column `embedding_column` of `table_name` in the source of `dao_conf` (a view of a feature store
    needs no `table_name`) holds an item's embedding, its key is `table_p_key`; without a source the item's
    own property of that name does. `abort_run_count` items or fewer are left alone. `candidate_count` and
    `min_score_percent` of the best score cut the candidates before, never below what is asked for. Items of
    `filter_retrieve_ids` go behind the others. `normalize_emb` and `ensure_positive_sim` (of SSDSort alone)
    are on unless they are the text `false`.
    """

    unserved: ClassVar[tuple[str, ...]] = ("TableSuffixParam", "CacheTimeInMinutes", "CacheSize")

    name: str = ""
    dao_conf: DaoConf = DaoConf()
    table_name: str = ""
    table_p_key: str = ""
    embedding_column: str = ""
    embedding_separator: str = ","
    normalize_emb: str = ""
    ensure_positive_sim: str = ""
    window_size: int = 0
    abort_run_count: int = 0
    candidate_count: int = 0
    min_score_percent: float = 0.0
    emb_missed_threshold: float = 0.0
    filter_retrieve_ids: tuple[str, ...] = ()


def by_score(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: item.score, reverse=True)


def candidates(items: list[Item], conf: EmbeddingConf, size: int) -> list[Item]:
    """The items that take part: all, or the best ones, best first."""
    if len(items) <= size or not (conf.candidate_count > 0 or conf.min_score_percent > 0):
        return items
    best = by_score(items)
    if conf.candidate_count > 0:
        best = best[: max(size, conf.candidate_count)]
    if conf.min_score_percent > 0:
        low = (
            index
            for index in range(size, len(best))
            if quotient(best[index].score, best[0].score) < conf.min_score_percent
        )
        best = best[: next(low, len(best))]
    return best


def arranged(
    items: list[Item], apart: Sequence[str], arrange: Callable[[list[Item]], list[Item]]
) -> list[Item]:
    """The arrangement of the items, behind it those of the recalls that stand apart."""
    ours = [item for item in items if item.retrieve_id not in apart]
    return [*(arrange(ours) if ours else []), *(item for item in items if item.retrieve_id in apart)]


class Embeddings:
    """Reads the embeddings of a request's items."""

    def __init__(self, conf: EmbeddingConf, resources: Resources) -> None:
        """Raises InvalidConfig when the source cannot be used."""
        self.column, self.separator = conf.embedding_column, conf.embedding_separator or ","
        self.normalized = conf.normalize_emb.lower() != "false"
        self.threshold = conf.emb_missed_threshold if conf.emb_missed_threshold > 0 else DEFAULT_THRESHOLD
        self.rows = _rows(conf, resources)

    def matrix(self, items: list[Item], context: RequestContext) -> Matrix | None:
        """The items' embeddings, of length 1 unless that is switched off; items without one get a direction
        that depends on their id alone. None when too many have none or the lengths differ; a note says so."""
        try:
            values = self._values(items, context)
        except PairecError as error:
            context.notes.append(f"embeddings cannot be read: {error.message}")
            return None
        found = {id: vector for id, value in values.items() if (vector := self._vector(value)) is not None}
        missing = sum(item.id not in found for item in items)
        lengths = {len(vector) for vector in found.values()}
        if not found or missing > self.threshold * len(items) or len(lengths) > 1:
            reason = (
                "differ in length" if len(lengths) > 1 else f"are missing for {missing} of {len(items)} items"
            )
            context.notes.append(f"embeddings {reason}: the order stays")
            return None
        length = lengths.pop()
        return np.array([found[item.id] if item.id in found else _any(item.id, length) for item in items])

    def _values(self, items: list[Item], context: RequestContext) -> Mapping[str, object]:
        """What the source holds, by item id."""
        if self.rows is None:
            return {item.id: item.properties.get(self.column) for item in items}
        read = self.rows.read(list(dict.fromkeys(item.id for item in items)))
        if read.reason:
            context.notes.append(f"embeddings of {len(read.unread)} items cannot be read: {read.reason}")
        return {id: row.get(self.column) for id, row in read.found.items()}

    def _vector(self, value: object) -> Vector | None:
        """`{0.1,0.2}` or a list of numbers; what is no number counts as 0."""
        if isinstance(value, str):
            value = value.strip("{}").split(self.separator) if value else None
        if not isinstance(value, (list, tuple)) or not value:
            return None
        try:
            vector = np.array(value, dtype=np.float64)
        except (TypeError, ValueError):
            vector = np.array([to_float(part, 0.0) for part in value])
        if vector.ndim != 1:
            return None
        vector[~np.isfinite(vector)] = 0.0
        return _unit(vector) if self.normalized else vector


def _rows(conf: EmbeddingConf, resources: Resources) -> ItemRows | None:
    dao, table = conf.dao_conf, conf.table_name
    if not (table or dao.feature_store_view_name):
        return None
    where = {
        **vars(dao),
        "adapter_type": dao.adapter_type or "hologres",
        "hologres_table_name": table or dao.hologres_table_name,
        "mysql_table": table or dao.mysql_table,
        "table_store_table_name": table or dao.table_store_table_name,
        "feature_store_view_name": table or dao.feature_store_view_name,
    }
    with under("DaoConf"):
        source = resources.sources.open(DaoConf(**where))
        key, column = conf.table_p_key, conf.embedding_column
        return source.item_rows(ItemStateDaoConf(**where, item_field_name=key, select_fields=column))


def _unit(vector: Vector) -> Vector:
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector


def _any(id: str, length: int) -> Vector:
    """A direction of its own for every id."""
    seed = zlib.crc32(id.encode("utf-8", "replace"))
    return _unit(np.random.default_rng(seed).standard_normal(length))
