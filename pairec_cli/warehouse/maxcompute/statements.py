"""Statements of MaxCompute SQL as values: what a statement does to which table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from pairec_cli.domain.errors import SqlError, UnsupportedSql
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.maxcompute.coverage import check_parts, name_of
from pairec_cli.warehouse.maxcompute.dialect import line_of, parse, read_type
from pairec_cli.warehouse.maxcompute.values import show


@dataclass(frozen=True)
class Select:
    """A query whose rows are shown."""

    query: exp.Expr


@dataclass(frozen=True)
class CreateTable:
    """`schema`, or a copy of `like`'s, or what `query` gives."""

    table: TableName
    if_not_exists: bool
    schema: TableSchema | None = None
    like: TableName | None = None
    query: exp.Expr | None = None


@dataclass(frozen=True)
class DropTable:
    table: TableName
    if_exists: bool


@dataclass(frozen=True)
class Insert:
    """`ds` is the static partition value; None with `dynamic` for `PARTITION(ds)`, None for no partition."""

    table: TableName
    query: exp.Expr
    overwrite: bool
    ds: str | None = None
    partition: str | None = None
    columns: tuple[str, ...] = ()

    @property
    def dynamic(self) -> bool:
        return self.partition is not None and self.ds is None


@dataclass(frozen=True)
class AddPartition:
    table: TableName
    partition: str
    ds: str
    if_not_exists: bool


@dataclass(frozen=True)
class DropPartition:
    """`tests` hold a comparison each; a partition goes when any of them is true."""

    table: TableName
    tests: tuple[tuple[str, str, str], ...]
    """(partition column, operator, value)."""
    if_exists: bool

    def matches(self, ds: str) -> bool:
        return any(_OPERATORS[operator](ds, value) for _, operator, value in self.tests)


@dataclass(frozen=True)
class Truncate:
    """Empties the whole table (ds None) or one partition."""

    table: TableName
    ds: str | None = None
    partition: str | None = None


@dataclass(frozen=True)
class Describe:
    table: TableName


@dataclass(frozen=True)
class ShowTables:
    project: str


@dataclass(frozen=True)
class ShowPartitions:
    table: TableName


SqlStatement = (
    Select
    | CreateTable
    | DropTable
    | Insert
    | AddPartition
    | DropPartition
    | Truncate
    | Describe
    | ShowTables
    | ShowPartitions
)

_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_TESTS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_SHOW = re.compile(r"show\s+(tables|partitions\s+([\w.]+))\s*", re.IGNORECASE)


def read_statement(text: str, line: int, project: str) -> SqlStatement:
    """One SQL statement. Raises SqlError and UnsupportedSql with the script's line."""
    shown = _SHOW.fullmatch(text)
    if shown:
        name = shown[2]
        return ShowPartitions(TableName.parse(name, project)) if name else ShowTables(project)
    return _Reader(line, project).read(parse(text, line))


