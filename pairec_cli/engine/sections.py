"""Sections of engine.json beside RecallConfs, FilterConfs and SortConfs, as typed values.

Source: "Engine configuration" in PAI-Rec's help, and the configuration structs of the open engine (recconf).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from pairec_cli.domain.records import Record
from pairec_cli.domain.registry import Registry
from pairec_cli.domain.sources import DaoConf
from pairec_cli.engine.decode import NO_EFFECT, Findings, decode, json_key
from pairec_cli.engine.fallback import FallbackConf
from pairec_cli.engine.known_keys import CATEGORY_KEYS, FEATURE_DAO_KEYS
from pairec_cli.engine.rank import RankConf

Doubt = tuple[str, str, object]
SORT, FILTER = "sort", "filter"
TRANSFORMS = Registry(
    "feature transform",
    {
        "conf": "pairec_cli.domain.feature_transforms:FeatureConf",
        "transform": "pairec_cli.domain.feature_transforms:FeatureTransform",
    },
)
"""Loaded by configurations with Features alone: the languages of expressions take long to load."""


class Listen(Record):
    """ListenConf: where the HTTP API listens."""

    http_addr: str = ""
    http_port: int = 8000


class Category(Record):
    """SceneConfs.<scene>.<category>."""

    unserved: ClassVar[tuple[str, ...]] = CATEGORY_KEYS

    recall_names: tuple[str, ...] = ()
    output_fields: tuple[str, ...] = ()
    fallback_config: FallbackConf | None = None


class DataSourceName(Record):
    """A DataHub topic or Kafka queue, by its name."""

    name: str = ""
    type: str = ""


class _Idle(Record):
    """A section whose keys are checked and have no effect."""

    def doubts(self) -> Iterator[Doubt]:
        for name in self.field_names:
            if getattr(self, name) != self.field_defaults[name]:
                yield json_key(name), NO_EFFECT, None


class CallBack(_Idle):
    """CallBackConfs.<scene>: what is reported as shown is kept, in files of the workspace."""

    data_source: DataSourceName = DataSourceName()
    rank_conf: RankConf = RankConf()
    raw_features: bool = False
    raw_features_rate: int = 0
    item_size: int = 0
    item_size_rate: int = 0
    use_user_features: bool = False


class Log(_Idle):
    """LogConf: our logs go to standard error."""

    retension_days: int = 0
    disk_size: int = 0
    log_level: str = ""
    output: str = ""
    sls_name: str = ""


class FeatureLog(_Idle):
    """FeatureLogConfs.<scene>."""

    output_type: str = ""
    rate: int = 0
    datahub_name: str = ""
    kaf_ka_name: str = ""
    user_features: str = ""
    item_features: str = ""
    split_user_item_logs: bool = False


class Embedding(_Idle):
    """EmbeddingConfs.<scene>."""

    data_source: DataSourceName = DataSourceName()
    rank_conf: RankConf = RankConf()


class ColdStartRank(_Idle):
    """ColdStartRankConfs.<scene>: a Linucb service for the items of one recall."""

    recall_name: str = ""
    algo_name: str = ""
    only_embedding_feature: bool = False


class FeatureDao(DaoConf):
    """FeatureLoadConfs[].FeatureDaoConf: rows read under a property of the user (`user:uid`) or of each item
    (`item:id`), whose columns become properties of the same. In a table the key is the column that
    UserFeatureKeyName or ItemFeatureKeyName names; in Redis a row is a text, `k:v,…` or with RedisFieldType
    `json` an object."""

    unserved: ClassVar[tuple[str, ...]] = FEATURE_DAO_KEYS

    feature_key: str = "user:uid"
    feature_store: str = "user"
    user_feature_key_name: str = ""
    item_feature_key_name: str = ""
    user_select_fields: str = ""
    item_select_fields: str = ""
    redis_data_type: str = ""
    redis_field_type: str = ""


class FeatureLoad(Record):
    """FeatureLoadConfs[]: what is read, and the transforms that follow (`FeatureConf` each)."""

    feature_dao_conf: FeatureDao = FeatureDao()
    features: tuple[Any, ...] = ()


class SceneFeatures(Record):
    """UserFeatureConfs.<scene> and FeatureConfs.<scene>. Sources are asked one after another, whatever
    AsynLoadFeature says: the properties are the same."""

    feature_load_confs: tuple[FeatureLoad, ...] = ()
    asyn_load_feature: bool = False


class Action(Record):
    """ActionConfs[]: a sort or a filter, by its name."""

    action_type: str = ""
    action_name: str = ""

    def doubts(self) -> Iterator[Doubt]:
        if self.action_type not in (SORT, FILTER):
            message = f"must be {SORT} or {FILTER}: the action is skipped"
            yield "ActionType", message, self.action_type


class GeneralRank(Record):
    """GeneralRankConfs.<scene>: the coarse rank. Features are loaded, RankConf's algorithms asked (its
    RankScore counts with algorithms alone), then the actions run in order."""

    feature_load_confs: tuple[FeatureLoad, ...] = ()
    rank_conf: RankConf = RankConf()
    action_confs: tuple[Action, ...] = ()

    def doubts(self) -> Iterator[Doubt]:
        if self.rank_conf.rank_score and not self.rank_conf.rank_algo_list:
            yield "RankConf.RankScore", "has no effect without RankAlgoList", self.rank_conf.rank_score


class ColdStartGeneralRank(GeneralRank):
    """ColdStartGeneralRankConfs.<scene>: the coarse rank of the items that these recalls gave."""

    recall_names: tuple[str, ...] = ()


class Pipeline(_Idle):
    """PipelineConfs.<scene>[]: a chain of its own beside the scene's."""

    name: str = ""
    recall_names: tuple[str, ...] = ()
    filter_names: tuple[str, ...] = ()
    general_rank_conf: GeneralRank = GeneralRank()
    feature_load_confs: tuple[FeatureLoad, ...] = ()
    rank_conf: RankConf = RankConf()
    cold_start_rank_conf: ColdStartRank = ColdStartRank()
    sort_names: tuple[str, ...] = ()


F = TypeVar("F", SceneFeatures, GeneralRank, ColdStartGeneralRank)


def with_transforms(section: str, confs: Mapping[str, F], findings: Findings) -> dict[str, F]:
    """The scenes with their Features read."""
    return {scene: _read(f"{section}.{scene}", conf, findings) for scene, conf in confs.items()}


def _read(path: str, conf: F, findings: Findings) -> F:
    loads = []
    for index, load in enumerate(conf.feature_load_confs):
        where = f"{path}.FeatureLoadConfs[{index}].Features"
        read = [
            decode(TRANSFORMS.load("conf"), raw, f"{where}[{place}]", findings)
            for place, raw in enumerate(load.features)
        ]
        loads.append(load.replace(features=tuple(read)) if read else load)
    return conf.replace(feature_load_confs=tuple(loads))
