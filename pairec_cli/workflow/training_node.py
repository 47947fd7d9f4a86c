"""What running any training node takes: the files its arguments name, the model's folder, the figures."""

from __future__ import annotations

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pyarrow as pa

from pairec_cli.components.model_metrics import Metric
from pairec_cli.components.training_report import Epoch, Progress
from pairec_cli.components.training_run import FOLDER
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, PairecError, SqlError
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.package import Node
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.workflow.archive import MODELS_FOLDER
from pairec_cli.workflow.deployed_scripts import replace_folder
from pairec_cli.workflow.dlc_script import Command, ModelPath, model_path, read_commands, table_path
from pairec_cli.workflow.workspace import Workspace

CONFIG_FILE, FEATURES_FILE, METRICS_FILE = "pipeline.config", "features.json", "metrics.json"
METRIC_COLUMNS = (
    Column("epoch", "BIGINT", "Epoch, from 1"),
    Column("target", "STRING", "Target"),
    Column("metric", "STRING", "Metric of the held-out rows"),
    Column("value", "DOUBLE", "Value"),
)
_ARROW = {"BIGINT": pa.int64(), "STRING": pa.string(), "DOUBLE": pa.float64()}
Log = Callable[[str], None]
Advance = Callable[[float, str], None]
"""Told the share of the work that is done, and how it goes."""


class Served(Protocol):
    """Whose models a node trains: `models/<name>/` in the workspace, tables in `project`."""

    @property
    def name(self) -> str: ...

    @property
    def project(self) -> str: ...


class Result(Protocol):
    """How a training went."""

    @property
    def epochs(self) -> tuple[Epoch, ...]: ...

    @property
    def best_epoch(self) -> int: ...

    @property
    def stopped_early(self) -> bool: ...

    @property
    def notes(self) -> tuple[str, ...]: ...


S = TypeVar("S", bound=Served)


