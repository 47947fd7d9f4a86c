"""`engine.json`: PAI-Rec's own keys as typed values, with everything that is wrong or strange about them.

Source: "Engine configuration" in PAI-Rec's help, and the configuration structs of the open-source engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pairec_cli.domain.connections import Connections, DsnConf, FeatureStoreConf, RedisConf, TableStoreConf
from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.registry import Registry
from pairec_cli.engine.algorithms.conf import AlgorithmConf, served_algorithms
from pairec_cli.engine.debugging import DebugConf
from pairec_cli.engine.decode import Findings, decode, fold
from pairec_cli.engine.known_keys import FILTER_KEYS, RECALL_KEYS, SORT_KEYS, TOP_KEYS
from pairec_cli.engine.rank import RankConf
from pairec_cli.engine.recalls.registry import BUILT_IN_RECALLS, RECALLS
from pairec_cli.engine.sections import (
    FILTER,
    SORT,
    CallBack,
    Category,
    ColdStartGeneralRank,
    ColdStartRank,
    Embedding,
    FeatureLog,
    GeneralRank,
    Listen,
    Log,
    Pipeline,
    SceneFeatures,
    with_transforms,
)
from pairec_cli.filters.registry import BUILT_IN_FILTERS, FILTERS
from pairec_cli.sorting.registry import BUILT_IN_SORTS, SORTS

DEFAULT_SORT = "ItemRankScore"
RECALL_CATEGORY = "default_category"
"""What /api/recall asks for, and others fall back to."""
WHAT = "the engine configuration"
MEND = "mend engine.json at the paths named"


class StageEntry(Record):
    """One entry of RecallConfs, FilterConfs or SortConfs: its class and its decoded settings."""

    name: str
    type: str
    stage: Any
    config: Any
    path: str


class _Head(Record):
    name: str = ""


class _Document(Record):
    run_mode: str = "daily"
    region: str = ""
    listen_conf: Listen = Listen()
    scene_confs: Mapping[str, Mapping[str, Category]] = {}
    recall_confs: tuple[Any, ...] = ()
    filter_confs: tuple[Any, ...] = ()
    filter_names: Mapping[str, tuple[str, ...]] = {}
    sort_confs: tuple[Any, ...] = ()
    sort_names: Mapping[str, tuple[str, ...]] = {}
    feature_store_confs: Mapping[str, FeatureStoreConf] = {}
    redis_confs: Mapping[str, RedisConf] = {}
    hologres_confs: Mapping[str, DsnConf] = {}
    mysql_confs: Mapping[str, DsnConf] = {}
    table_store_confs: Mapping[str, TableStoreConf] = {}
    user_feature_confs: Mapping[str, SceneFeatures] = {}
    feature_confs: Mapping[str, SceneFeatures] = {}
    general_rank_confs: Mapping[str, GeneralRank] = {}
    cold_start_general_rank_confs: Mapping[str, ColdStartGeneralRank] = {}
    debug_confs: Mapping[str, DebugConf] = {}
    rank_conf: Mapping[str, RankConf] = {}
    algo_confs: tuple[AlgorithmConf, ...] = ()
    dpp_conf: tuple[Any, ...] = ()
    call_back_confs: Mapping[str, CallBack] = {}
    log_conf: Log = Log()
    feature_log_confs: Mapping[str, FeatureLog] = {}
    embedding_confs: Mapping[str, Embedding] = {}
    cold_start_rank_confs: Mapping[str, ColdStartRank] = {}
    pipeline_confs: Mapping[str, tuple[Pipeline, ...]] = {}


class EngineConfig(Record):
    """The whole configuration, read and checked. `recalls`, `filters`, `sorts` are by name, built-in ones
    among them; `warnings` are what had no effect, each with its path."""

    run_mode: str
    listen: Listen
    scenes: Mapping[str, Mapping[str, Category]]
    recalls: Mapping[str, StageEntry]
    filters: Mapping[str, StageEntry]
    sorts: Mapping[str, StageEntry]
    filter_names: Mapping[str, tuple[str, ...]]
    sort_names: Mapping[str, tuple[str, ...]]
    feature_stores: frozenset[str]
    user_features: Mapping[str, SceneFeatures]
    ranks: Mapping[str, RankConf]
    warnings: tuple[Problem, ...] = ()
    algorithms: Mapping[str, AlgorithmConf] = {}
    connections: Connections = Connections()
    callbacks: frozenset[str] = frozenset()
    """Scenes whose callbacks are kept."""
    features: Mapping[str, SceneFeatures] = {}
    """What is loaded before the rank, by scene."""
    general_ranks: Mapping[str, GeneralRank] = {}
    cold_start_general_ranks: Mapping[str, ColdStartGeneralRank] = {}
    debugs: Mapping[str, DebugConf] = {}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> EngineConfig:
        """The checked configuration. Raises InvalidConfig with every wrong type and unknown stage type."""
        found, findings = cls.examine(document)
        if findings.problems:
            raise InvalidConfig(WHAT, findings.problems, hint=MEND)
        return found

    @classmethod
    def examine(cls, document: Mapping[str, Any]) -> tuple[EngineConfig, Findings]:
        """The configuration as far as it can be read, and what is wrong and strange about it."""
        findings = Findings()
        raw = decode(_Document, document, "", findings, unserved=TOP_KEYS)
        recalls = _entries("RecallConfs", "RecallType", raw.recall_confs, RECALLS, RECALL_KEYS, findings)
        filters = _entries("FilterConfs", "FilterType", raw.filter_confs, FILTERS, FILTER_KEYS, findings)
        sorts = _entries("SortConfs", "SortType", raw.sort_confs, SORTS, SORT_KEYS, findings)
        recalls = {**_built_in(BUILT_IN_RECALLS, RECALLS), **recalls}
        filters = {**_built_in(BUILT_IN_FILTERS, FILTERS), **filters}
        sorts = {**_built_in(BUILT_IN_SORTS, SORTS), **_dpp_sorts(raw.dpp_conf, findings), **sorts}
        found = cls(
            raw.run_mode,
            raw.listen_conf,
            _scenes(raw.scene_confs, recalls, findings),
            recalls,
            filters,
            sorts,
            _named("FilterNames", "filter", raw.filter_names, filters, findings),
            _named("SortNames", "sort", raw.sort_names, sorts, findings),
            frozenset(raw.feature_store_confs),
            with_transforms("UserFeatureConfs", raw.user_feature_confs, findings),
            raw.rank_conf,
            algorithms=served_algorithms(raw.algo_confs, findings),
            connections=_connections(raw),
            callbacks=frozenset(raw.call_back_confs),
            features=with_transforms("FeatureConfs", raw.feature_confs, findings),
            general_ranks=with_transforms("GeneralRankConfs", raw.general_rank_confs, findings),
            cold_start_general_ranks=with_transforms(
                "ColdStartGeneralRankConfs", raw.cold_start_general_rank_confs, findings
            ),
            debugs=raw.debug_confs,
        )
        found._check_scene_keys(findings)
        found._check_algorithms(findings)
        found._check_actions(findings)
        return found.replace(warnings=tuple(findings.warnings)), findings

    def _check_scene_keys(self, findings: Findings) -> None:
        """A misspelt scene in these maps would silently do nothing."""
        categories = {name for confs in self.scenes.values() for name in confs}
        none = set[str]()
        known = {
            "FilterNames": {"default"},
            "SortNames": categories,
            "UserFeatureConfs": none,
            "FeatureConfs": none,
            "GeneralRankConfs": none,
            "ColdStartGeneralRankConfs": none,
            "RankConf": none,
            "DebugConfs": none,
        }
        maps: tuple[Mapping[str, Any], ...] = (
            *(self.filter_names, self.sort_names, self.user_features, self.features),
            *(self.general_ranks, self.cold_start_general_ranks, self.ranks, self.debugs),
        )
        for (section, others), scenes in zip(known.items(), maps, strict=True):
            for scene in scenes:
                if scene not in self.scenes and scene not in others:
                    fact = NotFound("scene", scene, self.scenes).message
                    findings.warn(f"{section}.{scene}", f"{fact}: this has no effect", scene)

    def _check_algorithms(self, findings: Findings) -> None:
        for scene, conf in self.ranks.items():
            self._check_rank(f"RankConf.{scene}", conf, findings)
        for section, confs in self._general_sections():
            for scene, general in confs.items():
                self._check_rank(f"{section}.{scene}.RankConf", general.rank_conf, findings)

    def _general_sections(self) -> tuple[tuple[str, Mapping[str, GeneralRank]], ...]:
        return (
            ("GeneralRankConfs", self.general_ranks),
            ("ColdStartGeneralRankConfs", self.cold_start_general_ranks),
        )

    def _check_rank(self, path: str, conf: RankConf, findings: Findings) -> None:
        for index, name in enumerate(conf.rank_algo_list):
            if name not in self.algorithms:
                fact = NotFound("served algorithm", name, self.algorithms).message
                findings.warn(f"{path}.RankAlgoList[{index}]", f"{fact}: the scene is not ranked", name)

    def _check_actions(self, findings: Findings) -> None:
        known: dict[str, Mapping[str, StageEntry]] = {SORT: self.sorts, FILTER: self.filters}
        for section, confs in self._general_sections():
            for scene, general in confs.items():
                for index, action in enumerate(general.action_confs):
                    entries = known.get(action.action_type)
                    if entries is not None and action.action_name not in entries:
                        fact = NotFound(action.action_type, action.action_name, entries).message
                        path = f"{section}.{scene}.ActionConfs[{index}].ActionName"
                        findings.warn(path, f"{fact}: it is skipped", action.action_name)
        for scene in self.cold_start_general_ranks:
            if scene not in self.general_ranks:
                path = f"ColdStartGeneralRankConfs.{scene}"
                findings.warn(path, "has no effect without GeneralRankConfs of the scene", scene)

    def category(self, scene: str, category: str) -> Category:
        """The recalls of a scene's category, or of its `default_category`; those of `default` where
        `default_category` itself is asked for and not there. Raises NotFound."""
        categories = self.scenes.get(scene)
        if categories is None:
            raise NotFound(
                "scene", scene, self.scenes, hint="scenes are the keys of SceneConfs in engine.json"
            )
        other = "default" if category == RECALL_CATEGORY else RECALL_CATEGORY
        found = categories.get(category) or categories.get(other)
        if found is None:
            raise NotFound(f"category of scene {scene!r}", category, categories)
        return found

    def filters_of(self, scene: str) -> list[StageEntry]:
        """Filters in order: the scene's own list, also when it is empty, else that of `default`."""
        names = self.filter_names.get(scene)
        if names is None:
            names = self.filter_names.get("default", ())
        return [self.filters[name] for name in names]

    def sorts_of(self, scene: str, category: str) -> list[StageEntry]:
        """Sorts in order: the scene's, else the category's; ItemRankScore when these are none."""
        names = self.sort_names.get(scene)
        if names is None:
            names = self.sort_names.get(category, ())
        return [self.sorts[name] for name in names or (DEFAULT_SORT,)]


