"""The training node of a recall with a model over triggers and items, run here: its programs on our trainers.

A model appears whole as `models/<solution>_<recall>/<ds>/`, or not at all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from pairec_cli.components.training_report import Epoch
from pairec_cli.components.training_run import FOLDER
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, PairecError, SqlError
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.package import Node
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.recall.item_model import LABEL
from pairec_cli.workflow.archive import MODELS_FOLDER
from pairec_cli.workflow.dlc import (
    CONFIG_FILE,
    FEATURES_FILE,
    METRIC_COLUMNS,
    METRICS_FILE,
    Advance,
    Log,
    Told,
    read_features,
)
from pairec_cli.workflow.dlc_script import Command, ModelPath, model_path, read_commands, table_path
from pairec_cli.workflow.recall_models import RecallModel
from pairec_cli.workflow.workspace import Workspace


class Result(Protocol):
    """How a training went."""

    @property
    def model(self) -> Any: ...
    @property
    def epochs(self) -> Sequence[Epoch]: ...
    @property
    def best_epoch(self) -> int: ...
    @property
    def stopped_early(self) -> bool: ...
    @property
    def notes(self) -> Sequence[str]: ...


@dataclass
class Trained:
    """What the first program made, for the others."""

    place: ModelPath
    folder: Path
    config: PipelineConfig
    features: list[ModelFeature]
    result: Result

    @property
    def separator(self) -> str:
        """Between the ids of a tag."""
        return self.config.data_config.fg_encoded_multival_sep if self.config.data_config else ","


@dataclass(frozen=True)
class RecallTraining:
    """One run of a training node. What it writes carries `fingerprint`. A kind of model gives `train` and
    `predict`."""

    workspace: Workspace
    recall: RecallModel
    node: Node
    ds: str
    parameters: Mapping[str, str]
    fingerprint: str
    log: Log
    device: str = "auto"
    advance: Advance | None = None

    def train(
        self, config: PipelineConfig, features: list[ModelFeature], rows: TrainingRows, folder: Path
    ) -> Result:
        """The trained model."""
        raise NotImplementedError

    def predict(self, part: str, files: list[Path], key: str, trained: Trained) -> pa.Table:
        """What the part of the model that an export is named after tells of rows: columns `key`, output."""
        raise NotImplementedError

    def run(self) -> int:
        """Train, write what the model predicts, put its folder in place; returns the number of rows written.

        Raises SqlError for the script, and PairecError with the line of the program that failed.
        """
        trained: Trained | None = None
        rows = 0
        for command in self._commands():
            try:
                if command.program == "tzrec.train_eval":
                    trained = self._train(command)
                elif trained is None:
                    raise InvalidInput(f"there is nothing for {command.program} before training")
                elif command.program == "tzrec.predict":
                    rows += self._predict(command, trained)
            except PairecError as error:
                error.message = f"line {command.line}, {command.program}: {error.message}"
                raise
        if trained is None:
            raise SqlError("the script trains nothing", hint="torchrun … -m tzrec.train_eval …")
        self._keep(trained)
        return rows + self._write_metrics(trained.result)

    def _commands(self) -> list[Command]:
        return read_commands(self.node.script, self.parameters)

    def _train(self, command: Command) -> Trained:
        arguments = command.arguments
        place = self._place(arguments["model_dir"])
        text, features_text = self._configuration(arguments["pipeline_config_path"])
        config, features = parse(text), read_features(features_text)
        folder = self.workspace.models / place.name / f".{place.ds}-{self.fingerprint[:16]}"
        for other in folder.parent.glob(f".{place.ds}-*"):
            if other != folder:
                shutil.rmtree(other)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG_FILE).write_text(text, "utf-8")
        (folder / FEATURES_FILE).write_text(features_text, "utf-8")
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

    # What the arguments name

    def _place(self, path: str) -> ModelPath:
        place = model_path(path)
        if place.inner or place.name != self.recall.name:
            raise InvalidInput(
                f"--model_dir {path} is not the place of model {self.recall.name}",
                hint=f"write oss://bucket/models/{self.recall.name}/${{bizdate}}",
            )
        return place

    def _configuration(self, path: str) -> Iterator[str]:
        """The texts of pipeline.config and of features.json beside it, as they are deployed."""
        folder, _, name = path.rpartition("/")
        model = folder.rpartition("/models/")[2]
        for file in (name, FEATURES_FILE):
            found = self.node.resources.get(f"{MODELS_FOLDER}/{model}/{file}")
            if found is None:
                known = [one.removeprefix(f"{MODELS_FOLDER}/") for one in self.node.resources]
                raise NotFound("deployed file", f"{model}/{file}", known, hint="pairec deploy run")
            yield found

    def _files(self, path: str | None) -> list[Path]:
        """The files of the partitions that an argument names."""
        if path is None:
            return []
        table, days = table_path(path)
        known = self.workspace.warehouse.partitions(table)
        if missing := [ds for ds in days if ds not in known]:
            raise DataError(f"{table} has no partition ds={missing[0]}", hint="pairec backfill plan")
        return self.workspace.warehouse.files(table, days)

    # What comes out

    def told(self) -> Told:
        """What is told of a training's progress."""
        return Told(self.log, self.advance)

    def _tell(self, result: Result) -> None:
        for note in result.notes:
            self.log(note)
        for epoch in result.epochs:
            figures = ", ".join(f"{one.metric} {one.value:.4f}" for one in epoch.metrics)
            best = " (best)" if epoch.number == result.best_epoch else ""
            speed = f"{epoch.samples_per_s:,.0f} samples/s"
            self.log(f"epoch {epoch.number}{best}: loss {epoch.loss:.4f}, {speed}; {figures}")

    def _keep(self, trained: Trained) -> None:
        """The model's folder, whole, in the place of the day's earlier one."""
        result, final = trained.result, self.workspace.models / trained.place.name / trained.place.ds
        body = {
            "model": trained.place.name,
            "ds": self.ds,
            "best_epoch": result.best_epoch,
            "stopped_early": result.stopped_early,
            "notes": list(result.notes),
            "epochs": [asdict(epoch) for epoch in result.epochs],
        }
        text = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
        (trained.folder / METRICS_FILE).write_text(text, "utf-8")
        shutil.rmtree(trained.folder / FOLDER, ignore_errors=True)
        old = final.with_name(f".{final.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if final.exists():
            final.rename(old)
        trained.folder.rename(final)
        shutil.rmtree(old, ignore_errors=True)

    def _write_metrics(self, result: Result) -> int:
        rows = [
            {"epoch": epoch.number, **asdict(replace(metric, target=LABEL))}
            for epoch in result.epochs
            for metric in epoch.metrics
        ]
        types = {"BIGINT": pa.int64(), "STRING": pa.string(), "DOUBLE": pa.float64()}
        data = pa.table(
            {
                column.name: pa.array([row[column.name] for row in rows], types[column.type])
                for column in METRIC_COLUMNS
            }
        )
        table = TableName.parse(self.node.outputs[0], self.recall.project)
        return self._write(table, self.ds, data, METRIC_COLUMNS, f"Metrics of model {self.recall.name}")

    def _write(
        self, table: TableName, ds: str, data: pa.Table, columns: tuple[Column, ...], comment: str
    ) -> int:
        warehouse = self.workspace.warehouse
        if warehouse.ledger.schema(table) is None:
            warehouse.create_table(TableSchema(table, columns, "ds", comment))
        return warehouse.write(table, ds, data, fingerprint=self.fingerprint).rows


@dataclass(frozen=True)
class TrainingRows:
    """Files of encoded rows."""

    train: list[Path]
    held_out: list[Path]
    first: list[Path]
    """What the first program that predicts reads."""
    key: str
    """Its column of ids."""
