"""What one scene and category runs: the stages built from their configuration, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.stages import Filter, Recall, Resources, Sort
from pairec_cli.engine.config import EngineConfig, StageEntry
from pairec_cli.engine.features import UserView
from pairec_cli.engine.recalls.conf import ExplainConf


@dataclass(frozen=True, slots=True)
class Step:
    """One stage between recall and cut: `kind` is the funnel's word for it (filter, sort)."""

    kind: str
    stage: Filter | Sort


@dataclass(frozen=True, slots=True)
class Plan:
    """The stages of one scene and category."""

    user_views: tuple[UserView, ...]
    recalls: tuple[Recall, ...]
    steps: tuple[Step, ...]
    explains: dict[str, ExplainConf]
    """Recall name → the views that explain it."""


class Planner:
    """Builds every configured stage once, then the plans. Raises InvalidConfig when a stage cannot be
    built."""

    def __init__(self, config: EngineConfig, resources: Resources) -> None:
        self.config = config
        self.recalls = _build(config.recalls.values(), resources)
        self.filters = _build(config.filters.values(), resources)
        self.sorts = _build(config.sorts.values(), resources)
        self.user_views = {
            scene: tuple(
                UserView.from_config(
                    load.feature_dao_conf, f"UserFeatureConfs.{scene}.FeatureLoadConfs[{i}].FeatureDaoConf"
                )
                for i, load in enumerate(features.feature_load_confs)
            )
            for scene, features in config.user_features.items()
        }

    def plan(self, scene: str, category: str) -> Plan:
        """Raises NotFound for an unknown scene or category."""
        names = self.config.category(scene, category).recall_names
        filters = [Step("filter", self.filters[entry.name]) for entry in self.config.filters_of(scene)]
        sorts = [Step("sort", self.sorts[entry.name]) for entry in self.config.sorts_of(scene, category)]
        explains = {name: getattr(self.config.recalls[name].config, "explain", None) for name in names}
        return Plan(
            self.user_views.get(scene, ()),
            tuple(self.recalls[name] for name in names),
            (*filters, *sorts),
            {name: conf for name, conf in explains.items() if conf},
        )


def _build(entries: Iterable[StageEntry], resources: Resources) -> dict[str, Any]:
    """The stages by name; all that cannot be built are reported together."""
    built: dict[str, Any] = {}
    problems = []
    for entry in entries:
        try:
            built[entry.name] = entry.stage(entry.name, entry.config, resources)
        except InvalidConfig as error:
            problems += error.problems
    if problems:
        raise InvalidConfig("the engine configuration", problems, hint="mend engine.json at the paths named")
    return built
