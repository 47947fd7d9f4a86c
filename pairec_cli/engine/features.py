"""The user's properties: what the request brings and what the user views hold (UserFeatureConfs)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.stages import FeatureReader
from pairec_cli.engine.config import FeatureDao
from pairec_cli.engine.recalls.conf import FEATURESTORE


def request_properties(uid: str, features: Mapping[str, object]) -> dict[str, object]:
    """The request's features without empty texts, and `uid`."""
    return {**{name: value for name, value in features.items() if value != ""}, "uid": uid}


@dataclass(frozen=True, slots=True)
class UserView:
    """One view of user features, read under a property of the user."""

    view: str
    key: str
    columns: tuple[str, ...]
    """Columns to take; all of them when empty."""

    @classmethod
    def from_config(cls, dao: FeatureDao, path: str) -> UserView:
        """Raises InvalidConfig for a source that is not served."""
        where, _, key = dao.feature_key.partition(":")
        problems = []
        if dao.adapter_type.lower() != FEATURESTORE:
            message = f"{dao.adapter_type!r} is not served; allowed: {FEATURESTORE}"
            problems.append(Problem(f"{path}.AdapterType", message, dao.adapter_type))
        if not dao.feature_store_view_name:
            problems.append(Problem(f"{path}.FeatureStoreViewName", "is missing"))
        if where != "user" or not key or dao.feature_store != "user":
            message = "user features are read under a user property, such as user:uid, and stored to user"
            problems.append(Problem(f"{path}.FeatureKey", message, dao.feature_key))
        if problems:
            raise InvalidConfig("the engine configuration", problems)
        columns = [name.strip() for name in dao.user_select_fields.split(",")]
        return cls(dao.feature_store_view_name, key, tuple(name for name in columns if name and name != "*"))

    def load(self, user: dict[str, object], features: FeatureReader) -> tuple[int, str]:
        """Add the view's columns to `user`: how many, and why none. A NULL takes the property away."""
        key = user.get(self.key)
        if key is None:
            return 0, f"the user has no property {self.key!r}"
        try:
            row = features.get(self.view, str(key))
        except NotFound as error:
            return 0, error.message
        if row is None:
            return 0, f"view {self.view!r} does not know {key}"
        names = self.columns or row
        for name in names:
            value = row.get(name)
            if value is None:
                user.pop(name, None)
            else:
                user[name] = value
        return len(names), ""
