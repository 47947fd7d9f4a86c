"""The training node of a vector recall in online mode: besides the vectors it leaves what answers requests.

Beside the model of the day lie the user tower, exported and compared with the model, and the index of the
items' vectors; see `tower_folder`. A recall whose lists are made offline is trained as it stands.
"""

from __future__ import annotations

from dataclasses import replace

from pairec_cli.components.model_metrics import Metric
from pairec_cli.online.vectors import Published
from pairec_cli.workflow.dlc_script import Command, table_path
from pairec_cli.workflow.tower_folder import TowerFolder
from pairec_cli.workflow.vector_service import serve_again
from pairec_cli.workflow.vector_training import Trained, VectorTraining
from pairec_cli.workflow.vocabularies import read_vocabularies


class TowerTraining(VectorTraining):
    """One run of a training node."""

    def run(self) -> int:
        """As `VectorTraining.run`; engines that serve with the day's model read the new one."""
        rows = super().run()
        serve_again(self.served, self.ds)
        return rows

    def _train(self, command: Command) -> Trained:
        trained = super()._train(command)
        if self.served.config.is_online_mode:
            vocabularies = read_vocabularies(
                self.workspace.warehouse, self.served.vocabulary, self.ds, trained.features
            )
            rows = self._files(command.arguments["train_input_path"])
            model, config = trained.result.model, trained.config
            self._folder(trained).write_tower(model, config, trained.features, vocabularies, rows)
            self.log("user tower exported: ONNX and PyTorch agree on real rows")
        return trained

    def _predict(self, command: Command, trained: Trained) -> int:
        rows = super()._predict(command, trained)
        if self.served.config.is_online_mode and command.arguments["scripted_model_path"].endswith("/item"):
            self._index(command, trained)
        return rows

    def _index(self, command: Command, trained: Trained) -> None:
        """The index of the vectors that were just written; its recall joins the best epoch's figures."""
        made, arguments = self._folder(trained), command.arguments
        made.write_entries(trained.features, self._files(arguments["predict_input_path"]))
        key, column = f"__{self.served.item_id}__", "item_tower_emb"
        table, days = table_path(arguments["predict_output_path"])
        found = self.workspace.warehouse.read(table, days, [key, column])
        published = made.write_index(found[key].to_pylist(), found[column], self.served.config.index_from)
        self.log(_told(published))
        if published.recall is not None:
            measured = Metric("index", "index_recall_at_100", published.recall)
            epochs = tuple(
                replace(epoch, metrics=(*epoch.metrics, measured))
                if epoch.number == trained.result.best_epoch
                else epoch
                for epoch in trained.result.epochs
            )
            trained.result = replace(trained.result, epochs=epochs)

    def _folder(self, trained: Trained) -> TowerFolder:
        return TowerFolder(trained.folder, trained.place.name, trained.place.ds, self.served.item_id)


def _told(published: Published) -> str:
    if published.recall is None:
        return f"index of {published.rows} items, searched exactly"
    recall = f"recall@100 {published.recall:.4f} of the exact search"
    return f"index of {published.rows} items with a graph: {recall}"
