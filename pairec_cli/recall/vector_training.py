"""The training of a vector recall: pipeline.config, features.json, and the node of TorchEasyRec programs."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.pipeline_config.data import NegativeSampler
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig, PipelineConfig
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.model_programs import ModelPrograms, encoded_data
from pairec_cli.recall.vector import (
    EVAL_ROWS,
    ITEM_VECTORS,
    ITEMS,
    SAMPLER,
    TRAIN_ROWS,
    USER_VECTORS,
    USERS,
    VOCABULARY,
    VectorRecallConfig,
)
from pairec_cli.recall.vector_encoding import ATTRIBUTE_DELIMITER
from pairec_cli.recall.vector_features import VectorFeatures

SPARSE_RATE, DENSE_RATE = 0.1, 0.003
EVAL_BATCH = 1024

_SCRIPT = """\
# Solution {solution}, node {node}
# Trains the recall model {model} with TorchEasyRec on the encoded rows, measures it on the rows held out,
# exports its two towers, and writes the vectors of items and users.

set -e

{commands}
"""
_ONLINE_SCRIPT = _SCRIPT.replace("items and users", "items; the user tower answers with the request")


def pipeline_config(
    config: VectorRecallConfig,
    solution: Solution,
    features: VectorFeatures,
    model: ModelConfig,
    *,
    sparse_rate: float = SPARSE_RATE,
    dense_rate: float = DENSE_RATE,
) -> PipelineConfig:
    """The config with `model`; its paths leave the day out, which the command line gives. The rates are
    those at which embeddings and other weights learn."""
    programs = ModelPrograms(config, solution)
    sampler = NegativeSampler(
        input_path=programs.path(SAMPLER),
        num_sample=config.negative_sampler.num_sample,
        attr_fields=tuple(feature.name for feature in features.item),
        item_id_field=features.item[0].name,
        attr_delimiter=ATTRIBUTE_DELIMITER,
    )
    return programs.pipeline_config(
        model,
        features.all,
        encoded_data(
            config.target.name, config.batch_size, eval_batch_size=EVAL_BATCH, negative_sampler=sampler
        ),
        epochs=config.epochs,
        sparse_rate=sparse_rate,
        dense_rate=dense_rate,
    )


def package_files(
    config: VectorRecallConfig, solution: Solution, features: VectorFeatures, model: ModelConfig
) -> dict[str, str]:
    """Path in the package → text: the model's config and its inputs."""
    text = write(pipeline_config(config, solution, features, model))
    return ModelPrograms(config, solution).files(text, features.all)


def train_node(config: VectorRecallConfig, solution: Solution) -> Node:
    """The node that trains and writes the vectors. Locally its table holds the metrics."""
    programs, names = ModelPrograms(config, solution), TableNames(solution)
    online = config.is_online_mode
    sampler = f'{{"data_config.negative_sampler.input_path":"{programs.of_day(SAMPLER)}"}}'
    run = [programs.training(edit_config_json=sampler), programs.export()]
    run.append(programs.predict("item", ITEMS, ITEM_VECTORS, key=names.item_id, output="item_tower_emb"))
    if not online:
        run.append(programs.predict("user", USERS, USER_VECTORS, key=names.user_id, output="user_tower_emb"))
    return programs.node(
        _ONLINE_SCRIPT if online else _SCRIPT,
        run,
        read=(TRAIN_ROWS, EVAL_ROWS, SAMPLER, ITEMS, *(() if online else (USERS,)), VOCABULARY),
        written=(ITEM_VECTORS, *(() if online else (USER_VECTORS,))),
    )