def _connections(raw: _Document) -> Connections:
    return Connections(
        raw.redis_confs, raw.hologres_confs, raw.mysql_confs, raw.table_store_confs, raw.feature_store_confs
    )


def _entries(
    section: str,
    type_key: str,
    raw: Iterable[Any],
    registry: Registry,
    keys: tuple[str, ...],
    findings: Findings,
) -> dict[str, StageEntry]:
    """The entries by name; a later entry replaces an earlier one of the same name, as in PAI-Rec."""
    found: dict[str, StageEntry] = {}
    for index, entry in enumerate(raw):
        path = f"{section}[{index}]"
        if not isinstance(entry, Mapping):
            findings.problem(path, "must be an object", entry)
            continue
        head = decode(_Head, entry, path, Findings())
        kind = {fold(key): value for key, value in entry.items()}.get(fold(type_key), "")
        if not isinstance(kind, str):
            findings.problem(f"{path}.{type_key}", "must be a string", kind)
            continue
        try:
            stage = registry.load(kind)
        except NotFound as error:
            findings.problem(f"{path}.{type_key}", error.message, kind)
            continue
        if head.name in found:
            findings.warn(path, f"replaces an earlier entry that is also named {head.name!r}", head.name)
        config = decode(stage.Config, entry, path, findings, unserved=keys, also=("Name", type_key))
        found[head.name] = StageEntry(head.name, kind, stage, config, path)
    return found


