"""The items that a model with two towers chooses from: TorchEasyRec's sampler table, read.

id BIGINT          the item, as the feature `item_id_field` holds it
weight DOUBLE      how often it is drawn as a negative
attrs STRING       its encoded features in the order of `attr_fields`, joined by `attr_delimiter`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairec_cli.components.batch import Batch
from pairec_cli.components.encoded_rows import RowForm, Rows, decode
from pairec_cli.domain.errors import DataError, InvalidInput
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config.data import NegativeSampler
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

COLUMNS = ("id", "weight", "attrs")
MULTIVALUE = "\x1d"
"""Between the ids of a tag inside attrs."""


@dataclass(frozen=True, eq=False)
class Catalog:
    """N items: their encoded features, and the share of each among the negatives."""

    rows: Rows
    chances: npt.NDArray[np.float64]
    draws: int
    """Negatives of one batch."""

    def __len__(self) -> int:
        return len(self.rows)

    def all(self) -> Batch:
        """Every item, in the table's order."""
        return self.rows.batch(np.arange(len(self)))

    def drawn(self, random: np.random.Generator) -> Batch:
        """`draws` different items by chance, or all where there are no more."""
        possible = int(np.count_nonzero(self.chances))
        if self.draws >= possible:
            return self.rows.batch(np.flatnonzero(self.chances))
        if possible == len(self) and np.ptp(self.chances) == 0:
            return self.rows.batch(random.choice(len(self), self.draws, replace=False))
        return self.rows.batch(random.choice(len(self), self.draws, replace=False, p=self.chances))


def sampler_of(config: PipelineConfig) -> NegativeSampler:
    """Raises InvalidInput for a config without one."""
    found = config.data_config.negative_sampler if config.data_config else None
    if found is None:
        raise InvalidInput(
            "pipeline.config has no data_config.negative_sampler",
            hint="other samplers are not known to the local trainer",
        )
    return found


def read_catalog(table: pa.Table, config: PipelineConfig, features: Sequence[ModelFeature]) -> Catalog:
    """The items of a sampler table. Raises DataError for rows that are none, InvalidInput for the config."""
    sampler = sampler_of(config)
    by_name = {feature.name: feature for feature in features}
    if missing := [name for name in sampler.attr_fields if name not in by_name]:
        raise InvalidInput(f"negative_sampler.attr_fields names {missing[0]!r}, which features.json lacks")
    form = RowForm(tuple(by_name[name] for name in sampler.attr_fields), separator=MULTIVALUE)
    if not table.num_rows:
        raise DataError("there are no items to choose from", hint="nobody met an item in the training days")
    rows = decode(_columns(table["attrs"], sampler, form), form)
    weight = np.asarray(table["weight"].to_numpy(), np.float64)
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise DataError("weights of the sampler's items must be numbers, none below 0 and not all 0")
    return Catalog(rows, weight / weight.sum(), sampler.num_sample)


def _columns(attrs: pa.ChunkedArray, sampler: NegativeSampler, form: RowForm) -> pa.RecordBatch:
    """attrs as one column per field. Raises DataError for a row with another number of them."""
    parts = pc.split_pattern(attrs.combine_chunks(), sampler.attr_delimiter)
    wrong = pc.not_equal(pc.list_value_length(parts), len(sampler.attr_fields))
    if bad := pc.sum(wrong).as_py():
        raise DataError(f"{bad} items have another number of attrs than negative_sampler.attr_fields has")
    columns: dict[str, Any] = {}
    for place, feature in enumerate(form.features):
        text = pc.list_element(parts, place)
        kind = pa.string() if feature.form is Form.TAG else pa.float64() if feature.is_dense else pa.int64()
        try:
            columns[feature.name] = text.cast(kind)
        except pa.ArrowInvalid as error:
            raise DataError(f"attrs hold no number for {feature.name}: {error}") from error
    return pa.record_batch(columns)
