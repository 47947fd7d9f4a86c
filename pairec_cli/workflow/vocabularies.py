"""The vocabularies of a model, as their table holds them."""

from __future__ import annotations

from collections.abc import Iterable

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import FIRST_KNOWN, ModelFeature
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.store import Warehouse


def read_vocabularies(
    warehouse: Warehouse, table: TableName, ds: str, features: Iterable[ModelFeature]
) -> dict[str, list[str]]:
    """Vocabulary → its values in the order of their ids; one of `features` without values is empty. Raises
    DataError for ids that have gaps."""
    rows = warehouse.read(table, [ds], ["vocabulary", "value", "id"])
    found: dict[str, list[str]] = {f.vocabulary: [] for f in features if f.vocabulary}
    ordered = rows.sort_by([("vocabulary", "ascending"), ("id", "ascending")])
    for row in ordered.to_pylist():
        values = found.setdefault(row["vocabulary"], [])
        if row["id"] != len(values) + FIRST_KNOWN:
            raise DataError(f"{table}: ids of {row['vocabulary']} do not count from {FIRST_KNOWN} on")
        values.append(row["value"])
    return found