@dataclass(frozen=True)
class TrainingNode(ABC, Generic[S]):
    """One run of a training node of `served`, for one day. What it writes carries `fingerprint`."""

    workspace: Workspace
    served: S
    node: Node
    ds: str
    parameters: Mapping[str, str]
    fingerprint: str
    log: Log
    device: str = "auto"
    advance: Advance | None = None

    @abstractmethod
    def run(self) -> int:
        """Run the script's programs; returns the number of rows written to tables.

        Raises SqlError for the script, and PairecError with the line of the program that failed.
        """

    # What the arguments name

    def _place(self, path: str) -> ModelPath:
        place, name = model_path(path), self.served.name
        if place.inner or place.name != name:
            raise InvalidInput(
                f"--model_dir {path} is not the place of model {name}",
                hint=f"write oss://bucket/models/{name}/${{bizdate}}",
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
        self._refuse_missing(table, days)
        return self.workspace.warehouse.files(table, days)

    def _refuse_missing(self, table: TableName, days: Sequence[str]) -> None:
        known = self.workspace.warehouse.ledger.partitions(table)
        if missing := [ds for ds in days if ds not in known]:
            raise DataError(f"{table} has no partition ds={missing[0]}", hint="pairec backfill plan")

    def _working_folder(self, place: ModelPath) -> Path:
        """Where this very training stands, or stood when it was killed. Those of the day that were made from
        something else go."""
        folder = self.workspace.models / place.name / f".{place.ds}-{self.fingerprint[:16]}"
        for other in folder.parent.glob(f".{place.ds}-*"):
            if other != folder:
                shutil.rmtree(other)
        return folder

    # What comes out

    def _tell(self, result: Result) -> None:
        for note in result.notes:
            self.log(note)
        for epoch in result.epochs:
            figures = ", ".join(map(self._figure, epoch.metrics))
            best = " (best)" if epoch.number == result.best_epoch else ""
            speed = f"{epoch.samples_per_s:,.0f} samples/s"
            self.log(f"epoch {epoch.number}{best}: loss {epoch.loss:.4f}, {speed}; {figures}")

    def _figure(self, metric: Metric) -> str:
        return f"{metric.target} {metric.metric} {metric.value:.4f}"

    def _write_report(self, folder: Path, place: ModelPath, result: Result) -> None:
        """metrics.json: how the training went, epoch by epoch."""
        body = {
            "model": place.name,
            "ds": self.ds,
            "best_epoch": result.best_epoch,
            "stopped_early": result.stopped_early,
            "notes": list(result.notes),
            "epochs": [asdict(epoch) for epoch in result.epochs],
        }
        text = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
        (folder / METRICS_FILE).write_text(text, "utf-8")

    def _write_metrics(self, result: Result, target: str = "") -> int:
        """The node's own table: a row per epoch and metric, under `target` where that is given."""
        rows = [
            (epoch.number, target or one.target, one.metric, one.value)
            for epoch in result.epochs
            for one in epoch.metrics
        ]
        arrays = {
            column.name: pa.array([row[place] for row in rows], _ARROW[column.type])
            for place, column in enumerate(METRIC_COLUMNS)
        }
        table = TableName.parse(self.node.outputs[0], self.served.project)
        comment = f"Metrics of model {self.served.name} on the day held out"
        return self._write(table, self.ds, pa.table(arrays), METRIC_COLUMNS, comment)

    def _write(
        self, table: TableName, ds: str, data: pa.Table, columns: tuple[Column, ...], comment: str
    ) -> int:
        warehouse = self.workspace.warehouse
        if warehouse.ledger.schema(table) is None:
            warehouse.create_table(TableSchema(table, columns, "ds", comment))
        return warehouse.write(table, ds, data, fingerprint=self.fingerprint).rows


class Made(Protocol):
    """What the first program of a script made."""

    @property
    def place(self) -> ModelPath: ...

    @property
    def folder(self) -> Path: ...

    @property
    def result(self) -> Result: ...


M = TypeVar("M", bound=Made)


class PredictingNode(TrainingNode[S], Generic[S, M]):
    """A node whose script trains a model and writes what it predicts."""

    @property
    @abstractmethod
    def target(self) -> str:
        """What the model learns, in the table of metrics. There is one target."""

    @abstractmethod
    def _train(self, command: Command) -> M: ...

    @abstractmethod
    def _predict(self, command: Command, trained: M) -> int:
        """Returns the number of rows written."""

    def run(self) -> int:
        """Train, write what the model predicts, put its folder in place; returns the rows written."""
        trained: M | None = None
        rows = 0
        for command in self._commands():
            with naming(command):
                if command.program == "tzrec.train_eval":
                    trained = self._train(command)
                elif trained is None:
                    raise InvalidInput(f"there is nothing for {command.program} before training")
                elif command.program == "tzrec.predict":
                    rows += self._predict(command, trained)
        if trained is None:
            raise SqlError("the script trains nothing", hint="torchrun … -m tzrec.train_eval …")
        self._write_report(trained.folder, trained.place, trained.result)
        shutil.rmtree(trained.folder / FOLDER, ignore_errors=True)
        replace_folder(self.workspace.models / trained.place.name / trained.place.ds, trained.folder)
        return rows + self._write_metrics(trained.result, self.target)

    def _commands(self) -> list[Command]:
        return read_commands(self.node.script, self.parameters)

    def _figure(self, metric: Metric) -> str:
        return f"{metric.metric} {metric.value:.4f}"


@contextmanager
def naming(command: Command) -> Iterator[None]:
    """Errors say in which line and program they arose."""
    try:
        yield
    except PairecError as error:
        error.message = f"line {command.line}, {command.program}: {error.message}"
        raise


@dataclass
class Told:
    """Passes progress on, and logs each epoch's begin."""

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


def begin_folder(folder: Path, config: str, features: str) -> None:
    """The folder, with the texts that its model is made from."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_FILE).write_text(config, "utf-8")
    (folder / FEATURES_FILE).write_text(features, "utf-8")
