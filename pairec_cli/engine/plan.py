"""What one scene and category runs: the stages built from their configuration, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import DEFAULT_CATEGORY
from pairec_cli.domain.stages import Recall, Resources
from pairec_cli.engine.config import MEND, WHAT, EngineConfig, StageEntry
from pairec_cli.engine.debugging import DebugLog
from pairec_cli.engine.fallback import Fallback
from pairec_cli.engine.feature_stages import feature_stage
from pairec_cli.engine.features import UserView
from pairec_cli.engine.general_rank import KIND, SplitRank, Stage
from pairec_cli.engine.model_rank import LazyAlgorithm, ModelRank
from pairec_cli.engine.rank import RankConf, ScoreExpression
from pairec_cli.engine.recalls.caching import cached
from pairec_cli.engine.recalls.conf import ExplainConf
from pairec_cli.engine.sections import FILTER, SORT, FeatureLoad, GeneralRank


class Step(Record):
    """One stage between recall and cut: `kind` is the funnel's word for it (filter, general_rank, features,
    rank, sort)."""

    kind: str
    stage: Stage


class Plan(Record):
    """The stages of one scene and category."""

    user_views: tuple[UserView, ...]
    recalls: tuple[Recall, ...]
    steps: tuple[Step, ...]
    explains: dict[str, ExplainConf]
    """Recall name → the views that explain it."""
    output_fields: tuple[str, ...] = ()
    """What items show beside their score: `item:property`, `score:algorithm`, `score:*`."""
    fallback: Fallback | None = None
    debug: DebugLog | None = None


class Planner:
    """Builds every configured stage once, then the plans.

    Raises InvalidConfig with all stages that cannot be built. A stage gives paths below its own entry.
    """

    def __init__(self, config: EngineConfig, resources: Resources) -> None:
        self.config = config
        self._problems: list[Problem] = []
        self._hint = ""
        self.recalls: dict[str, Any] = {}
        self.filters: dict[str, Any] = {}
        self.sorts: dict[str, Any] = {}
        resources = resources.replace(filters=self.filters, sorts=self.sorts)
        self._build(self.recalls, config.recalls, resources)
        for name, recall in self.recalls.items():
            self.recalls[name] = cached(recall, config.recalls[name].type, config.recalls[name].config)
        self._build(self.filters, config.filters, resources)
        self._build(self.sorts, config.sorts, resources)
        self.user_views = {
            scene: tuple(self._user_views(scene, features.feature_load_confs, resources))
            for scene, features in config.user_features.items()
        }
        self.algorithms = {name: LazyAlgorithm(conf, resources) for name, conf in config.algorithms.items()}
        self.ranks = {
            scene: self._rank(conf)
            for scene, conf in config.ranks.items()
            if conf.ranks and set(conf.rank_algo_list) <= self.algorithms.keys()
        }
        self.features = {
            scene: self._features(f"FeatureConfs.{scene}", features.feature_load_confs, resources)
            for scene, features in config.features.items()
        }
        self.general = {scene: self._general_rank(scene, resources) for scene in config.general_ranks}
        self.debugs = {scene: DebugLog(conf) for scene, conf in config.debugs.items() if conf.writes}
        self.fallbacks = dict(self._fallbacks(resources))
        if self._problems:
            for fallback in self.fallbacks.values():
                fallback.close()
            raise InvalidConfig(WHAT, self._problems, hint=self._hint or MEND)

    def plan(self, scene: str, category: str) -> Plan:
        """Raises NotFound for an unknown scene or category."""
        chosen = self.config.category(scene, category)
        names = chosen.recall_names
        filters = [Step("filter", self.filters[entry.name]) for entry in self.config.filters_of(scene)]
        general = [Step(KIND, stage) for stage in self.general.get(scene, ())]
        features = [Step("features", stage) for stage in self.features.get(scene, ())]
        ranks = [Step("rank", self.ranks[scene])] if scene in self.ranks else []
        sorts = [Step("sort", self.sorts[entry.name]) for entry in self.config.sorts_of(scene, category)]
        explains = {name: getattr(self.config.recalls[name].config, "explain", None) for name in names}
        return Plan(
            self.user_views.get(scene, ()),
            tuple(self.recalls[name] for name in names),
            (*filters, *general, *features, *ranks, *sorts),
            {name: conf for name, conf in explains.items() if conf},
            chosen.output_fields,
            self.fallbacks.get(scene),
            self.debugs.get(scene),
        )

    def _fallbacks(self, resources: Resources) -> Iterator[tuple[str, Fallback]]:
        """By scene: the one that its category `default` names counts for all of them."""
        for scene, categories in self.config.scenes.items():
            conf = categories[DEFAULT_CATEGORY].fallback_config if DEFAULT_CATEGORY in categories else None
            if conf is not None:
                with self._under(f"SceneConfs.{scene}.{DEFAULT_CATEGORY}"):
                    yield scene, Fallback(conf, resources)

    def _rank(self, conf: RankConf) -> ScoreExpression | ModelRank:
        expression = ScoreExpression("RankScore", conf)
        algorithms = [self.algorithms[name] for name in conf.rank_algo_list]
        return ModelRank(algorithms, expression) if algorithms else expression

    def _build(self, built: dict[str, Any], entries: Mapping[str, StageEntry], resources: Resources) -> None:
        for name, entry in entries.items():
            with self._under(entry.path):
                built[name] = entry.stage(name, entry.config, resources)

    def _user_views(
        self, scene: str, loads: Iterable[FeatureLoad], resources: Resources
    ) -> Iterator[UserView]:
        for index, load in enumerate(loads):
            with self._under(f"UserFeatureConfs.{scene}.FeatureLoadConfs[{index}]"):
                yield UserView.from_config(load, resources)

    def _features(self, path: str, loads: Iterable[FeatureLoad], resources: Resources) -> list[Stage]:
        made: list[Stage] = []
        for index, load in enumerate(loads):
            with self._under(f"{path}.FeatureLoadConfs[{index}]"):
                made.append(feature_stage(load, resources))
        return made

    def _general_rank(self, scene: str, resources: Resources) -> list[Stage]:
        """The stages of the coarse rank; one that parts the items where cold-start recalls have their own."""
        conf = self.config.general_ranks[scene]
        general = self._general_stages(f"GeneralRankConfs.{scene}", conf, resources)
        cold = self.config.cold_start_general_ranks.get(scene)
        if cold is None:
            return general
        stages = self._general_stages(f"ColdStartGeneralRankConfs.{scene}", cold, resources)
        return [SplitRank(general, stages, cold.recall_names)]

    def _general_stages(self, path: str, conf: GeneralRank, resources: Resources) -> list[Stage]:
        """Features, algorithms, then the actions that exist."""
        found = self._features(path, conf.feature_load_confs, resources)
        algorithms = conf.rank_conf.rank_algo_list
        if algorithms and set(algorithms) <= self.algorithms.keys():
            found.append(self._rank(conf.rank_conf))
        for action in conf.action_confs:
            named = {SORT: self.sorts, FILTER: self.filters}.get(action.action_type, {})
            if action.action_name in named:
                found.append(named[action.action_name])
        return found

    @contextmanager
    def _under(self, path: str) -> Iterator[None]:
        try:
            yield
        except InvalidConfig as error:
            self._hint = self._hint or error.hint or ""
            self._problems += [
                Problem(f"{path}.{found.path}", found.message, found.value) for found in error.problems
            ]