def _dpp_sorts(raw: Iterable[Any], findings: Findings) -> dict[str, StageEntry]:
    """The entries of the list DPPConf: sorts that need no SortConfs entry."""
    found: dict[str, StageEntry] = {}
    for index, entry in enumerate(raw):
        kind, path = "DPPSort", f"DPPConf[{index}]"
        stage = SORTS.load(kind)
        conf = decode(stage.Conf, entry, path, findings)
        found.setdefault(conf.name, StageEntry(conf.name, kind, stage, stage.Config(conf), path))
    return found


def _built_in(names: Iterable[str], registry: Registry) -> dict[str, StageEntry]:
    stages = {name: registry.load(name) for name in names}
    return {name: StageEntry(name, name, stage, stage.Config(), name) for name, stage in stages.items()}


def _scenes(
    confs: Mapping[str, Mapping[str, Category]], recalls: Mapping[str, StageEntry], findings: Findings
) -> dict[str, dict[str, Category]]:
    def known(category: Category, path: str) -> Category:
        names = _known(f"{path}.RecallNames", "recall", category.recall_names, recalls, findings)
        return category.replace(recall_names=names)

    return {
        scene: {name: known(category, f"SceneConfs.{scene}.{name}") for name, category in categories.items()}
        for scene, categories in confs.items()
    }


def _named(
    section: str,
    kind: str,
    lists: Mapping[str, tuple[str, ...]],
    entries: Mapping[str, StageEntry],
    findings: Findings,
) -> dict[str, tuple[str, ...]]:
    return {
        scene: _known(f"{section}.{scene}", kind, names, entries, findings) for scene, names in lists.items()
    }


def _known(
    path: str, kind: str, names: tuple[str, ...], entries: Mapping[str, StageEntry], findings: Findings
) -> tuple[str, ...]:
    """The names that exist; the others are skipped, as PAI-Rec does, with a warning."""
    for index, name in enumerate(names):
        if name not in entries:
            fact = NotFound(kind, name, entries).message
            findings.warn(f"{path}[{index}]", f"{fact}: it is skipped", name)
    return tuple(name for name in names if name in entries)
