"""Training nodes, run here: the TorchEasyRec programs of a node's script on our own trainer.

A model appears whole as `models/<model>/<ds>/`, or not at all. While it is trained it stands beside that,
under a name that tells what it is made from: a run that was killed goes on there, any other begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.onnx_export import export
from pairec_cli.components.trainer import train
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.training_report import TrainingResult
from pairec_cli.components.warm_start import Beginning
from pairec_cli.domain.errors import InvalidInput, SqlError
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.workflow.dlc_script import Command, ModelPath, model_path, read_commands
from pairec_cli.workflow.ranking_service import ServedRanking, put_in_place
from pairec_cli.workflow.training_node import Told, TrainingNode, begin_folder, naming, read_features
from pairec_cli.workflow.vocabularies import read_vocabularies

_COMPARED_ROWS = 256

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


class Training(TrainingNode[ServedRanking]):
    """One run of a training node of a deployed ranking."""

    def run(self) -> int:
        """Train, export, put the model's folder in place; returns the number of metrics written."""
        trained: _Trained | None = None
        for command in read_commands(self.node.script, self.parameters):
            with naming(command):
                if command.program == "tzrec.train_eval":
                    trained = self._train(command)
                elif trained is None:
                    raise InvalidInput("there is nothing to export before training")
                else:
                    self._export(command, trained)
        if trained is None or not trained.exported:
            raise SqlError("the script exports no model", hint="add torchrun … -m tzrec.export …")
        self._write_report(trained.folder, trained.place, trained.result)
        put_in_place(self.workspace, self.served, trained.place.ds, trained.folder)
        return self._write_metrics(trained.result)

    def _train(self, command: Command) -> _Trained:
        arguments = command.arguments
        place = self._place(arguments["model_dir"])
        text, features_text = self._configuration(arguments["pipeline_config_path"])
        config, features = parse(text), read_features(features_text)
        rows, held_out = (self._files(arguments.get(f"{name}_input_path")) for name in ("train", "eval"))
        vocabularies = read_vocabularies(self.workspace.warehouse, self.served.vocabulary, self.ds, features)
        folder = self._working_folder(place)
        if folder.is_dir():
            self.log("goes on with a training that was interrupted")
        begin_folder(folder, text, features_text)
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
        if result.stopped_early:
            self.log("stopped early: no epoch since was better")
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
