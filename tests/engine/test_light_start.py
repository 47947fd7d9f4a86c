"""One recommendation needs the standard library alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.engine.models import ranked, serve_model
from tests.engine.stores import config, custom, hot, store, user_features
from tests.online.tower_folders import serve_tower

SERVE = """
import json, sys
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.engine import Engine
from pairec_cli.online.featuredb import FeatureDB
before = set(sys.modules)
with FeatureDB(sys.argv[1]) as db:
    engine = Engine.from_config(json.loads(sys.argv[2]), db)
    response = engine.recommend(RecommendRequest("1", "home", 2, explain=True))
known = sys.stdlib_module_names | {"pairec_cli", "__main__"}
foreign = {name.partition(".")[0] for name in sys.modules} - known
print(json.dumps([[item.item_id for item in response.items], sorted(foreign), sorted(sys.modules)]))
"""

RANK = SERVE.replace("[2]), db)", "[2]), db, models=sys.argv[3])").replace('"home"', "sys.argv[4]")


def test_only_the_standard_library_is_loaded(tmp_path: Path) -> None:
    conf = config(custom("u2i"), hot("hot"), UserFeatureConfs=user_features("users"))
    with store(tmp_path, u2i={"1": "a::1"}, hot={"-1": "b::0.5"}, users={"1": "x"}) as db:
        arguments = [sys.executable, "-S", "-c", SERVE, str(db.path), json.dumps(conf)]
        root = Path(__file__).parents[2]
        run = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=root)
    items, foreign, modules = json.loads(run.stdout)
    assert items == ["a", "b"]
    assert foreign == []
    assert not {"concurrent.futures", "multiprocessing", "logging", "uuid", "asyncio"} & set(modules)


def served(folder: Path, scene: str) -> tuple[list[str], list[str], list[str]]:
    """Items, foreign packages and modules after one request of a workspace with a model in scene `ranked`."""
    conf = config(custom("u2i"), **ranked("${p}"))
    conf["SceneConfs"]["ranked"] = conf["SceneConfs"]["home"]
    conf["RankConf"] = {"ranked": conf["RankConf"]["home"]}
    serve_model(folder / "models")
    with store(folder, u2i={"1": "a::1,b::0.5"}) as db:
        arguments = [
            sys.executable,
            "-c",
            RANK,
            str(db.path),
            json.dumps(conf),
            str(folder / "models"),
            scene,
        ]
        root = Path(__file__).parents[2]
        run = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=root)
    items, foreign, modules = json.loads(run.stdout)
    by_itself = {"sitecustomize", "usercustomize"}  # an environment's own, as are those with an underscore
    return items, [name for name in foreign if name[0] != "_" and name not in by_itself], modules


def test_a_scene_with_a_user_tower_loads_numpy_and_onnxruntime_alone(tmp_path: Path) -> None:
    serve_tower(tmp_path / "models")
    tower = {"Name": "dssm", "RecallType": "OnlineVectorRecall", "RecallCount": 2, "RecallAlgo": "home_dssm"}
    conf = config(custom("u2i"), tower)
    conf["SceneConfs"] = {
        scene: {"default": {"RecallNames": [name]}} for scene, name in (("near", "dssm"), ("plain", "u2i"))
    }
    found = {}
    with store(tmp_path, u2i={"1": "a::1,b::0.5"}) as db:
        for scene in conf["SceneConfs"]:
            arguments = [
                sys.executable, "-c", RANK, str(db.path), json.dumps(conf), str(tmp_path / "models"), scene,
            ]  # fmt: skip
            root = Path(__file__).parents[2]
            run = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=root)
            found[scene] = json.loads(run.stdout)
    assert found["near"][0] == ["a", "b"]
    assert {"numpy", "onnxruntime"} <= set(found["near"][1])
    assert not {"usearch", "pandas", "torch"} & set(found["near"][1])
    assert not {"numpy", "onnxruntime"} & set(found["plain"][1])


def test_a_scene_with_a_model_loads_numpy_and_onnxruntime_alone(tmp_path: Path) -> None:
    items, foreign, _ = served(tmp_path, "ranked")
    assert items == ["b", "a"]
    assert foreign == ["numpy", "onnxruntime"]


def test_a_scene_without_one_loads_neither(tmp_path: Path) -> None:
    items, foreign, modules = served(tmp_path, "home")
    assert items == ["a", "b"]
    assert foreign == []
    assert "pairec_cli.online.ranking_models" not in modules
