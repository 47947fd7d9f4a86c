"""The keys that every RecallConfs entry shares, and the check of its data source."""

from __future__ import annotations

from dataclasses import dataclass, field

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.stages import Resources

FEATURESTORE = "featurestore"


@dataclass(frozen=True, slots=True)
class DaoConf:
    """Where a recall reads: a feature view of the embedded FeatureDB."""

    adapter_type: str = ""
    feature_store_name: str = ""
    feature_store_model_name: str = ""
    feature_store_entity_name: str = ""
    feature_store_view_name: str = ""
    item_id_field: str = ""
    item_score_field: str = ""


@dataclass(frozen=True, slots=True)
class ExplainConf:
    """Our own key, which PAI-Rec's engine ignores: the views from which an answer can be explained.

    `trigger_view`: user → `trigger_item:weight,…`; `similar_view`: item → `id:score,…`. Both hold the list in
    the named field, else in their only column.
    """

    trigger_view: str = ""
    trigger_field: str = ""
    similar_view: str = ""
    similar_field: str = ""


@dataclass(frozen=True, slots=True)
class RecallConf:
    """RecallConfs[] without Name and RecallType. A RecallCount of 0 gives nothing, as in PAI-Rec."""

    recall_count: int = 0
    item_type: str = ""
    dao_conf: DaoConf = field(default_factory=DaoConf)
    explain: ExplainConf = field(default_factory=ExplainConf)


def source_view(name: str, dao: DaoConf, resources: Resources) -> str:
    """The view that the recall reads. Raises InvalidConfig unless the source is a view of the FeatureDB."""
    where = f"RecallConfs[{name}].DaoConf"
    problems = []
    if dao.adapter_type.lower() != FEATURESTORE:
        message = f"{dao.adapter_type!r} is not served; allowed: {FEATURESTORE}"
        problems.append(Problem(f"{where}.AdapterType", message, dao.adapter_type))
    elif not dao.feature_store_view_name:
        problems.append(Problem(f"{where}.FeatureStoreViewName", "is missing"))
    if problems:
        raise InvalidConfig("the engine configuration", problems, hint="mend engine.json at the paths named")
    return dao.feature_store_view_name
