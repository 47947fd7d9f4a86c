"""Properties of the user: what the request brings, and what UserFeatureConfs loads before the recalls.

A source that fails, or does not know the key, leaves the properties as they are. Source: "Feature
configuration" in PAI-Rec's help and the open engine's service/feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig, PairecError, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import (
    CONFIGURATION,
    ItemRows,
    under,
)
from pairec_cli.domain.stages import FeatureReader, RequestContext, Resources
from pairec_cli.engine.feature_rows import PATH, source_rows
from pairec_cli.engine.recalls.conf import FEATURESTORE, require_view
from pairec_cli.engine.recalls.lists import place_name
from pairec_cli.engine.sections import TRANSFORMS, FeatureDao, FeatureLoad

USER = "user"


def request_properties(uid: str, features: Mapping[str, object]) -> dict[str, object]:
    """The request's features without empty texts, and `uid`."""
    return {**{name: value for name, value in features.items() if value != ""}, "uid": uid}


class Loaded(Record):
    """How many columns a view gave, why none, and whether it is published and does not know the user."""

    columns: int
    reason: str = ""
    unknown: bool = False


class Transform(Protocol):
    """A FeatureTransform: `of_item` ones run for every item."""

    of_item: bool

    def apply(self, item: Item, context: RequestContext) -> None: ...


class UserView(Record):
    """Rows of user features, read under a property of the user: from a view of the embedded store, or where
    there are `rows` from another source. Nothing is read without a view."""

    view: str
    key: str
    columns: tuple[str, ...]
    """Columns to take; all of them when empty."""
    rows: ItemRows | None = None
    transforms: tuple[Transform, ...] = ()

    @classmethod
    def from_config(cls, load: FeatureLoad, resources: Resources) -> UserView:
        """Raises InvalidConfig for a source that is not served."""
        dao = load.feature_dao_conf
        key = key_of(dao, USER)
        columns = columns_of(dao.user_select_fields)
        transforms = transforms_of(load.features)
        if not dao.adapter_type and transforms:
            return cls("", key, columns, None, transforms)
        if dao.adapter_type.lower() in ("", FEATURESTORE):
            store, view = dao.feature_store_name, dao.feature_store_view_name
            view = require_view(PATH, dao.adapter_type, store, view, resources)
            return cls(view, key, columns, None, transforms)
        key_column = dao.user_feature_key_name
        rows = source_rows(dao, key_column, "UserFeatureKeyName", dao.user_select_fields, resources)
        return cls(place_name(dao), key, columns, rows, transforms)

    def load(self, user: dict[str, object], features: FeatureReader) -> Loaded:
        """Add the view's columns to `user`. A NULL takes the property away, as in PAI-Rec."""
        if not self.view:
            return Loaded(0)
        key = user.get(self.key)
        if key is None:
            return Loaded(0, f"the user has no property {self.key!r}")
        try:
            row = self._row(str(key), features)
        except PairecError as error:
            return Loaded(0, error.message)
        if row is None:
            return Loaded(0, f"view {self.view!r} does not know {key}", unknown=True)
        names = self.columns or row
        for name in names:
            value = row.get(name)
            if value is None:
                user.pop(name, None)
            else:
                user[name] = value
        return Loaded(len(names))

    def transform(self, context: RequestContext) -> None:
        """Runs what follows on the user; there is no item yet."""
        run_transforms(self.transforms, (), context)

    def _row(self, key: str, features: FeatureReader) -> Mapping[str, object] | None:
        if self.rows is None:
            return features.get(self.view, key)
        read = self.rows.read([key])
        if read.unread:
            raise PairecError(read.reason)
        return read.found.get(key)


def key_of(dao: FeatureDao, side: str) -> str:
    """The property that FeatureKey names. Raises InvalidConfig for one that is not of `side`."""
    owner, _, key = dao.feature_key.partition(":")
    if owner != side or not key or dao.feature_store != side:
        example = "user:uid" if side == USER else "item:id"
        message = (
            f"features of the {side} are read under a property of it, such as {example}, and stored to it"
        )
        problem = Problem(f"{PATH}.FeatureKey", message, dao.feature_key)
        raise InvalidConfig(CONFIGURATION, [problem])
    return key


def columns_of(fields: str) -> tuple[str, ...]:
    """The names that a SELECT of these fields gives; none for all columns."""
    names = (field.strip().rpartition(" ")[2].strip('"`') for field in fields.split(","))
    return tuple(name for name in names if name and name != "*")


def transforms_of(confs: Iterable[Any]) -> tuple[Transform, ...]:
    made = []
    for index, conf in enumerate(confs):
        with under(f"Features[{index}]"):
            made.append(TRANSFORMS.load("transform")(conf))
    return tuple(made)


def run_transforms(transforms: Sequence[Transform], items: Sequence[Item], context: RequestContext) -> None:
    for one in transforms:
        for item in items if one.of_item else (Item(""),):
            one.apply(item, context)
