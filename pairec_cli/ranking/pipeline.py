"""The pipeline.config of a solution's ranking model."""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.pipeline_config.data import DataConfig, DatasetType, FgMode
from pairec_cli.domain.pipeline_config.optimizers import (
    AdamOptimizer,
    DenseOptimizer,
    ExponentialDecayLR,
    FusedAdagradOptimizer,
    SparseOptimizer,
)
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, TrainConfig
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.ranking.feature_configs import feature_configs
from pairec_cli.ranking.feature_list import feature_problems, model_features
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.ranking_model import RankingModel
from pairec_cli.ranking.registry import RANKING_MODELS
from pairec_cli.ranking.tasks import sample_weight

BATCH, EVAL_BATCH, EPOCHS = 2048, 8192, 4
SPARSE_RATE, DENSE_RATE, DECAY = 0.02, 0.002, 0.7
"""Learning rates, and what an epoch leaves of them; see docs/decisions/0022-rates-fall-by-epoch.md."""
WORKERS = 2
MULTIVALUE = ","
"""Between the ids of a tag in encoded rows."""


def model_name(solution: Solution) -> str:
    """`<solution>_<model>`: the engine's algorithm, and the folder of the trained model."""
    return f"{solution.name}_{_form(solution).name}"


def train_table(solution: Solution) -> str:
    """The encoded rows that the model is trained on, `project.table`."""
    names = TableNames(solution)
    return names.qualified(names.ranking(_form(solution).name, "fg_encoded"))


def eval_table(solution: Solution) -> str:
    """The encoded rows of the last day, which is held out, `project.table`."""
    names = TableNames(solution)
    return names.qualified(names.ranking(_form(solution).name, "fg_encoded_eval"))


def odps_path(table: str) -> str:
    """`project.table` as TorchEasyRec writes it."""
    project, _, name = table.partition(".")
    return f"odps://{project}/tables/{name}"


def model_folder(solution: Solution) -> str:
    """Where the models of all days lie."""
    return f"oss://{solution.environment.oss_bucket}/models/{model_name(solution)}"


def pipeline_config(solution: Solution, features: Sequence[ModelFeature]) -> PipelineConfig:
    """The config for these features. Raises InvalidConfig when the form and the model do not fit.

    Its paths leave the day out; the command line of the training node gives it.
    """
    form = _form(solution)
    inputs = _inputs(solution, features)
    if problems := _model_problems(form, inputs):
        raise InvalidConfig("solution", problems, hint="pairec solution configure")
    model: RankingModel = RANKING_MODELS.load(form.model)()
    return PipelineConfig(
        train_input_path=odps_path(train_table(solution)),
        eval_input_path=odps_path(eval_table(solution)),
        model_dir=model_folder(solution),
        train_config=_training(),
        eval_config=EvalConfig(log_step_count_steps=100),
        export_config=ExportConfig(),
        data_config=_data(form),
        feature_configs=feature_configs(features),
        model=model.config(form, inputs),
    )


def ranking_problems(solution: Solution) -> list[Problem]:
    """What keeps the ranking form from becoming a model; nothing for a solution that does not rank."""
    if solution.ranks is None:
        return []
    if problems := feature_problems(solution):
        return problems
    return _model_problems(solution.ranks, _inputs(solution, model_features(solution)))


def _model_problems(form: Ranking, inputs: ModelInputs) -> list[Problem]:
    if form.model not in RANKING_MODELS:
        message = str(NotFound("ranking model", form.model, RANKING_MODELS))
        return [Problem("ranking.model", message, form.model)]
    model: RankingModel = RANKING_MODELS.load(form.model)()
    problems = []
    if len(form.targets) > 1 and not model.several:
        several = ", ".join(name for name in RANKING_MODELS if RANKING_MODELS.load(name).several)
        message = f"{form.model} learns one target, the form has {len(form.targets)}; several: {several}"
        problems.append(Problem("ranking.targets", message, [target.name for target in form.targets]))
    if not inputs.plain:
        message = "no feature is left besides sequences"
        problems.append(Problem("ranking.select" if form.select else "ranking.exclude", message))
        return problems
    return problems + model.problems(form, inputs)


def _inputs(solution: Solution, features: Sequence[ModelFeature]) -> ModelInputs:
    user_id = TableNames(solution).user_id
    known = any(feature.name == user_id for feature in features)
    return ModelInputs(tuple(features), user_id if known else "")


def _training() -> TrainConfig:
    """Adagrad for embeddings, as Adam for them is refused on a CPU; Adam for the rest."""
    return TrainConfig(
        sparse_optimizer=SparseOptimizer(
            adagrad_optimizer=FusedAdagradOptimizer(lr=SPARSE_RATE), exponential_decay_learning_rate=_decay()
        ),
        dense_optimizer=DenseOptimizer(
            adam_optimizer=AdamOptimizer(lr=DENSE_RATE), exponential_decay_learning_rate=_decay()
        ),
        num_epochs=EPOCHS,
        save_checkpoints_epochs=1,
    )


def _decay() -> ExponentialDecayLR:
    """By epochs, as the number of steps is not known here."""
    return ExponentialDecayLR(decay_size=1, decay_factor=DECAY, by_epoch=True)


def _data(form: Ranking) -> DataConfig:
    weights = sample_weight(form)
    return DataConfig(
        dataset_type=DatasetType.OdpsDataset,
        fg_mode=FgMode.FG_NONE,
        fg_encoded_multival_sep=MULTIVALUE,
        label_fields=tuple(target.name for target in form.targets),
        sample_weight_fields=(weights,) if weights else (),
        batch_size=BATCH,
        eval_batch_size=EVAL_BATCH,
        shuffle=True,
        num_workers=WORKERS,
    )


def _form(solution: Solution) -> Ranking:
    return solution.ranking or Ranking()
