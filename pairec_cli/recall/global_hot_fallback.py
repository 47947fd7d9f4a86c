"""Global hot fallback: one row of hot items that answers when the scene's own recalls fail, are late or fall
short (tutorial step 5.4, "Global hot fallback recall").

The list is that of global hot; only the engine uses it otherwise: FallbackConfig of the scene.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import RecallConfig, Solution
from pairec_cli.recall.global_hot import GlobalHotConfig, hot_node

_ABOUT = """\
Global hot fallback: the {top_n} hottest items of the last {days} days as one row under trigger_id {trigger}.
The engine answers with it when a scene's recalls fail, are late or fall short.
The formula and the target event may be edited here: click_uv = distinct users with the event {target},
expr = number of {exposure} events, item_publish_days = days since publication (unknown counts as 0).
Scores are scaled so that the best item has {max_score}. Items that left the item table are not listed."""


class GlobalHotFallbackConfig(GlobalHotConfig):
    """Global hot fallback recall."""

    type: Literal["global_hot_fallback"] = "global_hot_fallback"  # type: ignore[assignment]  # its own name
    name: str = Field(default="global_hot_fallback", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name of the generated table and of the view."""
    top_n: int = Field(default=200, ge=1, le=10_000)
    """Items in the list."""
    timeout_ms: int = Field(default=500, ge=1, le=60_000)
    """Milliseconds after which the engine answers from this list instead."""
    complete_items: bool = True
    """Fill answers that have fewer items than asked for from this list."""


class GlobalHotFallback:
    """One node, one view, the scene's FallbackConfig."""

    type_name: ClassVar[str] = "global_hot_fallback"
    title: ClassVar[str] = "Global hot fallback: what answers when the other recalls do not"
    Config: ClassVar[type[RecallConfig]] = GlobalHotFallbackConfig
    is_fallback: ClassVar[bool] = True

    def nodes(self, config: GlobalHotFallbackConfig, solution: Solution) -> list[Node]:
        return [hot_node(config, solution, _ABOUT)]

    def publications(self, config: GlobalHotFallbackConfig, solution: Solution) -> list[Publication]:
        table = TableNames(solution).recall(config.name)
        return [Publication(table, table, "trigger_id", ("item_ids",))]

    def engine_conf(self, config: GlobalHotFallbackConfig, solution: Solution) -> Mapping[str, Any]:
        return {
            "Timeout": config.timeout_ms,
            "FeatureStoreName": solution.environment.featurestore_project,
            "FeatureStoreViewName": TableNames(solution).recall(config.name),
            "CompleteItemsIfNeed": config.complete_items,
        }
