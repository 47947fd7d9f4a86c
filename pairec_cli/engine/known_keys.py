"""Keys that PAI-Rec's engine knows, by section, whether we serve them or not.

A key from here that nothing of ours reads is reported as being without effect; one from nowhere as unknown.
Source: the configuration structs of the open-source engine (recconf).
"""

from __future__ import annotations

TOP_KEYS = (
    *("RunMode", "Region", "ListenConf", "SceneConfs", "RecallConfs", "FilterConfs"),
    *("FilterNames", "BeFilterConfs", "GeneralRankConfs", "ColdStartGeneralRankConfs"),
    *("FeatureConfs", "UserFeatureConfs", "AlgoConfs", "RankConf", "ColdStartRankConfs"),
    *("SortConfs", "SortNames", "DPPConf", "PipelineConfs", "RedisConfs", "MysqlConfs"),
    *("HologresConfs", "ClickHouseConfs", "LindormConfs", "GraphConfs", "FeatureStoreConfs"),
    *("TableStoreConfs", "HBaseConfs", "HBaseThriftConfs", "KafkaConfs", "DatahubConfs"),
    *("SlsConfs", "BEConfs", "RecallEngineConfs", "Ha3EngineConfs", "OpenSearchConfs", "LogConf"),
    *("ABTestConf", "CallBackConfs", "DebugConfs", "FeatureLogConfs", "EmbeddingConfs"),
    *("PrometheusConfig", "UserDefineConfs"),
)

CATEGORY_KEYS = (
    *("RecallNames", "FallbackConfig", "AutoInvokeCallBack", "AutoInvokeCallBackRate"),
    *("OutputFields", "SubRank"),
)

DAO_KEYS = (
    *("Adapter", "AdapterType", "RedisName", "RedisPrefix", "RedisDataType", "RedisFieldType"),
    *("RedisDefaultKey", "RedisValueDelimeter", "MysqlName", "MysqlTable", "Config"),
    *("TableStoreName", "TableStoreTableName", "HBasePrefix", "HBaseName", "HBaseTable"),
    *("ColumnFamily", "Qualifier", "ItemIdField", "ItemScoreField", "HologresName"),
    *("HologresTableName", "ClickHouseName", "ClickHouseTableName", "BeName", "BizName"),
    *("BeRecallName", "BeTableName", "BeExposureUserIdName", "BeExposureItemIdName"),
    *("FeatureStoreName", "FeatureStoreModelName", "FeatureStoreEntityName"),
    *("FeatureStoreViewName", "GraphName", "InstanceId", "TableName", "UserNode", "ItemNode"),
    *("Edge", "LindormTableName", "LindormName", "RecallEngineName", "RecallEngineTableName"),
)

RECALL_KEYS = (
    *("RecallCount", "RecallAlgo", "VectorAlgoType", "ItemType", "CacheAdapter", "CacheConfig"),
    *("CachePrefix", "CacheTime", "Triggers", "DaoConf", "FilterParams"),
    *("UserCollaborativeDaoConf", "ItemCollaborativeDaoConf", "RealTimeUser2ItemDaoConf"),
    *("ColdStartDaoConf", "VectorDaoConf", "HologresVectorConf", "BeConf"),
)

FILTER_KEYS = (
    *("FilterTypeVersion", "DaoConf", "MaxItems", "TimeInterval", "RetainNum", "ShuffleItem"),
    *("WriteLog", "ClearLogIfNotEnoughScene", "WriteLogExcludeScenes"),
    *("GenerateItemDataFuncName", "GenerateItemDataExpr", "GenerateUserDataExpr"),
    *("OnlyLogUserExposeFlag", "Dimension", "ScoreWeight", "GroupMinNum", "GroupMaxNum"),
    *("GroupWeightStrategy", "GroupWeightDimensionLimit", "AdjustCountConfs", "EnsureDiversity"),
    *("DiversityMinCount", "DiversityDaoConf", "ItemStateDaoConf", "FilterParams"),
    *("FilterEvaluableExpression", "FilterVal", "ItemStateCacheSize", "ItemStateCacheTime"),
    *("Features", "Conditions", "ConditionFilterConfs", "SnakeType"),
)

SORT_KEYS = (
    *("SortByField", "SortOrder", "SwitchThreshold", "BoostScoreConditions"),
    *("BoostScoreConditionsFilterAll", "Debug", "TimeInterval", "BoostScoreByWeightDao"),
    *("DistinctIdConditions", "DiversityRules", "DiversitySize", "ExploreItemSize"),
    *("ExcludeRecalls", "Conditions", "ExclusionRules", "MultiValueDimensionConf"),
    *("MixSortRules", "Size", "RemainItem", "ConditionSortConfs", "DPPConf", "SSDConf"),
    *("PIDConf",),
)

FEATURE_DAO_KEYS = (
    *DAO_KEYS,
    *("FeatureKey", "FeatureStore", "UserFeatureKeyName", "ItemFeatureKeyName"),
    *("UserSelectFields", "ItemSelectFields", "FeatureType", "SequenceLength", "SequenceName"),
    *("SequenceEvent", "SequenceDelim", "SequencePlayTime", "SequenceOfflineTableName"),
    *("SequenceDimFields", "CacheSize", "CacheTime", "CacheFeaturesName"),
    *("LoadFromCacheFeaturesName", "FeatureAsyncLoad"),
)
