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
