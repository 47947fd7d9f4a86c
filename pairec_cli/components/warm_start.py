"""Training that begins with an earlier model: rows go with their values, not with their ids.

Vocabularies are counted anew each day, so that a value's id moves. A row of an embedding table is carried to
wherever its value stands now; so is its Adagrad accumulator, or known values would learn at the rate of new
ones. Rows 0 and 1 (missing, out of vocabulary) stay; values that are new keep their fresh rows. Tables of
features without a vocabulary (bins, whole numbers) are carried when their ids mean the same. Other weights
are carried where name and shape agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pairec_cli.components.checkpoints import load
from pairec_cli.components.optimizers import RowOptimizer
from pairec_cli.components.ranking_model import RankingModel
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.domain.model_features import FIRST_KNOWN, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse

CHECKPOINT = Path("checkpoint", "best.npz")
HINT = "train without an earlier model"
TABLES = "groups.tables."
"""Where the weights of a model hold its embedding tables."""
CONFIG, FEATURES, DESCRIPTION = "pipeline.config", "features.json", "model.json"


@dataclass(frozen=True)
class Beginning:
    """The folder of the earlier model, its vocabularies and those of the model to be trained."""

    folder: Path
    before: Mapping[str, Sequence[str]]
    now: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, folder: Path, now: Mapping[str, Sequence[str]]) -> Beginning:
        """With the vocabularies that the folder's `model.json` names. Raises DataError if there are none."""
        try:
            paths: dict[str, str] = json.loads((folder / DESCRIPTION).read_text("utf-8"))["vocabularies"]
            before = {name: json.loads((folder / path).read_text("utf-8")) for name, path in paths.items()}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder} holds no model to begin with: {error}", hint=HINT) from error
        return cls(folder, before, now)


@dataclass(frozen=True)
class Earlier:
    """A trained model as it lies in its folder."""

    config: PipelineConfig
    features: Sequence[ModelFeature]
    model: RankingModel
    accumulators: Mapping[str, Tensor]

    @classmethod
    def read(cls, folder: Path) -> Earlier:
        """Raises DataError for a folder that holds no model, or a damaged one."""
        checkpoint = load(folder / CHECKPOINT)
        try:
            config = parse((folder / CONFIG).read_text("utf-8"))
            bodies = json.loads((folder / FEATURES).read_text("utf-8"))
            features = [ModelFeature.from_dict(body) for body in bodies]
            model = ranking_model(config)
            model.load_state_dict(checkpoint.under("model"))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, PairecError) as error:
            raise DataError(f"{folder} holds no model to begin with: {error}", hint=HINT) from error
        return cls(config, features, model, checkpoint.under("rows"))


def begin_with(
    beginning: Beginning, model: RankingModel, rows: RowOptimizer, features: Sequence[ModelFeature]
) -> list[str]:
    """Carries what fits into `model` and `rows`; returns sentences about what did not.

    Raises DataError for a folder that holds no model, or a damaged one.
    """
    earlier = Earlier.read(beginning.folder)
    with torch.no_grad():
        fresh = [
            f"embedding {name} begins anew"
            for name in model.embeddings.tables
            if not _carry_table(name, beginning, earlier, model, rows, features)
        ]
        weights = dict(earlier.model.state_dict())
        for name, weight in model.state_dict().items():
            if name.startswith(TABLES):
                continue
            if name in weights and weights[name].shape == weight.shape:
                weight.copy_(weights[name])
            else:
                fresh.append(f"weight {name} begins anew")
    return fresh


def _carry_table(
    name: str,
    beginning: Beginning,
    earlier: Earlier,
    model: RankingModel,
    rows: RowOptimizer,
    features: Sequence[ModelFeature],
) -> bool:
    """Whether the earlier model had the table, in the same width and with ids that can be told apart."""
    new, old = feature_of(name, model, features), feature_of(name, earlier.model, earlier.features)
    if new is None or old is None:
        return False
    places, before = model.embeddings.places[name], earlier.model.embeddings.places[name]
    moved = shared_rows(new, old, beginning)
    if moved is None or places.width != before.width:
        return False
    inside = (moved[0] < places.rows) & (moved[1] < before.rows)
    here, there = moved[0][inside] + places.first, moved[1][inside] + before.first
    matrix = str(places.width)
    target = model.embeddings.matrix(places.width)
    target[here] = earlier.model.embeddings.matrix(before.width)[there].to(target.device)
    sums, known = rows.accumulators[matrix], earlier.accumulators.get(matrix)
    if known is not None and known.shape[1:] == sums.shape[1:] and len(known) > int(there.max(initial=-1)):
        sums[here] = known[there].to(sums.device)
    return True


def feature_of(table: str, model: RankingModel, features: Sequence[ModelFeature]) -> ModelFeature | None:
    """The feature whose ids the rows are; a table of a group's own is named as the shared one, and more."""
    if table not in model.embeddings.tables:
        return None
    names: dict[str, ModelFeature] = {}
    for feature in features:
        if (entry := model.groups.inputs.get(feature.name)) and entry.table:
            names.setdefault(entry.table.name, feature)
    found = max((name for name in names if table.startswith(name)), key=len, default=None)
    return None if found is None else names[found]


def shared_rows(
    new: ModelFeature, old: ModelFeature, beginning: Beginning
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    """Ids now and ids before of the same values; None where ids do not mean the same."""
    if not new.vocabulary:
        same = (new.form, new.boundaries, new.num_buckets) == (old.form, old.boundaries, old.num_buckets)
        return (np.arange(new.num_buckets), np.arange(new.num_buckets)) if same else None
    if old.vocabulary not in beginning.before or new.vocabulary not in beginning.now:
        return None
    place = {value: number for number, value in enumerate(beginning.before[old.vocabulary], FIRST_KNOWN)}
    values = enumerate(beginning.now[new.vocabulary], FIRST_KNOWN)
    pairs = [(number, number) for number in range(FIRST_KNOWN)]
    pairs += [(number, place[value]) for number, value in values if value in place]
    here, there = np.array(pairs, np.int64).T
    return here, there
