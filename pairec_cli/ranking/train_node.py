"""The training node: TorchEasyRec's command lines, and the files of the package that they read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.features.script import day_parameters, days_before
from pairec_cli.ranking.feature_list import model_features
from pairec_cli.ranking.pipeline import (
    eval_table,
    model_folder,
    model_name,
    odps_path,
    pipeline_config,
    train_table,
)

CONFIG_FILE, FEATURES_FILE = "pipeline.config", "features.json"
PAY_AS_YOU_GO = "pay-as-you-go"
LAUNCH = (
    "torchrun",
    "--master_addr=$MASTER_ADDR --master_port=$MASTER_PORT",
    "--nnodes=$WORLD_SIZE --nproc-per-node=$NPROC_PER_NODE --node_rank=$RANK",
)
"""The addresses and counts are set by PAI-DLC."""

_SCRIPT = """\
# Solution {solution}, node {node}
# Trains the ranking model {model} with TorchEasyRec on the encoded rows, measures it on the day held out,
# and exports it.

set -e

{train}

{export}
"""


def train_node(solution: Solution) -> Node:
    """The node that trains on the encoded rows of bizdate. Locally its table holds the metrics."""
    form, names = _form(solution), TableNames(solution)
    node = names.ranking(form.name, "train")
    script = _SCRIPT.format(
        solution=solution.name,
        node=node,
        model=model_name(solution),
        train=command("tzrec.train_eval", _training(solution, form)),
        export=command("tzrec.export", _export(solution)),
    )
    return Node(
        name=node,
        kind=NodeKind.PAI_DLC,
        script=script,
        inputs=(train_table(solution), eval_table(solution)),
        outputs=(names.qualified(node),),
        parameters=day_parameters(script),
        description=f"Training of the ranking model {model_name(solution)}",
    )


def package_files(solution: Solution, sizes: Mapping[str, int] | None = None) -> dict[str, str]:
    """Path in the package → text: the model's config and its inputs. `sizes` as in `model_features`.

    Raises InvalidConfig when the form does not make a model.
    """
    features = model_features(solution, sizes)
    folder = f"models/{model_name(solution)}"
    return {
        f"{folder}/{CONFIG_FILE}": write(pipeline_config(solution, features)),
        f"{folder}/{FEATURES_FILE}": features_text(features),
    }


def features_text(features: Sequence[ModelFeature]) -> str:
    """The model's inputs as JSON, one feature a line, so that a difference shows the feature."""
    lines = (json.dumps(feature.as_dict(), ensure_ascii=False) for feature in features)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _training(solution: Solution, form: Ranking) -> dict[str, str]:
    environment, folder, day = solution.environment, model_folder(solution), days_before(0)
    config = f"{environment.workflow}/models/{model_name(solution)}/{CONFIG_FILE}"
    arguments = {
        "pipeline_config_path": f"oss://{environment.oss_bucket}/{config}",
        "train_input_path": f"{odps_path(train_table(solution))}/ds={day}",
        "eval_input_path": f"{odps_path(eval_table(solution))}/ds={day}",
        "model_dir": f"{folder}/{day}",
    }
    if form.incremental:
        arguments["fine_tune_checkpoint"] = f"{folder}/{days_before(1)}"
    if environment.storage_api != PAY_AS_YOU_GO:
        arguments["odps_data_quota_name"] = environment.storage_api
    return arguments


def _export(solution: Solution) -> dict[str, str]:
    model = f"{model_folder(solution)}/{days_before(0)}"
    return {"pipeline_config_path": f"{model}/{CONFIG_FILE}", "export_dir": f"{model}/export"}


def command(program: str, arguments: Mapping[str, str]) -> str:
    """One program under torchrun. JSON is quoted, and values with `#`, which begins a comment."""
    words = [*LAUNCH, f"-m {program}"]
    for name, value in arguments.items():
        words.append(f"--{name} '{value}'" if set('#"') & set(value) else f"--{name} {value}")
    return " \\\n    ".join(words)


def _form(solution: Solution) -> Ranking:
    return solution.ranking or Ranking()
