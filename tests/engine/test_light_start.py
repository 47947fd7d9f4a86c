"""One recommendation needs the standard library alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.engine.stores import config, custom, hot, store, user_features

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
