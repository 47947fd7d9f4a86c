"""Tables: columns in MaxCompute types, qualified names, the roles that a registered table can have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pairec_cli.domain.errors import InvalidInput

_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


class TableRole(StrEnum):
    """What a registered table is to the solution."""

    USER = "user"
    ITEM = "item"
    BEHAVIOR = "behavior"


@dataclass(frozen=True)
class Column:
    """`type` is a MaxCompute type in capitals: BIGINT, DOUBLE, STRING, …"""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True, order=True)
class TableName:
    """A table within its MaxCompute project."""

    project: str
    table: str

    @classmethod
    def parse(cls, text: str, default_project: str) -> TableName:
        """`project.table` or `table`; raises InvalidInput for anything that is no identifier."""
        parts = text.split(".")
        if len(parts) > 2 or not all(_IDENTIFIER.match(part) for part in parts):
            raise InvalidInput(
                f"{text!r} is not a table name", hint="write table or project.table, letters, digits and _"
            )
        return cls(*parts) if len(parts) == 2 else cls(default_project, parts[0])

    def __str__(self) -> str:
        return f"{self.project}.{self.table}"


@dataclass(frozen=True)
class TableSchema:
    """Columns without the partition column. `partition` is None for a table without partitions."""

    name: TableName
    columns: tuple[Column, ...]
    partition: str | None = "ds"
    comment: str = ""

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def _columns(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


# The demo tables, column for column as PAI-Rec's tutorial creates them.
USER_COLUMNS = _columns(
    ("user_id", "BIGINT", "Unique user ID"),
    ("gender", "STRING", "Gender"),
    ("age", "BIGINT", "Age"),
    ("city", "STRING", "City"),
    ("item_cnt", "BIGINT", "Number of created items"),
    ("follow_cnt", "BIGINT", "Number of follows"),
    ("follower_cnt", "BIGINT", "Number of followers"),
    ("register_time", "BIGINT", "Registration time"),
    ("tags", "STRING", "User tags"),
)
ITEM_COLUMNS = _columns(
    ("item_id", "BIGINT", "Item ID"),
    ("duration", "DOUBLE", "Video duration"),
    ("title", "STRING", "Title"),
    ("category", "STRING", "Primary tag"),
    ("author", "BIGINT", "Author"),
    ("click_count", "BIGINT", "Total clicks"),
    ("praise_count", "BIGINT", "Total likes"),
    ("pub_time", "BIGINT", "Publication time"),
)
BEHAVIOR_COLUMNS = _columns(
    ("request_id", "STRING", "Instrumentation ID/Request ID"),
    ("user_id", "STRING", "Unique user ID"),
    ("exp_id", "STRING", "Experiment ID"),
    ("page", "STRING", "Page"),
    ("net_type", "STRING", "Network type"),
    ("event_time", "BIGINT", "Behavior time"),
    ("item_id", "STRING", "Item ID"),
    ("event", "STRING", "Behavior type"),
    ("playtime", "DOUBLE", "Playback/Read duration"),
)
DEMO_COLUMNS: dict[TableRole, tuple[Column, ...]] = {
    TableRole.USER: USER_COLUMNS,
    TableRole.ITEM: ITEM_COLUMNS,
    TableRole.BEHAVIOR: BEHAVIOR_COLUMNS,
}
DEMO_TABLES: dict[TableRole, str] = {
    TableRole.USER: "rec_sln_demo_user_table",
    TableRole.ITEM: "rec_sln_demo_item_table",
    TableRole.BEHAVIOR: "rec_sln_demo_behavior_table",
}
PUBLIC_PROJECT = "pai_online_project"
