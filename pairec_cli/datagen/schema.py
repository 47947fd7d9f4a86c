"""The demo tables' columns as Arrow schemas."""

from __future__ import annotations

import pyarrow as pa

from pairec_cli.domain.tables import BEHAVIOR_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Column

_ARROW = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "STRING": pa.string()}


def arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The plain Arrow schema of MaxCompute columns."""
    return pa.schema([(column.name, _ARROW[column.type]) for column in columns])


USERS = arrow_schema(USER_COLUMNS)
ITEMS = arrow_schema(ITEM_COLUMNS)
BEHAVIOR = arrow_schema(BEHAVIOR_COLUMNS)
BEHAVIOR_ENCODED = pa.schema(
    [
        (field.name, pa.dictionary(pa.int32(), pa.string()) if field.type == pa.string() else field.type)
        for field in BEHAVIOR
    ]
)
"""The behavior columns with strings held once per batch and indexed: what large days are written from."""
