"""What every ranking model is: built from a pipeline config, rows in, a logit per task and row out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor, nn

from pairec_cli.components.batch import Batch
from pairec_cli.components.embedding_tables import EmbeddingTables
from pairec_cli.components.feature_groups import FeatureGroups, Groups, VectorGroup
from pairec_cli.components.group_inputs import BatchInputs, Inputs
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.losses import LossConfig
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig, PipelineConfig
from pairec_cli.domain.pipeline_config.towers import BayesTaskTower, TaskTower

M = TypeVar("M")
PROBABILITY = ("binary_cross_entropy", "binary_focal_loss")


@dataclass(frozen=True)
class Task:
    """One target. `name` is the tower's, of a model with one task the label's."""

    name: str
    label: str
    is_probability: bool
    """Whether the prediction is sigmoid(logit), or the logit itself (a regression)."""
    tower: bool = True
    """Whether the target has a tower of its own, as in models of several targets."""

    @property
    def output(self) -> str:
        """TorchEasyRec's names: `probs_is_click` and `y_ln_playtime` of towers, else `probs` or `y`."""
        kind = "probs" if self.is_probability else "y"
        return f"{kind}_{self.name}" if self.tower else kind


class RankingModel(nn.Module):
    """Base of the models. Raises InvalidInput and NotFound, which say what of pipeline.config is wrong, for
    a config that no model can be built from."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__()
        model = model_config(config)
        own = getattr(model, model.which("model") or "", None)
        self.tasks = tasks(config, getattr(own, "task_towers", None))
        self.groups = FeatureGroups(
            config, getattr(own, "wide_embedding_dim", 4), getattr(own, "wide_init_fn", None)
        )

    @property
    def embeddings(self) -> EmbeddingTables:
        """The tables; their gradients are sparse, all others dense."""
        return self.groups.tables

    @property
    def first_group(self) -> VectorGroup:
        """The one group that models without named groups read. Raises InvalidInput when there is none."""
        if not self.groups.vector_names:
            raise InvalidInput("pipeline.config has no feature group of type DEEP")
        return self.groups.vector_group(self.groups.vector_names[0])

    @property
    def task(self) -> str:
        """The name of a model's only task."""
        return self.tasks[0].name

    def logits(self, x: Groups) -> dict[str, Tensor]:
        """Task name → (N, 1)."""
        raise NotImplementedError

    def forward(self, rows: Batch | Inputs) -> dict[str, Tensor]:
        """Task name → logit (N,)."""
        inputs = BatchInputs(rows) if isinstance(rows, Batch) else rows
        return {name: logit.squeeze(1) for name, logit in self.logits(self.groups(inputs)).items()}

    def predict(self, rows: Batch | Inputs) -> dict[str, Tensor]:
        """Output name → probability, or predicted value: (N,)."""
        logits = self(rows)
        return {
            task.output: logits[task.name].sigmoid() if task.is_probability else logits[task.name]
            for task in self.tasks
        }


def model_config(config: PipelineConfig) -> ModelConfig:
    """Raises InvalidInput when there is none."""
    if config.model is None:
        raise InvalidInput("pipeline.config has no model_config")
    return config.model


def own_config(message: M | None) -> M:
    """The model's own message. Raises InvalidInput when model_config holds another model."""
    if message is None:
        raise InvalidInput("model_config of pipeline.config holds another model than the one to build")
    return message


def tasks(config: PipelineConfig, towers: Sequence[TaskTower | BayesTaskTower] | None) -> list[Task]:
    """The targets: those of the towers, or the one of a model without towers.

    Raises InvalidInput for a loss that is not trained here, for a tower without loss and for two of one name.
    """
    labels = config.data_config.label_fields if config.data_config else ()
    if towers is None:
        if not labels:
            raise InvalidInput("pipeline.config names no label_fields in data_config")
        model = model_config(config)
        probability = is_probability(labels[0], model.losses, model.num_class)
        return [Task(labels[0], labels[0], probability, tower=False)]
    found = []
    for place, tower in enumerate(towers):
        label = tower.label_name or (labels[place] if place < len(labels) else "")
        if not label:
            raise InvalidInput(f"tower {tower.tower_name!r} of pipeline.config has no label_name")
        found.append(
            Task(tower.tower_name, label, is_probability(tower.tower_name, tower.losses, tower.num_class))
        )
    if not found or len({task.name for task in found}) < len(found):
        raise InvalidInput("task_towers of pipeline.config need names, each its own")
    return found


def is_probability(name: str, losses: Sequence[LossConfig], classes: int) -> bool:
    """Whether a task predicts a probability, by its losses."""
    kinds = {loss.which("loss") for loss in losses}
    if kinds and kinds <= set(PROBABILITY) and classes == 1:
        return True
    if kinds == {"l2_loss"} and classes == 1:
        return False
    given = ", ".join(sorted(str(kind) for kind in kinds)) or "none"
    raise InvalidInput(
        f"task {name!r} of pipeline.config has the losses {given} and num_class {classes}",
        hint="use binary_cross_entropy, binary_focal_loss or l2_loss, with num_class 1",
    )
