"""User2ItemExposureFilter: what the user was shown is not shown again (PAI-Rec, "Configure filters").

Exposure here is pseudo-exposure: what an answer holds counts as shown, at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf, ExposureLimits, Exposures, under
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.item_data import items_data, user_data

FLAG = "_is_exposure_"


class ExposureConfig(Record):
    """`write_log_only_where_used` is our own key: exposures are then written only for requests that the
    filter took part in. PAI-Rec writes those of every scene, and so do we without it."""

    dao_conf: DaoConf = DaoConf()
    max_items: int = 0
    time_interval: int = 0
    filter_type_version: str = ""
    write_log: bool = False
    write_log_exclude_scenes: tuple[str, ...] = ()
    write_log_only_where_used: bool = False
    clear_log_if_not_enough_scene: str = ""
    generate_item_data_func_name: str = ""
    generate_item_data_expr: str = ""
    generate_user_data_expr: str = ""
    only_log_user_expose_flag: bool = False

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        function = self.generate_item_data_func_name
        if function and ":" not in function:
            message = "is not package.module:function: item ids are used"
            yield "GenerateItemDataFuncName", message, function
        if self.filter_type_version == "v2" and self.max_items == 0:
            yield "MaxItems", "is 0, with which version v2 filters nothing", 0


class User2ItemExposureFilter:
    """Drops the items that the user's history holds; with OnlyLogUserExposeFlag it keeps and marks them.

    With WriteLog every answer is added to the history as one batch. When an answer in the scene
    ClearLogIfNotEnoughScene is shorter than asked for, the history is cleared first.
    """

    Config: ClassVar[type[ExposureConfig]] = ExposureConfig
    drops: ClassVar[str] = "it was shown to the user"

    def __init__(self, name: str, config: ExposureConfig, resources: Resources) -> None:
        """Raises InvalidConfig for a source that is not configured or holds no exposures."""
        self.name, self.config = name, config
        limits = ExposureLimits(config.max_items, config.time_interval, config.filter_type_version)
        with under("DaoConf"):
            source = resources.sources.open(config.dao_conf)
            self.exposures: Exposures = source.exposures(config.dao_conf, limits)
        plain = self.exposures.plain_ids
        self._data = items_data(
            "" if plain else config.generate_item_data_expr,
            "" if plain else config.generate_item_data_func_name,
        )
        self._user = user_data("" if plain else config.generate_user_data_expr)

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        context.ran.add(self.name)
        user = self._user(context)
        if not items or not user:
            return items
        data = self._data(items, context)
        shown = self.exposures.shown(user, data)
        if not shown:
            return items
        if not self.config.only_log_user_expose_flag:
            return [item for item, key in zip(items, data, strict=True) if key not in shown]
        for item, key in zip(items, data, strict=True):
            if key in shown:
                item.properties[FLAG] = 1
        return items

    def after_answer(self, items: Sequence[Item], context: RequestContext) -> None:
        config, request = self.config, context.request
        user = self._user(context)
        if not user:
            return
        if len(items) < request.size:
            self._clear(context)
        excluded = request.scene_id in config.write_log_exclude_scenes
        unused = config.write_log_only_where_used and self.name not in context.ran
        if config.write_log and items and not excluded and not unused:
            self.exposures.append(user, self._data(items, context))

    def _clear(self, context: RequestContext) -> None:
        """Forgets the user's history, in the one scene that may."""
        scene = self.config.clear_log_if_not_enough_scene
        if scene and scene == context.request.scene_id:
            self.exposures.clear(self._user(context))
