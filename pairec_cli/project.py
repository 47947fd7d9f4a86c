"""A workspace, opened: where things lie on disk, and the stores that a door hands to the use cases.

Stores are opened on first use, so that a door which only serves loads neither SQLAlchemy nor DuckDB.
"""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pairec_cli.domain.errors import InvalidInput, NotDeployed, NotFound, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pairec_cli.control.database import Control
    from pairec_cli.domain.instance import Instance
    from pairec_cli.engine.engine import Engine
    from pairec_cli.online.featuredb import FeatureDB
    from pairec_cli.warehouse.duckdb import DuckDBEngine
    from pairec_cli.warehouse.store import Warehouse

FOLDER = ".pairec"
MARKER = "workspace.json"
"""Tells a workspace's folder, also where the control plane is a database elsewhere (PAIREC_DB_URL)."""
CONTROL_PLANE = "platform.db"
LAYOUT = 1
"""Version of what lies in the folder."""


class Project:
    """One workspace folder (`.pairec/`)."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @classmethod
    def find(cls, home: Path | None = None, start: Path | None = None) -> Project:
        """The workspace at `home`, else at PAIREC_HOME, else found upward from `start`, as git does.

        Raises WorkspaceError when there is none.
        """
        given = home or (Path(os.environ["PAIREC_HOME"]) if os.environ.get("PAIREC_HOME") else None)
        if given is not None:
            for folder in (given, given / FOLDER):
                if _is_workspace(folder):
                    return cls(folder.resolve())
            raise WorkspaceError(f"{given} is no workspace", hint=f"pairec init --home {given}")
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if _is_workspace(folder / FOLDER):
                return cls(folder / FOLDER)
        raise WorkspaceError(f"no workspace in {here} or above it", hint="pairec init")

    @classmethod
    def create(cls, home: Path) -> Project:
        """The workspace in folder `home`, made if it is not there yet."""
        from pairec_cli.control.database import Control

        home.mkdir(parents=True, exist_ok=True)
        project = cls(home.resolve())
        project.__dict__["control"] = Control.create(project.database)
        marker = project.home / MARKER
        if not marker.exists():
            marker.write_text(json.dumps({"version": LAYOUT}) + "\n")
        return project

    @property
    def database(self) -> str | Path:
        """The control plane's address: PAIREC_DB_URL, or the file in the workspace."""
        return os.environ.get("PAIREC_DB_URL") or self.home / CONTROL_PLANE

    @cached_property
    def control(self) -> Control:
        """Raises WorkspaceError when it cannot be opened."""
        from pairec_cli.control.database import Control

        database = self.database
        if isinstance(database, Path) and not database.exists():
            raise WorkspaceError(
                f"the control plane of {self.home} is elsewhere, and PAIREC_DB_URL does not say where",
                hint="export PAIREC_DB_URL=… as for pairec init",
            )
        return Control.open(database)

    @property
    def instance(self) -> Instance:
        """The current instance. Raises NotFound when there is none."""
        return self.control.instances.current()

    @cached_property
    def warehouse(self) -> Warehouse:
        from pairec_cli.warehouse.store import Warehouse

        return Warehouse(self.home / "warehouse", self.control.ledger)

    @cached_property
    def sql(self) -> DuckDBEngine:
        from pairec_cli.warehouse.duckdb import DuckDBEngine

        timezone = self.instance.timezone
        return DuckDBEngine(self.warehouse, temp_directory=self.home / "tmp", timezone=timezone)

    @property
    def featuredb_path(self) -> Path:
        return self.home / "featuredb.db"

    @cached_property
    def featuredb(self) -> FeatureDB:
        from pairec_cli.online.featuredb import FeatureDB

        return FeatureDB(self.featuredb_path)

    @property
    def engine_path(self) -> Path:
        return self.home / "engine.json"

    def engine_config(self) -> dict[str, Any]:
        """What the engine serves with. Raises NotDeployed when nothing was deployed."""
        try:
            config: dict[str, Any] = json.loads(self.engine_path.read_text())
        except FileNotFoundError:
            raise NotDeployed("no solution is deployed in this workspace", hint="pairec quickstart") from None
        return config

    def engine(self, config: Path | None = None) -> Engine:
        """The engine over what is published, by engine.json or another file. Raises NotDeployed without the
        former, InvalidInput for a file that cannot be read."""
        from pairec_cli.engine.engine import Engine

        document = self.engine_config() if config is None else _document(config)
        return Engine.from_config(document, self.featuredb, models=str(self.models))

    def scene_of(self, config: Path, scene: str | None = None) -> str:
        """The named scene of a configuration file, or its only one. Raises NotFound and InvalidInput."""
        return _one_scene(list(_document(config).get("SceneConfs", {})), scene)

    def recall_lists(
        self,
        config: Mapping[str, Any],
        featuredb: FeatureDB,
        scene: str,
        users: Sequence[str],
        models: Path | None = None,
    ) -> list[Mapping[str, Sequence[tuple[str, float]]]]:
        """For each user, what each recall of a scene of `config` gives from `featuredb`: (item id, score).
        `models` is the folder of the models that serve, by default the workspace's."""
        from pairec_cli.engine.engine import Engine
        from pairec_cli.engine.recall_lists import scored_lists

        with Engine.from_config(config, featuredb, models=str(models or self.models)) as engine:
            return scored_lists(engine, scene, users)

    def serving_scene(self, scene: str | None = None) -> str:
        """The scene to serve: the named one, or the only one there is.

        Raises NotDeployed when nothing is deployed or published, NotFound and InvalidInput for the scene.
        """
        config = self.engine_config()
        scenes = list(config.get("SceneConfs", {}))
        chosen = _one_scene(scenes, scene)
        if not self.featuredb_path.exists() or not self.featuredb.views():
            raise NotDeployed(
                "a solution is deployed, but nothing is published yet", hint="pairec backfill run"
            )
        return chosen

    def known_users(self, scene: str) -> list[str]:
        """Ids of every user in the scene's published user features."""
        confs = self.engine_config().get("UserFeatureConfs", {}).get(scene, {}).get("FeatureLoadConfs", [])
        views = [conf["FeatureDaoConf"]["FeatureStoreViewName"] for conf in confs]
        return self.featuredb.keys(views[0]) if views else []

    @property
    def models(self) -> Path:
        """The folder of the trained models: `<model>/<ds>/`."""
        return self.home / "models"

    def oss(self, bucket: str) -> Path:
        """The folder that stands for an OSS bucket."""
        return self.home / "oss" / bucket

    def dataworks(self, workspace: str) -> Path:
        """The folder that holds a DataWorks workspace's deployed scripts."""
        return self.home / "dataworks" / workspace

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def unfinished_quickstart(self) -> Path:
        """A file that is there from the start of a quick deployment to its good end."""
        return self.home / "quickstart.unfinished"


def _is_workspace(folder: Path) -> bool:
    return (folder / MARKER).exists() or (folder / CONTROL_PLANE).exists()


def _one_scene(scenes: list[str], scene: str | None) -> str:
    if scene is not None and scene not in scenes:
        raise NotFound("scene", scene, scenes, hint="pairec scenario list")
    if scene is None and len(scenes) != 1:
        raise InvalidInput(f"several scenes are deployed: {', '.join(scenes)}", hint="name one with --scene")
    return scene or scenes[0]


def _document(path: Path) -> dict[str, Any]:
    from pairec_cli.engine.config_document import read_document

    return read_document(path)