class _Reader:
    def __init__(self, line: int, project: str) -> None:
        self.line, self.project = line, project

    def read(self, node: exp.Expr) -> SqlStatement:
        if isinstance(node, exp.MultitableInserts):
            raise self.unsupported(node, "FROM … INSERT … INSERT")
        handler = _READERS.get(type(node))
        if handler is None:
            raise self.unsupported(node)
        check_parts(node, self.line)
        return handler(self, node)

    def select(self, node: exp.Expr) -> Select:
        return Select(node)

    def describe(self, node: exp.Describe) -> Describe:
        return Describe(self.table(node.this))

    def unsupported(self, node: exp.Expr, what: str | None = None) -> UnsupportedSql:
        return UnsupportedSql(f"{what or name_of(node)} is not supported", line=line_of(node, self.line))

    def table(self, node: exp.Expr) -> TableName:
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier) or node.catalog:
            raise self.unsupported(node, "this table name")
        return TableName(node.db or self.project, node.name)

    # CREATE, DROP

    def create(self, node: exp.Create) -> CreateTable:
        if node.kind != "TABLE":
            raise self.unsupported(node, f"CREATE {node.kind}")
        schema = node.this if isinstance(node.this, exp.Schema) else None
        table = self.table(schema.this if schema is not None else node.this)
        exists = bool(node.args.get("exists"))
        properties = node.args["properties"].expressions if node.args.get("properties") else []
        partition, comment, like = self._properties(properties)
        if node.expression is not None:
            if partition or schema is not None:
                raise self.unsupported(node, "CREATE TABLE … AS with columns or partitions")
            return CreateTable(table, exists, query=node.expression)
        if like is not None:
            return CreateTable(table, exists, like=like)
        if schema is None:
            raise SqlError("a table needs columns", line=self.line)
        columns = tuple(self._column(item) for item in schema.expressions)
        return CreateTable(table, exists, TableSchema(table, columns, partition, comment))

    def _properties(self, properties: list[exp.Expr]) -> tuple[str | None, str, TableName | None]:
        partition: str | None = None
        comment, like = "", None
        for item in properties:
            if isinstance(item, exp.PartitionedByProperty):
                partition = self._partition_column(item)
            elif isinstance(item, exp.SchemaCommentProperty):
                comment = item.this.name
            elif isinstance(item, exp.LikeProperty):
                like = self.table(item.this)
            elif not isinstance(item, exp.FileFormatProperty) and not (
                type(item) is exp.Property and item.name == "lifecycle"
            ):
                raise self.unsupported(item)
        return partition, comment, like

    def _partition_column(self, item: exp.PartitionedByProperty) -> str:
        columns = [self._column(column) for column in item.this.expressions]
        if len(columns) != 1 or columns[0].type != "STRING":
            raise self.unsupported(item, "a partition that is not one STRING column")
        return columns[0].name

    def _column(self, node: exp.Expr) -> Column:
        if not isinstance(node, exp.ColumnDef) or node.args.get("kind") is None:
            raise self.unsupported(node, "this column definition")
        comment = ""
        for constraint in node.args.get("constraints") or []:
            if not isinstance(constraint.kind, exp.CommentColumnConstraint):
                raise self.unsupported(node, f"a constraint on column {node.name}")
            comment = constraint.kind.this.name
        return Column(node.name, show(read_type(node.args["kind"])), comment)

    def drop(self, node: exp.Drop) -> DropTable:
        tables = node.args.get("tables") or [node.this]
        if node.args.get("kind") != "TABLE" or len(tables) != 1:
            raise self.unsupported(node, f"DROP {node.args.get('kind')}")
        return DropTable(self.table(tables[0]), bool(node.args.get("exists")))

    # INSERT

    def insert(self, node: exp.Insert) -> Insert:
        target, columns = node.this, ()
        if isinstance(target, exp.Schema):
            columns = tuple(item.name for item in target.expressions)
            target = target.this
        if not isinstance(target, exp.Table):
            raise self.unsupported(node, "this INSERT")
        query = node.expression
        if query is None:
            raise SqlError("INSERT without a query", line=self.line)
        if node.args.get("with_"):
            if query.args.get("with_") is not None:
                raise self.unsupported(node, "WITH both before INSERT and in its query")
            query.set("with_", node.args["with_"])
        partition, ds = self._target_partition(target.args.get("partition"))
        return Insert(self.table(target), query, bool(node.args.get("overwrite")), ds, partition, columns)

    def _target_partition(self, node: exp.Expr | None) -> tuple[str | None, str | None]:
        """(partition column, static value): `PARTITION(ds='…')`, or `PARTITION(ds)` with value None."""
        if node is None:
            return None, None
        if len(node.expressions) != 1:
            raise self.unsupported(node, "a partition of several columns")
        item = node.expressions[0]
        if isinstance(item, (exp.Column, exp.Identifier)):
            return item.name, None
        name, operator, value = self._test(item)
        if operator != "=":
            raise self.unsupported(node, f"PARTITION({name} {operator} …) here")
        return name, value

    def _test(self, item: exp.Expr) -> tuple[str, str, str]:
        operator = _TESTS.get(type(item))
        if (
            operator is None
            or not isinstance(item.this, exp.Column)
            or not isinstance(item.expression, exp.Literal)
        ):
            raise self.unsupported(item, "this partition")
        return item.this.name, operator, str(item.expression.this)

    # ALTER, TRUNCATE

    def alter(self, node: exp.Alter) -> AddPartition | DropPartition:
        actions = node.args.get("actions") or []
        if node.args.get("kind") != "TABLE" or len(actions) != 1:
            raise self.unsupported(node, "this ALTER")
        table, action = self.table(node.this), actions[0]
        if isinstance(action, exp.AddPartition):
            tests = [self._test(item) for item in action.this.expressions]
            if len(tests) != 1 or tests[0][1] != "=":
                raise self.unsupported(action, "this partition")
            return AddPartition(table, tests[0][0], tests[0][2], bool(action.args.get("exists")))
        if isinstance(action, exp.DropPartition):
            found: list[tuple[str, str, str]] = []
            for part in action.expressions:
                if len(part.expressions) != 1:
                    raise self.unsupported(part, "a partition of several columns")
                found.append(self._test(part.expressions[0]))
            return DropPartition(table, tuple(found), bool(action.args.get("exists")))
        raise self.unsupported(action)

    def truncate(self, node: exp.TruncateTable) -> Truncate:
        if len(node.expressions) != 1:
            raise self.unsupported(node, "TRUNCATE of several tables")
        partition, ds = self._target_partition(node.args.get("partition"))
        return Truncate(self.table(node.expressions[0]), ds, partition)


_READERS: dict[type[exp.Expr], Callable[[_Reader, exp.Expr], SqlStatement]] = {
    **dict.fromkeys((exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery), _Reader.select),
    exp.Create: _Reader.create,
    exp.Insert: _Reader.insert,
    exp.Drop: _Reader.drop,
    exp.Alter: _Reader.alter,
    exp.TruncateTable: _Reader.truncate,
    exp.Describe: _Reader.describe,
}
