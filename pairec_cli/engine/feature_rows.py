"""Rows that features are read from: a view of the embedded store, a table, or texts in Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pairec_cli.domain.errors import InvalidConfig, PairecError, Problem
from pairec_cli.domain.sources import (
    CONFIGURATION,
    DaoConf,
    ItemRows,
    ItemStateDaoConf,
    KeyValues,
    RowsRead,
    under,
)
from pairec_cli.domain.stages import FeatureReader, Resources
from pairec_cli.engine.sections import FeatureDao

PATH = "FeatureDaoConf"


def source_rows(dao: FeatureDao, key: str, named: str, fields: str, resources: Resources) -> ItemRows:
    """Rows under the column `key`, which the configuration's key `named` names. Raises InvalidConfig for a
    source that is not served."""
    if dao.adapter_type == "redis":
        if dao.redis_data_type == "hash":
            message = "is not served: rows are plain texts (string)"
            raise InvalidConfig(CONFIGURATION, [Problem(f"{PATH}.RedisDataType", message, "hash")])
        with under(PATH):
            texts = resources.sources.open(dao).key_values(dao, "", "")
        return TextRows(texts, dao.redis_field_type == "json")
    plain = {name: getattr(dao, name) for name in DaoConf.field_names}
    conf = ItemStateDaoConf(**plain, item_field_name=key, select_fields=fields)
    with under(PATH):
        source = resources.sources.open(dao)
        if not key:
            raise InvalidConfig(CONFIGURATION, [Problem(named, "is missing: name the key's column")])
        return source.item_rows(conf)


class ViewRows:
    """Rows of a view of the embedded store; a source that fails gives none, with the reason."""

    adds_properties = True
    drops_missing = False

    def __init__(self, features: FeatureReader, view: str, columns: Sequence[str]) -> None:
        self.features, self.view, self.columns = features, view, columns

    def read(self, ids: Sequence[str]) -> RowsRead:
        try:
            rows = self.features.get_many(self.view, ids)
        except PairecError as error:
            return RowsRead({}, frozenset(ids), error.message)
        return RowsRead({id: self._picked(row) for id, row in rows.items()})

    def _picked(self, row: Mapping[str, object]) -> dict[str, object]:
        names = self.columns or row
        return {name: value for name in names if (value := row.get(name)) is not None}


class TextRows:
    """Rows as texts under keys: `k:v,k:v`, or a JSON object."""

    adds_properties = True
    drops_missing = False

    def __init__(self, texts: KeyValues, as_json: bool) -> None:
        self.texts, self.as_json = texts, as_json

    def read(self, ids: Sequence[str]) -> RowsRead:
        try:
            found = self.texts.get_many(ids)
        except PairecError as error:
            return RowsRead({}, frozenset(ids), error.message)
        return RowsRead({id: self._row(text[0]) for id, text in found.items() if text})

    def _row(self, text: str) -> dict[str, object]:
        if not self.as_json:
            pairs = (piece.partition(":") for piece in text.split(","))
            return {name.strip(): value for name, colon, value in pairs if colon and name.strip()}
        try:
            row = json.loads(text)
        except ValueError:
            return {}
        return (
            {name: value for name, value in row.items() if value is not None} if isinstance(row, dict) else {}
        )
