"""The training node of a recall with a model over triggers and items, run here: its programs on our trainers.

A model appears whole as `models/<solution>_<recall>/<ds>/`, or not at all.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.tables import Column
from pairec_cli.recall.item_model import LABEL
from pairec_cli.workflow.dlc_script import Command, ModelPath, model_path, table_path
from pairec_cli.workflow.recall_models import RecallModel
from pairec_cli.workflow.training_node import (
    PredictingNode,
    Result,
    Told,
    begin_folder,
    read_features,
)


class ModelResult(Result, Protocol):
    """How a training went, with the model that came of it."""

    @property
    def model(self) -> Any: ...


@dataclass
class Trained:
    """What the first program made, for the others."""

    place: ModelPath
    folder: Path
    config: PipelineConfig
    features: list[ModelFeature]
    result: ModelResult

    @property
    def separator(self) -> str:
        """Between the ids of a tag."""
        return self.config.data_config.fg_encoded_multival_sep if self.config.data_config else ","


@dataclass(frozen=True)
class TrainingRows:
    """Files of encoded rows."""

    train: list[Path]
    held_out: list[Path]
    first: list[Path]
    """What the first program that predicts reads."""
    key: str
    """Its column of ids."""


class RecallTraining(PredictingNode[RecallModel, Trained]):
    """One run of a training node. A kind of model gives `train` and `predict`."""

    @abstractmethod
    def train(
        self, config: PipelineConfig, features: list[ModelFeature], rows: TrainingRows, folder: Path
    ) -> ModelResult:
        """The trained model."""

    @abstractmethod
    def predict(self, part: str, files: list[Path], key: str, trained: Trained) -> pa.Table:
        """What the part of the model that an export is named after tells of rows: columns `key`, output."""

    @property
    def target(self) -> str:
        return LABEL

    def _train(self, command: Command) -> Trained:
        arguments = command.arguments
        place = self._place(arguments["model_dir"])
        text, features_text = self._configuration(arguments["pipeline_config_path"])
        config, features = parse(text), read_features(features_text)
        folder = self._working_folder(place)
        begin_folder(folder, text, features_text)
        train, held_out = (self._files(arguments.get(f"{name}_input_path")) for name in ("train", "eval"))
        self.log(f"{place.name}: {len(features)} inputs")
        result = self.train(config, features, TrainingRows(train, held_out, *self._items()), folder)
        self._tell(result)
        return Trained(place, folder, config, features, result)

    def _items(self) -> tuple[list[Path], str]:
        """The rows of the first program that predicts, and the column of their ids."""
        for command in self._commands():
            if command.program == "tzrec.predict":
                files = self._files(command.arguments["predict_input_path"])
                return files, command.arguments.get("reserved_columns", "")
        return [], ""

    def _predict(self, command: Command, trained: Trained) -> int:
        arguments = command.arguments
        path = model_path(arguments["scripted_model_path"])
        export, _, part = path.inner.rpartition("/")
        if (path.name, path.ds, export) != (trained.place.name, trained.place.ds, "export"):
            raise InvalidInput(
                f"--scripted_model_path is no part of the model that was trained: {path}",
                hint="write …/${bizdate}/export/<part>",
            )
        key = arguments.get("reserved_columns", "")
        found = self.predict(part, self._files(arguments["predict_input_path"]), key, trained)
        output = found.column_names[-1]
        if arguments.get("output_columns", output) != output:
            raise InvalidInput(f"{part} of the model gives {output}, not {arguments['output_columns']}")
        table, days = table_path(arguments["predict_output_path"])
        columns = tuple(Column(name, "STRING", name.strip("_")) for name in found.column_names)
        return self._write(table, days[0], found, columns, f"Predictions of model {trained.place.name}")

    def told(self) -> Told:
        """What is told of a training's progress."""
        return Told(self.log, self.advance)
