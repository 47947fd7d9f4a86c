"""The training node of a vector recall, run here: its TorchEasyRec programs on our own trainer.

A model appears whole as `models/<solution>_<recall>/<ds>/`, or not at all; a run takes a minute, so one that
was killed begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow as pa

from pairec_cli.components.vector_catalog import COLUMNS, read_catalog
from pairec_cli.components.vector_prediction import Side, predict_vectors
from pairec_cli.components.vector_training import VectorResult, train_vectors
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.tables import Column
from pairec_cli.workflow.dlc_script import Command, ModelPath, model_path, table_path
from pairec_cli.workflow.ordered_rows import in_order
from pairec_cli.workflow.training_node import (
    PredictingNode,
    Told,
    begin_folder,
    read_features,
)
from pairec_cli.workflow.vector_service import ServedVectors

SAMPLER_PATH = "data_config.negative_sampler.input_path"
"""The one field that --edit_config_json may change here."""


@dataclass
class Trained:
    """What the first program made, for the others."""

    place: ModelPath
    folder: Path
    config: PipelineConfig
    features: list[ModelFeature]
    result: VectorResult


class VectorTraining(PredictingNode[ServedVectors, Trained]):
    """One run of the training node of a vector recall."""

    @property
    def target(self) -> str:
        return self.served.config.target.name

    def _train(self, command: Command) -> Trained:
        arguments = command.arguments
        place = self._place(arguments["model_dir"])
        text, features_text = self._configuration(arguments["pipeline_config_path"])
        config, features = parse(text), read_features(features_text)
        catalog = read_catalog(self._sampler(config, arguments), config, features)
        folder = self._working_folder(place)
        begin_folder(folder, text, features_text)
        rows, held_out = (self._files(arguments.get(f"{name}_input_path")) for name in ("train", "eval"))
        self.log(f"{place.name}: {len(features)} inputs, {len(catalog)} items")
        result = train_vectors(
            config,
            features,
            in_order(rows, folder, "train"),
            in_order(held_out, folder, "eval"),
            catalog,
            device=self.device,
            on_progress=Told(self.log, self.advance),
        )
        self._tell(result)
        return Trained(place, folder, config, features, result)

    def _predict(self, command: Command, trained: Trained) -> int:
        arguments = command.arguments
        path = model_path(arguments["scripted_model_path"])
        side = path.inner.rpartition("/")[2]
        if (path.name, path.ds) != (trained.place.name, trained.place.ds) or side not in ("user", "item"):
            raise InvalidInput(
                f"--scripted_model_path is no tower of the model that was trained: {path}",
                hint="write …/${bizdate}/export/user or …/export/item",
            )
        expected = f"{side}_tower_emb"
        if arguments.get("output_columns", expected) != expected:
            raise InvalidInput(f"a tower gives {expected}, not {arguments['output_columns']}")
        key = arguments.get("reserved_columns", "")
        data = trained.config.data_config
        found = predict_vectors(
            trained.result.model,
            self._files(arguments["predict_input_path"]),
            _of_side(trained.features, side),
            cast(Side, side),
            key,
            data.fg_encoded_multival_sep if data else ",",
        )
        table, days = table_path(arguments["predict_output_path"])
        columns = (Column(key, "STRING", "ID"), Column(expected, "STRING", "Numbers joined by `,`"))
        return self._write(table, days[0], found, columns, f"Vectors of model {trained.place.name}")

    # What the arguments name

    def _sampler(self, config: PipelineConfig, arguments: Mapping[str, str]) -> pa.Table:
        """The rows of the sampler's table, whose day the command line gives."""
        path = (
            config.data_config.negative_sampler.input_path
            if (config.data_config and config.data_config.negative_sampler)
            else ""
        )
        if "edit_config_json" in arguments:
            try:
                edits = json.loads(arguments["edit_config_json"])
            except ValueError as error:
                raise InvalidInput(f"--edit_config_json is no JSON: {error}") from error
            if not isinstance(edits, dict) or set(edits) - {SAMPLER_PATH}:
                raise InvalidInput(
                    f"--edit_config_json may change {SAMPLER_PATH} only",
                    hint="edit pipeline.config for the rest",
                )
            path = str(edits.get(SAMPLER_PATH, path))
        table, days = table_path(path)
        self._refuse_missing(table, days)
        return self.workspace.warehouse.read(table, days, list(COLUMNS)).sort_by("id")


def _of_side(features: list[ModelFeature], side: str) -> list[ModelFeature]:
    """Sequences are the user's."""
    return [f for f in features if (f.side == "item" and not f.sequence) == (side == "item")]
