"""Features that training blanks by chance, so that a row which lacks them later is no surprise.

Of the features with `use_mask` each is made missing in a share of the rows, on its own: `sample_mask_prob` of
the training rows, `negative_sample_mask_prob` of the sampler's (TorchEasyRec, data.proto and feature.proto).
Equal shares tell nothing of which item was taken.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.domain.model_features import MISSING
from pairec_cli.domain.pipeline_config import PipelineConfig
from pairec_cli.domain.pipeline_config.feature_configs import SequenceFeature


@dataclass(frozen=True)
class SampleMasks:
    """Which features are blanked, and how often in rows and in negatives. Fields of sequences are not."""

    names: frozenset[str]
    rows: float
    negatives: float

    @classmethod
    def of(cls, config: PipelineConfig) -> SampleMasks:
        data = config.data_config
        features = [one.feature for one in config.feature_configs]
        names = {
            f.feature_name
            for f in features
            if f and not isinstance(f, SequenceFeature) and getattr(f, "use_mask", None)
        }
        if data is None:
            return cls(frozenset(), 0.0, 0.0)
        return cls(frozenset(names), data.sample_mask_prob, data.negative_sample_mask_prob)


def masked(batch: Batch, names: Collection[str], rate: float) -> Batch:
    """The batch with ids and tags of these names missing in a share `rate` of its rows, drawn from torch's
    random state for each feature."""
    if rate <= 0 or not names:
        return batch
    ids = batch.ids.clone()
    for place, name in enumerate(batch.id_names):
        if name in names:
            ids[_drawn(len(batch), rate, ids), place] = MISSING
    lists = {
        name: _without(one, _drawn(len(batch), rate, ids)) if name in names else one
        for name, one in batch.lists.items()
    }
    return replace(batch, ids=ids, lists=lists)


def _drawn(rows: int, rate: float, like: Tensor) -> Tensor:
    """bool (rows,)."""
    return (torch.rand(rows) < rate).to(like.device)


def _without(lists: Ragged, rows: Tensor) -> Ragged:
    """Those rows hold MISSING alone, as a row without a value does."""
    sizes = lists.offsets.diff()
    of_row = torch.repeat_interleave(rows, sizes)
    first = torch.zeros_like(of_row)
    first[lists.offsets[:-1][sizes > 0]] = True
    values = torch.where(of_row, MISSING, lists.values)[~of_row | first]
    sizes = torch.where(rows, sizes.clamp(max=1), sizes)
    return Ragged(values, torch.cat([sizes.new_zeros(1), sizes.cumsum(0)]))
