"""A model in service for the engine's tests: it scores an item by what is known of it and of the user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.ranking_models import InService
from pairec_cli.online.snapshot_writing import write_snapshot
from tests.online.model_folders import feature, write_model

FEATURES = [feature("boost", "raw", "user"), feature("net", "id", "context"), feature("cnt", "raw", "item")]
COUNTS = {"a": 1, "b": 3, "c": 2}


def serve_model(
    models: Path,
    name: str = "home_rank",
    ds: str = "20260101",
    outputs: Sequence[str] = ("p", "y"),
) -> None:
    """Output p is boost + id of net + cnt, output y twice that."""
    folder = models / name
    path = write_model(folder / ds, FEATURES, {"net": ["4G"]}, outputs=outputs, name=name)
    service = InService(ds, ds, "UTC", "user_id", "item_id")
    description = ModelDescription.read(path)
    write_snapshot(description, list(COUNTS), lambda _: list(COUNTS.values()), service.snapshot(folder))
    service.write(folder)


def algorithm(name: str = "home_rank", **eas: Any) -> dict[str, Any]:
    conf = {"Processor": "EasyRec", "ResponseFuncName": "torchrecMutValResponseFunc", "Url": "http://eas"}
    return {"Name": name, "Type": "EAS", "EasConf": {**conf, **eas}}


def ranked(score: str = "", *names: str, **keys: Any) -> dict[str, Any]:
    """Keys of a configuration whose scene `home` is ranked by models."""
    conf = {"RankAlgoList": list(names) or ["home_rank"], "RankScore": score, "Processor": "EasyRec"}
    return {
        "RankConf": {"home": conf},
        "AlgoConfs": [algorithm(name) for name in names or ["home_rank"]],
        **keys,
    }
