"""What a model with two towers serves with, made from the rows that it was trained on.

export/user/            the user tower, its vocabularies, the items as entries of a history
export/items.vectors    the items' vectors
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.match_model import MatchModel
from pairec_cli.components.tower_export import export_user_tower
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.vector_search import refuse_separators, vectors
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig
from pairec_cli.online.histories import write_entries
from pairec_cli.online.model_description import SEQUENCE, ModelDescription
from pairec_cli.online.snapshot_writing import write_snapshot
from pairec_cli.online.user_towers import EXPORT, ITEMS, TOWER
from pairec_cli.online.vectors import Published, Vectors

_COMPARED_ROWS = 256


@dataclass(frozen=True)
class TowerFolder:
    """The folder of one model of one day, in the making."""

    folder: Path
    model_name: str
    ds: str
    item_id: str
    """The items' id column, which is also the name of their vocabulary."""

    def write_tower(
        self,
        model: MatchModel,
        config: PipelineConfig,
        features: Sequence[ModelFeature],
        vocabularies: Mapping[str, Sequence[str]],
        rows: Sequence[Path],
    ) -> None:
        """The user tower, compared with the model on some of the encoded `rows`. Raises as the export."""
        tower = self.folder / EXPORT / TOWER
        tower.mkdir(parents=True)
        separator = config.data_config.fg_encoded_multival_sep if config.data_config else ","
        batches = TrainingData.open(rows[:1], RowForm(tuple(features), separator=separator))
        export_user_tower(
            model,
            config,
            features,
            vocabularies,
            tower,
            model_name=self.model_name,
            ds=self.ds,
            sample=next(islice(batches.batches(_COMPARED_ROWS), 1)),
        )

    def write_entries(self, features: Sequence[ModelFeature], rows: Sequence[Path]) -> None:
        """The encoded items of `rows` as entries of a history. Raises DataError for an item that comes
        twice."""
        tower = self.folder / EXPORT / TOWER
        description = ModelDescription.read(tower)
        fields = [description.features[name] for name in description.named(SEQUENCE)]
        of_item = {
            f.vocabulary: f.name
            for f in features
            if f.side == "item" and f.form is Form.ID and not f.sequence
        }
        names = [of_item[field.vocabulary] for field in fields]
        key = f"__{self.item_id}__"
        table = pa.concat_tables(
            pq.read_table(path, columns=list(dict.fromkeys([key, *names])), partitioning=None)
            for path in rows
        )
        ids = table[key].cast(pa.string()).to_pylist()
        write_snapshot(description, ids, _no_column, tower / ITEMS)
        if fields:
            columns = [table[name].to_numpy() for name in names]
            write_entries(tower / ITEMS, fields, columns, self.item_id)

    def write_index(self, ids: Sequence[str], texts: pa.ChunkedArray, graph_from: int) -> Published:
        """The items' vectors, given as texts `0.1,2,…`; from `graph_from` items on with a graph. Raises
        DataError for texts that are none, and for ids that a history cannot hold."""
        refuse_separators(pa.array(ids, pa.string()))
        matrix, _ = vectors(texts.combine_chunks())
        return Vectors(self.folder / EXPORT).publish(ITEMS, ids, matrix, graph_from=graph_from)


def _no_column(name: str) -> Sequence[object]:
    raise KeyError(name)
