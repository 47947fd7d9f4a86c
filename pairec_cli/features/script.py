"""Writing MaxCompute scripts: names, literals, CREATE TABLE, INSERT OVERWRITE, and the node around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.solution import Solution, SourceTable
from pairec_cli.domain.tables import Column, TableName, TableRole

_DAY_PARAMETER = re.compile(r"\$\{(bizdate(?:_(\d+))?)\}")
INDENT = "    "
_RESERVED_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        add all alter and array as asc between bigint binary boolean by case cast change column
        comment create cross current data date datetime decimal delete desc describe distinct
        distribute double drop else end exists false fields first float format from full function
        group having if in index insert int interval into is items join keys lateral left lifecycle
        like limit lines map not null of offset on option or order out outer over overwrite
        partition primary range read rename replace right row rows schema select set show sort
        string struct table tables then timestamp to true type union update use user using values
        view when where while window with
        """,
    )
)
"""Words of MaxCompute ("Reserved words and keywords") that a user's own column may be named as."""


@dataclass(frozen=True)
class Field:
    """A column of a generated table and the expression that fills it. `type` is a MaxCompute type."""

    name: str
    type: str
    expression: str
    comment: str = ""

    @property
    def select(self) -> str:
        name = quoted(self.name)
        bare = self.expression.rpartition(".")[2]
        return self.expression if bare == name else f"{self.expression} AS {name}"


@dataclass(frozen=True)
class Target:
    """A table that a script writes one partition of."""

    table: str
    columns: Sequence[Column | Field]
    comment: str
    lifecycle: int | None = None
    """Days the partitions live; None leaves the clause out, as the upstream table does."""

    def create(self) -> str:
        columns = ",\n".join(
            f"{INDENT}{quoted(c.name)} {c.type} COMMENT {literal(c.comment)}" for c in self.columns
        )
        life = f" LIFECYCLE {self.lifecycle}" if self.lifecycle else ""
        return (
            f"CREATE TABLE IF NOT EXISTS {self.table} (\n{columns}\n)\n"
            f"COMMENT {literal(self.comment)}\n"
            f"PARTITIONED BY (ds STRING) STORED AS ALIORC{life};"
        )

    def insert(self, query: str) -> str:
        return f"INSERT OVERWRITE TABLE {self.table} PARTITION(ds='${{bizdate}}')\n{query};"

    def filled_by(self, query: str) -> str:
        return f"{self.create()}\n\n{self.insert(query)}"


def quoted(column: str) -> str:
    """A column name as SQL: in backticks where it is a word of the language."""
    return f"`{column}`" if column.lower() in _RESERVED_WORDS else column


def literal(text: str) -> str:
    """A MaxCompute string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ")
    return f"'{escaped}'"


def number(value: float) -> str:
    """A number as SQL: 10, 0.1; never in scientific notation."""
    return str(int(value)) if float(value).is_integer() else format(Decimal(repr(round(value, 12))), "f")


def literals(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values)


def pai_command(
    name: str, parameters: Mapping[str, str], *, project: str = "", ours: Mapping[str, str] | None = None
) -> str:
    """A PAI statement with a parameter a line. `ours` are parameters that PAI's component does not know: they
    stand last, and a comment says so."""
    own = ours or {}
    notes = "".join(
        f"-- {key} is a parameter of pairec only: leave it out to run this on PAI.\n" for key in own
    )
    lines = "".join(f"\n    -D{key}={value}" for key, value in {**parameters, **own}.items())
    return f"{notes}PAI -name {name}{f' -project {project}' if project else ''}{lines};"


def select_list(fields: Iterable[Field | str]) -> str:
    lines = (field.select if isinstance(field, Field) else field for field in fields)
    return f",\n{INDENT}".join(lines)


def indent(text: str, depth: int = 1) -> str:
    return text.replace("\n", "\n" + INDENT * depth)


def days_before(days: int) -> str:
    """The scheduling parameter of the day `days` before bizdate: `${bizdate_15}`."""
    return f"${{bizdate_{days}}}" if days else "${bizdate}"


def last_days(days: int, column: str = "ds") -> str:
    """The condition for the `days` days that end with bizdate."""
    return f"{column} > '{days_before(days)}' AND {column} <= '${{bizdate}}'"


def source_form(solution: Solution, role: TableRole) -> SourceTable:
    tables = solution.data_tables
    forms: dict[TableRole, SourceTable] = {
        TableRole.USER: tables.user,
        TableRole.ITEM: tables.item,
        TableRole.BEHAVIOR: tables.behavior,
    }
    return forms[role]


def reference(solution: Solution, table: TableName) -> str:
    """How scripts name a table: bare within the solution's own project."""
    return table.table if table.project == TableNames(solution).project else str(table)


def sql_node(
    solution: Solution,
    name: str,
    body: str,
    *,
    about: str,
    inputs: Iterable[str | TableName],
    outputs: Iterable[str] = (),
) -> Node:
    """The node `name`, which writes the table `name` and further `outputs`.

    `about` becomes the header comment, its first line the description. Scheduling parameters are those that
    the body uses: `${bizdate_N}` is N days before bizdate, and a run with bizdate T is scheduled on T+1.
    """
    names = TableNames(solution)
    header = "\n".join(f"-- {line}".rstrip() for line in about.strip().split("\n"))
    script = f"-- Solution {solution.name}, node {name}\n{header}\n\n{body}\n"
    qualified = [str(i) if isinstance(i, TableName) else names.qualified(i) for i in inputs]
    return Node(
        name=name,
        kind=NodeKind.ODPS_SQL,
        script=script,
        inputs=tuple(dict.fromkeys(qualified)),
        outputs=tuple(names.qualified(table) for table in (name, *outputs)),
        parameters=day_parameters(script),
        description=about.strip().split("\n")[0],
    )


def day_parameters(script: str) -> dict[str, str]:
    found = {match[1]: int(match[2] or 0) for match in _DAY_PARAMETER.finditer(script)}
    return {name: f"$[yyyymmdd-{days + 1}]" for name, days in sorted(found.items(), key=lambda kv: kv[1])}
