"""Features as stages after the recalls: every item takes the columns of its row (FeatureConfs)."""

from __future__ import annotations

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.sources import ItemRows
from pairec_cli.domain.stages import FeatureReader, RequestContext, Resources
from pairec_cli.engine.feature_rows import PATH, ViewRows, source_rows
from pairec_cli.engine.features import USER, UserView, columns_of, key_of, run_transforms, transforms_of
from pairec_cli.engine.recalls.conf import FEATURESTORE, require_view
from pairec_cli.engine.recalls.lists import place_name
from pairec_cli.engine.sections import FeatureLoad

ITEM = "item"


class ItemFeatures:
    """The stage that gives every item the columns of its row."""

    def __init__(self, load: FeatureLoad, resources: Resources) -> None:
        """Raises InvalidConfig for a source that is not served."""
        dao = load.feature_dao_conf
        self.key = key_of(dao, ITEM) if dao.adapter_type else ""
        self.transforms = transforms_of(load.features)
        self.name = place_name(dao) or "transforms"
        self.rows: ItemRows | None = None
        if dao.adapter_type.lower() == FEATURESTORE:
            store, view = dao.feature_store_name, dao.feature_store_view_name
            self.name = require_view(PATH, dao.adapter_type, store, view, resources)
            self.rows = ViewRows(resources.features, self.name, columns_of(dao.item_select_fields))
        elif dao.adapter_type or not self.transforms:
            fields = dao.item_select_fields
            self.rows = source_rows(dao, dao.item_feature_key_name, "ItemFeatureKeyName", fields, resources)

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if self.rows is not None and items:
            keyed = [(self._key_of(item), item) for item in items]
            read = self.rows.read(list(dict.fromkeys(key for key, _ in keyed if key)))
            if read.reason:
                context.notes.append(f"features are missing: {read.reason}")
            for key, item in keyed:
                row = read.found.get(key)
                if row:
                    item.properties.update(row)
        run_transforms(self.transforms, items, context)
        return items

    def _key_of(self, item: Item) -> str:
        return item.id if self.key == "id" else to_text(item.properties.get(self.key), "")


class UserFeatures:
    """User features as a stage after the recalls."""

    def __init__(self, view: UserView, features: FeatureReader) -> None:
        self.view, self.features, self.name = view, features, view.view or "transforms"

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        loaded = self.view.load(context.user, self.features)
        if loaded.reason:
            context.notes.append(f"features are missing: {loaded.reason}")
        run_transforms(self.view.transforms, items, context)
        return items


def feature_stage(load: FeatureLoad, resources: Resources) -> ItemFeatures | UserFeatures:
    """The stage of one FeatureLoadConfs entry. Raises InvalidConfig."""
    dao = load.feature_dao_conf
    if dao.adapter_type and dao.feature_key.partition(":")[0] == USER:
        return UserFeatures(UserView.from_config(load, resources), resources.features)
    return ItemFeatures(load, resources)
