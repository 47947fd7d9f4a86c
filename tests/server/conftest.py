"""A server in this process, over a small store."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.engine.engine import Engine
from pairec_cli.server.app import Limits, create_app
from pairec_cli.server.callbacks import Callbacks
from pairec_cli.server.serving import Serving
from tests.engine.stores import config, custom, hot, store, user_features

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a client library that is not out yet
    from starlette.testclient import TestClient


class Site:
    """A folder with engine.json and a FeatureDB, and the application over them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "engine.json"
        self.db = store(
            folder,
            u2i={"1": "a::0.9,b:r:0.8,c::0.7"},
            hot={"-1": "c::0.5,d::0.4,e::0.3"},
            users={"1": "x"},
        )
        self.write(config(custom("u2i"), hot("hot"), UserFeatureConfs=user_features("users")))

    def write(self, document: dict[str, Any] | str) -> None:
        text = document if isinstance(document, str) else json.dumps(document)
        beside = self.path.with_suffix(".part")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.path)

    def engine(self) -> Engine:
        return Engine.from_config(json.loads(self.path.read_text("utf-8")), self.db)

    def client(self, **keys: Any) -> TestClient:
        self.serving = Serving(self.engine, self.path)
        callbacks = Callbacks(self.serving, self.folder / "callbacks")
        limits = Limits(**keys.pop("limits", {}))
        application = create_app(self.serving, callbacks, limits=limits, **keys)
        return TestClient(application, raise_server_exceptions=False)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with site.client() as made:
        yield made
