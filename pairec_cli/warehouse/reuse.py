"""Scripts that run for many days, read and translated once.

A day's run differs from another's in the days that its parameters name. From its second run on, an INSERT is
translated for two days that no data will ever have, one long before and one long after all others. Where both
give the same text but for those days, that text serves for every day; where they do not, the statement is
translated for each day, as it is when anything else about it has changed. Which partitions it reads is always
told from the day's own values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sqlglot import exp

from pairec_cli.domain.ds import parse_ds, shift, to_date
from pairec_cli.domain.errors import InvalidInput, PairecError
from pairec_cli.domain.tables import TableName, TableSchema
from pairec_cli.warehouse.inserting import insert_text
from pairec_cli.warehouse.maxcompute.from_clause import Relation
from pairec_cli.warehouse.maxcompute.queries import QueryTranslator
from pairec_cli.warehouse.maxcompute.statements import CreateTable, Insert, SqlStatement, read_statement
from pairec_cli.warehouse.scans import WarehouseCatalog
from pairec_cli.warehouse.script import Statement, substitute
from pairec_cli.warehouse.store import Warehouse

_PROBES = ("11000615", "29000615")
_FAR = 100 * 365
"""Days further than this from bizdate are no days of the schedule."""
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([dt])(-?\\d+){_CLOSE}")
_KEPT = 512

Value = TypeVar("Value")


@dataclass(frozen=True)
class ReadyInsert:
    """An INSERT whose translation is known; `text` asks the ledger for files anew at every call."""

    insert: Insert
    text: Callable[[], str]


class Reuse:
    """What was read before, in this process."""

    def __init__(self) -> None:
        self._tables: _Latest[CreateTable] = _Latest()
        self._inserts: _Latest[_Template | None] = _Latest()
        self._seen: _Latest[bool] = _Latest()

    def read(
        self,
        raw: Statement,
        parameters: Mapping[str, str],
        warehouse: Warehouse,
        project: str,
        positions: bool,
    ) -> SqlStatement | ReadyInsert:
        """The statement with `parameters` filled in. Raises SqlError as `read_statement` does."""
        days = _offsets(parameters)
        constants = {name: value for name, value in parameters.items() if name not in days}
        key = (raw, tuple(sorted(days.items())), tuple(sorted(constants.items())), project, positions)
        if days and key in self._seen and key not in self._inserts:
            reading = _Reading(raw, constants, days, warehouse, project, positions)
            self._inserts.put(key, _template(reading))
        self._seen.put(key, True)
        template = self._inserts.get(key)
        if template is not None and template.fits(warehouse):
            return template.on(parameters["bizdate"], warehouse, project)
        return self._fresh(substitute(raw, parameters), project)

    def _fresh(self, statement: Statement, project: str) -> SqlStatement:
        known = self._tables.get((statement, project))
        if known is not None:
            return known
        found = read_statement(statement.text, statement.line, project)
        if isinstance(found, CreateTable) and found.query is None:
            self._tables.put((statement, project), found)
        return found


class _Latest(Generic[Value]):
    """The entries that were put last, up to a number."""

    def __init__(self) -> None:
        self._entries: dict[Any, Value] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def get(self, key: object) -> Value | None:
        return self._entries.get(key)

    def put(self, key: object, value: Value) -> None:
        self._entries[key] = value
        if len(self._entries) > _KEPT:
            del self._entries[next(iter(self._entries))]


def _offsets(parameters: Mapping[str, str]) -> dict[str, int]:
    """The parameters that are days of the schedule, as days from bizdate; none without bizdate."""
    try:
        origin = to_date(parse_ds(parameters["bizdate"]))
    except (KeyError, InvalidInput):
        return {}
    found = {}
    for name, value in parameters.items():
        if re.fullmatch(r"\d{8}", value):
            try:
                offset = (to_date(value) - origin).days
            except ValueError:
                continue
            if abs(offset) < _FAR:
                found[name] = offset
    return found


@dataclass(frozen=True)
class _Reading:
    """What a template is made from."""

    raw: Statement
    constants: Mapping[str, str]
    days: Mapping[str, int]
    warehouse: Warehouse
    project: str
    positions: bool

    def on(self, bizdate: str) -> _Template | None:
        """The statement translated for a probe day, with marks for its days and tables."""
        days = {shift(bizdate, offset): offset for offset in self.days.values()}
        if any(word in text for text in (self.raw.text, *self.constants.values()) for word in (*days, _OPEN)):
            return None
        values = {name: shift(bizdate, offset) for name, offset in self.days.items()}
        filled = substitute(self.raw, {**self.constants, **values})
        found = read_statement(filled.text, filled.line, self.project)
        if not isinstance(found, Insert):
            return None
        literals = _literals(found.query, days)
        if literals is None:
            return None
        schema = self.warehouse.schema(found.table)
        catalog = _MarkingCatalog(WarehouseCatalog(self.warehouse, self.project, found.query))
        translator = QueryTranslator(catalog, filled.line, positions=self.positions)
        text = _marked(insert_text(found, schema, translator.query), days)
        partition = None if found.ds is None else _marked(found.ds, days)
        tables = tuple(catalog.schemas)
        return _Template(replace(found, ds=partition), schema, text, literals, tuple(catalog.nodes), tables)


def _template(reading: _Reading) -> _Template | None:
    """None where a template would not be sound, and where reading fails: the run will tell why."""
    try:
        first, second = (reading.on(probe) for probe in _PROBES)
    except PairecError:
        return None
    same = first is not None and second is not None and first.shape == second.shape
    return second if same else None


class _MarkingCatalog:
    """Gives a mark for each table in FROM, and remembers which it stands for."""

    def __init__(self, catalog: WarehouseCatalog) -> None:
        self._catalog = catalog
        self.nodes: list[exp.Table] = []
        self.schemas: list[TableSchema] = []

    def relation(self, node: exp.Table) -> Relation:
        found = self._catalog.relation(node)
        self.nodes.append(node)
        self.schemas.append(self._catalog.schema(node))
        return Relation(f"{_OPEN}t{len(self.nodes) - 1}{_CLOSE}", found.columns, found.project)


_Literals = tuple[tuple[exp.Literal, str], ...]


def _literals(query: exp.Expr, days: Mapping[str, int]) -> _Literals | None:
    """The literals that hold a day, with marks in its place; None when a day stands in anything else."""
    found = []
    for node in query.walk():
        for value in node.args.values():
            texts = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
            if any(day in text for text in texts for day in days):
                if not isinstance(node, exp.Literal):
                    return None
                found.append((node, _marked(str(node.this), days)))
    return tuple(found)


def _marked(text: str, days: Mapping[str, int]) -> str:
    pattern = "|".join(map(re.escape, days))
    return re.sub(pattern, lambda match: f"{_OPEN}d{days[match[0]]}{_CLOSE}", text) if days else text


def _filled(text: str, bizdate: str, tables: Callable[[int], str]) -> str:
    def value(match: re.Match[str]) -> str:
        number = int(match[2])
        return shift(bizdate, number) if match[1] == "d" else tables(number)

    return _MARK.sub(value, text)


def _no_table(number: int) -> str:
    raise AssertionError("a table stands in FROM only")


@dataclass(frozen=True)
class _Template:
    """A translated INSERT with marks where days and tables' files stand."""

    insert: Insert
    schema: TableSchema
    text: str
    literals: _Literals
    nodes: tuple[exp.Table, ...]
    """Tables in FROM in the order of their marks, as the query's tree holds them."""
    schemas: tuple[TableSchema, ...]

    @property
    def shape(self) -> object:
        """What two readings of one statement must have in common, days apart."""
        insert = self.insert
        head = (insert.table, insert.overwrite, insert.ds, insert.partition, insert.columns)
        return head, self.text, [text for _, text in self.literals], self.schemas

    def fits(self, warehouse: Warehouse) -> bool:
        """Whether every table still has the columns it had."""
        return all(
            warehouse.ledger.schema(schema.name) == schema for schema in _once(self.schema, *self.schemas)
        )

    def on(self, bizdate: str, warehouse: Warehouse, project: str) -> ReadyInsert:
        ds = self.insert.ds
        insert = self.insert if ds is None else replace(self.insert, ds=_filled(ds, bizdate, _no_table))
        return ReadyInsert(insert, lambda: self._text(bizdate, warehouse, project))

    def _text(self, bizdate: str, warehouse: Warehouse, project: str) -> str:
        for node, text in self.literals:
            node.set("this", _filled(text, bizdate, _no_table))
        catalog = WarehouseCatalog(warehouse, project, self.insert.query)
        return _filled(self.text, bizdate, lambda number: catalog.relation(self.nodes[number]).text)


def _once(*schemas: TableSchema) -> Iterable[TableSchema]:
    by_name: dict[TableName, TableSchema] = {schema.name: schema for schema in schemas}
    return by_name.values()
