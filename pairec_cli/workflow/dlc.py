"""Training nodes, run here: the TorchEasyRec programs of a node's script on our own trainer.

A model appears whole as `models/<model>/<ds>/`, or not at all. While it is trained it stands beside that,
under a name that tells what it is made from: a run that was killed goes on there, any other begins anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.onnx_export import export
from pairec_cli.components.trainer import train
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.training_report import Progress, TrainingResult
from pairec_cli.components.warm_start import Beginning
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, PairecError, SqlError
from pairec_cli.domain.model_features import FIRST_KNOWN, ModelFeature
from pairec_cli.domain.package import Node
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.workflow.archive import MODELS_FOLDER
from pairec_cli.workflow.dlc_script import Command, ModelPath, model_path, read_commands, table_path
from pairec_cli.workflow.ranking_service import ServedRanking, put_in_place
from pairec_cli.workflow.workspace import Workspace

CONFIG_FILE, FEATURES_FILE, METRICS_FILE = "pipeline.config", "features.json", "metrics.json"
METRIC_COLUMNS = (
    Column("epoch", "BIGINT", "Epoch, from 1"),
    Column("target", "STRING", "Target"),
    Column("metric", "STRING", "Metric of the held-out rows"),
    Column("value", "DOUBLE", "Value"),
)
_COMPARED_ROWS = 256
Log = Callable[[str], None]
Advance = Callable[[float, str], None]
"""Told the share of the work that is done, and how it goes."""

THREADS = 1
"""Of PyTorch. The layers are small: a second thread gains a third on an idle machine, and on a busy one the
two wait for each other ten times as long as they work."""


@dataclass
class _Trained:
    """What the first program made, for the second."""

    place: ModelPath
    folder: Path
    config: PipelineConfig
    features: Sequence[ModelFeature]
    vocabularies: Mapping[str, Sequence[str]]
    rows: Sequence[Path]
    result: TrainingResult
    exported: bool = False


@dataclass(frozen=True)
class Training:
    """One run of a training node of a deployed ranking. What it writes carries `fingerprint`."""

    workspace: Workspace
    ranking: ServedRanking
    node: Node
    ds: str
    parameters: Mapping[str, str]
    fingerprint: str
    log: Log
    device: str = "auto"
    advance: Advance | None = None

    def run(self) -> int:
        """Train, export, put the model's folder in place; returns the number of metrics written.

        Raises SqlError for the script, and PairecError with the line of the program that failed.
        """
        trained: _Trained | None = None
        for command in read_commands(self.node.script, self.parameters):
            try:
                if command.program == "tzrec.train_eval":
                    trained = self._train(command)
                elif trained is None:
                    raise InvalidInput("there is nothing to export before training")
                else:
                    self._export(command, trained)
            except PairecError as error:
                error.message = f"line {command.line}, {command.program}: {error.message}"
                raise
        if trained is None or not trained.exported:
            raise SqlError("the script exports no model", hint="add torchrun … -m tzrec.export …")
        _write_report(trained, self.ds)
        put_in_place(self.workspace, self.ranking, trained.place.ds, trained.folder)
        return self._write_metrics(trained.result)

    def _train(self, command: Command) -> _Trained:
        arguments = command.arguments
        place = self._place(arguments["model_dir"])
        text, features_text = self._configuration(arguments["pipeline_config_path"])
        config, features = parse(text), read_features(features_text)
        rows, held_out = (self._files(arguments.get(f"{name}_input_path")) for name in ("train", "eval"))
        vocabularies = self._vocabularies()
        folder = self._working_folder(place)
        (folder / CONFIG_FILE).write_text(text, "utf-8")
        (folder / FEATURES_FILE).write_text(features_text, "utf-8")
        known = sum(map(len, vocabularies.values()))
        self.log(f"{place.name}: {len(features)} inputs, {known} known values, {len(rows)} files")
        result = train(
            config,
            features,
            rows,
            held_out,
            folder,
            device=self.device,
            threads=THREADS,
            on_progress=Told(self.log, self.advance),
            beginning=self._beginning(arguments.get("fine_tune_checkpoint"), vocabularies),
        )
        self._tell(result)
        return _Trained(place, folder, config, features, vocabularies, held_out or rows, result)

    def _export(self, command: Command, trained: _Trained) -> None:
        for name in ("pipeline_config_path", "export_dir"):
            path = model_path(command.arguments[name])
            if (path.name, path.ds) != (trained.place.name, trained.place.ds):
                raise InvalidInput(
                    f"--{name} is of another model than was trained: {command.arguments[name]}"
                )
        separator = trained.config.data_config.fg_encoded_multival_sep if trained.config.data_config else ","
        form = RowForm(tuple(trained.features), separator=separator)
        batches = TrainingData.open(trained.rows[:1], form).batches(_COMPARED_ROWS)
        export(
            trained.result.model,
            trained.config,
            trained.features,
            trained.vocabularies,
            trained.folder,
            model_name=trained.place.name,
            ds=trained.place.ds,
            sample=next(islice(batches, 1)),
        )
        trained.exported = True
        self.log("exported: ONNX and PyTorch agree on real rows")

    # What the arguments name

    def _place(self, path: str) -> ModelPath:
        place = model_path(path)
        if place.inner or place.name != self.ranking.name:
            raise InvalidInput(
                f"--model_dir {path} is not the place of model {self.ranking.name}",
                hint=f"write oss://bucket/models/{self.ranking.name}/${{bizdate}}",
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

    def _files(self, path: str | None) -> list[Path]:
        """The files of the partitions that an argument names."""
        if path is None:
            return []
        table, days = table_path(path)
        known = self.workspace.warehouse.ledger.partitions(table)
        if missing := [ds for ds in days if ds not in known]:
            raise DataError(f"{table} has no partition ds={missing[0]}", hint="pairec backfill plan")
        return self.workspace.warehouse.files(table, days)

    def _vocabularies(self) -> dict[str, list[str]]:
        """Vocabulary → its values in the order of their ids."""
        table = self.ranking.vocabulary
        rows = self.workspace.warehouse.read(table, [self.ds], ["vocabulary", "value", "id"])
        found: dict[str, list[str]] = {}
        ordered = rows.sort_by([("vocabulary", "ascending"), ("id", "ascending")])
        for row in ordered.to_pylist():
            values = found.setdefault(row["vocabulary"], [])
            if row["id"] != len(values) + FIRST_KNOWN:
                raise DataError(f"{table}: ids of {row['vocabulary']} do not count from {FIRST_KNOWN} on")
            values.append(row["value"])
        return found

    def _beginning(self, path: str | None, now: Mapping[str, Sequence[str]]) -> Beginning | None:
        if path is None:
            return None
        place = model_path(path)
        folder = self.workspace.models / place.name / place.ds
        if not folder.is_dir():
            self.log(f"there is no model of {place.ds} to go on from: training begins anew")
            return None
        self.log(f"begins with the model of {place.ds}")
        return Beginning.of(folder, now)

    def _working_folder(self, place: ModelPath) -> Path:
        """Where this very training stands, or stood when it was killed."""
        folder = self.workspace.models / place.name / f".{place.ds}-{self.fingerprint[:16]}"
        for other in folder.parent.glob(f".{place.ds}-*"):
            if other != folder:
                shutil.rmtree(other)
        if folder.is_dir():
            self.log("goes on with a training that was interrupted")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # What comes out

    def _tell(self, result: TrainingResult) -> None:
        for note in result.notes:
            self.log(note)
        for epoch in result.epochs:
            figures = ", ".join(f"{one.target} {one.metric} {one.value:.4f}" for one in epoch.metrics)
            best = " (best)" if epoch.number == result.best_epoch else ""
            speed = f"{epoch.samples_per_s:,.0f} samples/s"
            self.log(f"epoch {epoch.number}{best}: loss {epoch.loss:.4f}, {speed}; {figures}")
        if result.stopped_early:
            self.log("stopped early: no epoch since was better")

    def _write_metrics(self, result: TrainingResult) -> int:
        table = TableName.parse(self.node.outputs[0], self.ranking.items.project)
        if self.workspace.warehouse.ledger.schema(table) is None:
            comment = f"Metrics of model {self.ranking.name} on the day held out"
            self.workspace.warehouse.create_table(TableSchema(table, METRIC_COLUMNS, "ds", comment))
        rows = [
            {"epoch": epoch.number, **asdict(metric)} for epoch in result.epochs for metric in epoch.metrics
        ]
        data = {column.name: [row[column.name] for row in rows] for column in METRIC_COLUMNS}
        types = {"BIGINT": pa.int64(), "STRING": pa.string(), "DOUBLE": pa.float64()}
        arrays = {column.name: pa.array(data[column.name], types[column.type]) for column in METRIC_COLUMNS}
        self.workspace.warehouse.write(table, self.ds, pa.table(arrays), fingerprint=self.fingerprint)
        return len(rows)


@dataclass
class Told:
    """Passes progress on, and logs each epoch's end."""

    log: Log
    advance: Advance | None
    _last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        if self._last is None or self._last.epoch != progress.epoch:
            self.log(f"epoch {progress.epoch} of {progress.epochs or '…'}: {progress.total_rows:,} rows")
        self._last = progress
        if self.advance is not None:
            done = progress.rows / progress.total_rows if progress.total_rows else 0.0
            share = (progress.epoch - 1 + done) / progress.epochs if progress.epochs else done
            rate = f"{progress.samples_per_s:,.0f} samples/s"
            self.advance(share, f"epoch {progress.epoch}, {rate}, loss {progress.loss:.4f}")


def read_features(text: str) -> list[ModelFeature]:
    try:
        return [ModelFeature.from_dict(body) for body in json.loads(text)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{FEATURES_FILE} does not list model inputs: {error}", hint="pairec deploy run"
        ) from error


def _write_report(trained: _Trained, ds: str) -> None:
    """metrics.json: how the training went, epoch by epoch."""
    result = trained.result
    body = {
        "model": trained.place.name,
        "ds": ds,
        "best_epoch": result.best_epoch,
        "stopped_early": result.stopped_early,
        "notes": list(result.notes),
        "epochs": [asdict(epoch) for epoch in result.epochs],
    }
    (trained.folder / METRICS_FILE).write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", "utf-8")
