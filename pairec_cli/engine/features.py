"""The user's properties: what the request brings and what the user views hold (UserFeatureConfs)."""

from __future__ import annotations

from collections.abc import Mapping

from pairec_cli.domain.errors import InvalidConfig, PairecError, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import FeatureReader, Resources
from pairec_cli.engine.config import FeatureDao
from pairec_cli.engine.recalls.conf import require_view


def request_properties(uid: str, features: Mapping[str, object]) -> dict[str, object]:
    """The request's features without empty texts, and `uid`."""
    return {**{name: value for name, value in features.items() if value != ""}, "uid": uid}


class Loaded(Record):
    """How many columns a view gave, why none, and whether it is published and does not know the user."""

    columns: int
    reason: str = ""
    unknown: bool = False


class UserView(Record):
    """One view of user features, read under a property of the user."""

    view: str
    key: str
    columns: tuple[str, ...]
    """Columns to take; all of them when empty."""

    @classmethod
    def from_config(cls, dao: FeatureDao, resources: Resources) -> UserView:
        """Raises InvalidConfig for a source that is not served."""
        view = require_view(
            "FeatureDaoConf", dao.adapter_type, dao.feature_store_name, dao.feature_store_view_name, resources
        )
        owner, _, key = dao.feature_key.partition(":")
        if owner != "user" or not key or dao.feature_store != "user":
            message = "user features are read under a user property, such as user:uid, and stored to user"
            problem = Problem("FeatureDaoConf.FeatureKey", message, dao.feature_key)
            raise InvalidConfig("the engine configuration", [problem])
        names = (name.strip() for name in dao.user_select_fields.split(","))
        return cls(view, key, tuple(name for name in names if name and name != "*"))

    def load(self, user: dict[str, object], features: FeatureReader) -> Loaded:
        """Add the view's columns to `user`. A NULL takes the property away, as in PAI-Rec."""
        key = user.get(self.key)
        if key is None:
            return Loaded(0, f"the user has no property {self.key!r}")
        try:
            row = features.get(self.view, str(key))
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
