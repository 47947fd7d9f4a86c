"""What a ranking model is to the generator: a name, what it asks of the form, and its model_config."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.tasks import losses, metrics


class RankingModel(Protocol):
    """One file of this folder; `several` says whether the model learns several targets at once."""

    title: ClassVar[str]
    several: ClassVar[bool]

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        """model_config of TorchEasyRec for this form and these features."""
        ...

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        """What the model needs of the form and does not find."""
        ...


def single_task(form: Ranking, inputs: ModelInputs) -> dict[str, Any]:
    """The fields of model_config that say what a model of one target learns."""
    target = form.targets[0]
    return {"num_class": 1, "losses": losses(target), "metrics": metrics(target, inputs)}
