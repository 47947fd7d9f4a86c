"""Lists of candidates under keys, wherever they lie: in a view of the embedded FeatureDB, or in a table or
under the keys of a configured data source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from pairec_cli.domain.sources import DaoConf, KeyValues, under
from pairec_cli.domain.stages import FeatureReader, Resources, Value
from pairec_cli.engine.recalls.conf import FEATURESTORE, require_view

USER, ITEM, TRIGGER = "user_id", "item_id", "trigger_id"
ITEM_IDS = "item_ids"
SIMILAR_IDS = "similar_item_ids"


class Lists(Protocol):
    """`remote` lists wait for a network. Reads raise a PairecError when they fail."""

    remote: bool

    def edition(self) -> str | None:
        """Another name each time the lists are replaced; None where nobody knows when that is. Raises
        NotFound for an unpublished view."""

    def one(self, key: str) -> tuple[str, str]:
        """The list under the key; an empty one with the reason when there is none."""

    def many(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The lists under those keys that have one, in the order of `keys`."""


class ViewLists:
    """One column of a view; of several names the first that the view has."""

    remote = False

    def __init__(self, features: FeatureReader, view: str, columns: Sequence[str]) -> None:
        self.features, self.view, self.columns = features, view, columns

    def edition(self) -> str | None:
        return self.features.edition(self.view)

    def one(self, key: str) -> tuple[str, str]:
        row = self.features.get(self.view, key)
        if row is None:
            return "", f"view {self.view!r} has no key {key!r}"
        for column in self.columns:
            if column in row:
                text = str(row[column] or "")
                return text, "" if text else f"its list in view {self.view!r} is empty"
        return "", f"view {self.view!r} has no column {self.columns[0]!r}"

    def many(self, keys: Sequence[str]) -> Mapping[str, str]:
        rows = self.features.get_many(self.view, keys)
        first = self.columns[0]
        texts = [(key, row[first] if first in row else self._other(row)) for key, row in rows.items()]
        return {key: str(text) for key, text in texts if text}

    def _other(self, row: Mapping[str, Value]) -> Value:
        """What the row has under another of the names."""
        return next((row[column] for column in self.columns if column in row), None)


class SourceLists:
    """Lists of a data source; the rows of one key are one list."""

    remote = True

    def __init__(self, values: KeyValues, where: str) -> None:
        self.values, self.where = values, where

    def edition(self) -> str | None:
        return None

    def one(self, key: str) -> tuple[str, str]:
        texts = self.values.get_many([key]).get(key)
        if texts is None:
            return "", f"{self.where} has no key {key!r}"
        text = ",".join(texts)
        return text, "" if text else f"the list of {key!r} in {self.where} is empty"

    def many(self, keys: Sequence[str]) -> Mapping[str, str]:
        found = self.values.get_many(list(dict.fromkeys(keys)))
        return {key: ",".join(found[key]) for key in dict.fromkeys(keys) if key in found}


class Place(NamedTuple):
    """Where lists lie in a source: the table, or the view of the embedded store, and their columns."""

    key: str
    value: str = ITEM_IDS
    table: str = ""
    """Empty where the dao itself names it."""
    view: str = ""
    view_columns: tuple[str, ...] = ()
    """The names that the value may have in a view; `value` when empty."""


def open_lists(path: str, dao: DaoConf, place: Place, resources: Resources) -> Lists:
    """Raises InvalidConfig with paths under `path` for a source that is not served."""
    if dao.adapter_type.lower() == FEATURESTORE:
        store, view = dao.feature_store_name, place.view or dao.feature_store_view_name
        view = require_view(path, dao.adapter_type, store, view, resources)
        return ViewLists(resources.features, view, place.view_columns or (place.value,))
    if place.table:
        dao = with_table(dao, place.table)
    with under(path):
        values = resources.sources.open(dao).key_values(dao, place.key, place.value)
    return SourceLists(values, place_name(dao))


def with_table(dao: DaoConf, table: str) -> DaoConf:
    """The dao with another table, whatever its kind of source."""
    names = ("hologres_table_name", "mysql_table", "table_store_table_name")
    plain = DaoConf(**{name: getattr(dao, name) for name in DaoConf.field_names})
    return plain.replace(**dict.fromkeys(names, table))


def place_name(dao: DaoConf) -> str:
    """The dao's table or prefix, for people."""
    names = (dao.hologres_table_name, dao.mysql_table, dao.table_store_table_name, dao.redis_prefix)
    return f"{dao.adapter_type} {next((name for name in names if name), '')}".strip()
