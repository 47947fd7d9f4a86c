"""Training nodes of recalls with a model: what their script may say, and what stands afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, SqlError
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.co_metric_learning_i2i import CoMetricLearningI2I
from pairec_cli.recall.metric_form import CoMetricLearningConfig
from pairec_cli.workflow.pai import run_component
from tests.features.world import World
from tests.recall.model_contract import SMALL
from tests.recall.model_world import DS, train, world_of_clicks

CONFIG = CoMetricLearningConfig(**(SMALL | {"output_dim": 8}))
SOLUTION = Solution(name="s", recalls=(CONFIG,))
METHOD = CoMetricLearningI2I()
FILES = METHOD.package_files(CONFIG, SOLUTION, {})
CLICKS = {"1": ["1", "2", "3"], "2": ["2", "3", "4"], "3": ["1", "4"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything that the training reads."""

    def make(solution: Solution) -> World:
        return World(tmp_path_factory.mktemp("world"), solution, run_component)

    world = world_of_clicks(make, SOLUTION, CLICKS)
    for node in METHOD.nodes(CONFIG, SOLUTION)[:6]:
        world.run(node, DS)
    yield world
    world.close()


def training() -> Node:
    return next(node for node in METHOD.nodes(CONFIG, SOLUTION) if node.name.endswith("_train_v1"))


def changed(old: str, new: str) -> Node:
    node = training()
    assert old in node.script
    return replace(node, script=node.script.replace(old, new))


def folder(world: World) -> Path:
    return world.warehouse.layout.root.parent / "models" / "s_co_metric_learning_i2i"


def test_a_model_appears_whole_in_the_place_of_the_days_earlier_one(world: World) -> None:
    for _ in range(2):
        logged = train(world, CONFIG, training(), FILES, DS)
    assert sorted(path.name for path in folder(world).iterdir()) == [DS]
    assert sorted(path.name for path in (folder(world) / DS).iterdir()) == [
        "features.json",
        "metrics.json",
        "pipeline.config",
    ]
    report = json.loads((folder(world) / DS / "metrics.json").read_text())
    assert (report["model"], report["best_epoch"]) == ("s_co_metric_learning_i2i", len(report["epochs"]))
    assert any(line.startswith("epoch 2 (best): loss") for line in logged)
    rows = world.rows(TableNames(SOLUTION).recall(CONFIG.name, "item_vectors"), DS)
    assert {row["__item_id__"] for row in rows} == {"1", "2", "3", "4"}


def test_a_failed_training_leaves_the_model_that_was_there(world: World) -> None:
    train(world, CONFIG, training(), FILES, DS)
    before = (folder(world) / DS / "metrics.json").stat().st_mtime_ns
    with pytest.raises(InvalidInput, match="the model has no part 'user'") as raised:
        train(world, CONFIG, changed("export/item", "export/user"), FILES, DS)
    assert ", tzrec.predict: " in raised.value.message
    assert raised.value.message.startswith("line ")
    assert (folder(world) / DS / "metrics.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        ("-m tzrec.train_eval", "-m tzrec.export --export_dir x", SqlError, "no argument"),
        (
            "models/s_co_metric_learning_i2i/${bizdate}\n",
            "models/other/${bizdate}\n",
            InvalidInput,
            "not the place",
        ),
        (
            "--output_columns item_tower_emb",
            "--output_columns user_emb",
            InvalidInput,
            "gives item_tower_emb",
        ),
        ("_fg_encoded_v1/ds=${bizdate}", "_fg_encoded_v1/ds=20200101", DataError, "no partition ds=20200101"),
        ("/pipeline.config \\\n    --train", "/other.config \\\n    --train", NotFound, "deployed file"),
    ],
)
def test_a_script_that_says_something_else_is_told_so(
    world: World, old: str, new: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        train(world, CONFIG, changed(old, new), FILES, DS)
