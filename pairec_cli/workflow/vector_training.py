"""The training node of a vector recall, run here: its TorchEasyRec programs on our own trainer.

A model appears whole as `models/<solution>_<recall>/<ds>/`, or not at all; a run takes a minute, so one that
was killed begins anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import pyarrow as pa

from pairec_cli.components.vector_catalog import COLUMNS, read_catalog
from pairec_cli.components.vector_prediction import Side, predict_vectors
from pairec_cli.components.vector_training import VectorResult, train_vectors
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, PairecError, SqlError
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.package import Node
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.tables import Column, TableName, TableSchema
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
from pairec_cli.workflow.vector_service import ServedVectors
from pairec_cli.workflow.workspace import Workspace

SAMPLER_PATH = "data_config.negative_sampler.input_path"
"""The one field that --edit_config_json may change here."""


@dataclass
class _Trained:
    """What the first program made, for the others."""

    place: ModelPath
    folder: Path
    config: PipelineConfig
    features: list[ModelFeature]
    result: VectorResult


@dataclass(frozen=True)
class VectorTraining:
    """One run of a training node. What it writes carries `fingerprint`."""

    workspace: Workspace
    recall: ServedVectors
    node: Node
    ds: str
    parameters: Mapping[str, str]
    fingerprint: str
    log: Log
    device: str = "auto"
    advance: Advance | None = None

    def run(self) -> int:
        """Train, write the vectors, put the model's folder in place; returns the number of rows written.

        Raises SqlError for the script, and PairecError with the line of the program that failed.
        """
        trained: _Trained | None = None
        rows = 0
        for command in read_commands(self.node.script, self.parameters):
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

    def _train(self, command: Command) -> _Trained:
        arguments = command.arguments
        place = self._place(arguments["model_dir"])
        text, features_text = self._configuration(arguments["pipeline_config_path"])
        config, features = parse(text), read_features(features_text)
        catalog = read_catalog(self._sampler(config, arguments), config, features)
        folder = self.workspace.models / place.name / f".{place.ds}-{self.fingerprint[:16]}"
        for other in folder.parent.glob(f".{place.ds}-*"):
            shutil.rmtree(other)
        folder.mkdir(parents=True)
        (folder / CONFIG_FILE).write_text(text, "utf-8")
        (folder / FEATURES_FILE).write_text(features_text, "utf-8")
        rows, held_out = (self._files(arguments.get(f"{name}_input_path")) for name in ("train", "eval"))
        self.log(f"{place.name}: {len(features)} inputs, {len(catalog)} items")
        result = train_vectors(
            config,
            features,
            rows,
            held_out,
            catalog,
            device=self.device,
            on_progress=Told(self.log, self.advance),
        )
        self._tell(result)
        return _Trained(place, folder, config, features, result)

    def _predict(self, command: Command, trained: _Trained) -> int:
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

    def _place(self, path: str) -> ModelPath:
        place = model_path(path)
        if place.inner or place.name != self.recall.name:
            raise InvalidInput(
                f"--model_dir {path} is not the place of model {self.recall.name}",
                hint=f"write oss://bucket/models/{self.recall.name}/${{bizdate}}",
            )
        return place

    def _configuration(self, path: str) -> tuple[str, str]:
        """The texts of pipeline.config and of features.json beside it, as they are deployed."""
        folder, _, name = path.rpartition("/")
        model = folder.rpartition("/models/")[2]
        texts = []
        for file in (name, FEATURES_FILE):
            found = self.node.resources.get(f"{MODELS_FOLDER}/{model}/{file}")
            if found is None:
                known = [one.removeprefix(f"{MODELS_FOLDER}/") for one in self.node.resources]
                raise NotFound("deployed file", f"{model}/{file}", known, hint="pairec deploy run")
            texts.append(found)
        return texts[0], texts[1]

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
        return self.workspace.warehouse.read(table, days, list(COLUMNS))

    def _files(self, path: str | None) -> list[Path]:
        """The files of the partitions that an argument names."""
        if path is None:
            return []
        table, days = table_path(path)
        self._refuse_missing(table, days)
        return self.workspace.warehouse.files(table, days)

    def _refuse_missing(self, table: TableName, days: list[str]) -> None:
        known = self.workspace.warehouse.partitions(table)
        if missing := [ds for ds in days if ds not in known]:
            raise DataError(f"{table} has no partition ds={missing[0]}", hint="pairec backfill plan")

    # What comes out

    def _tell(self, result: VectorResult) -> None:
        for note in result.notes:
            self.log(note)
        for epoch in result.epochs:
            figures = ", ".join(f"{one.metric} {one.value:.4f}" for one in epoch.metrics)
            best = " (best)" if epoch.number == result.best_epoch else ""
            speed = f"{epoch.samples_per_s:,.0f} samples/s"
            self.log(f"epoch {epoch.number}{best}: loss {epoch.loss:.4f}, {speed}; {figures}")

    def _keep(self, trained: _Trained) -> None:
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
        old = final.with_name(f".{final.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if final.exists():
            final.rename(old)
        trained.folder.rename(final)
        shutil.rmtree(old, ignore_errors=True)

    def _write_metrics(self, result: VectorResult) -> int:
        rows = [
            {"epoch": epoch.number, **asdict(replace(metric, target=self.recall.config.target.name))}
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


def _of_side(features: list[ModelFeature], side: str) -> list[ModelFeature]:
    """Sequences are the user's."""
    return [f for f in features if (f.side == "item" and not f.sequence) == (side == "item")]
