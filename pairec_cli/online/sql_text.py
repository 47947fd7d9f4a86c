"""What may stand in SQL: plain names, the configuration's own SQL, and marks for values; and who runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, Protocol

from pairec_cli.domain.errors import DataError, InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION

KEYS_PER_QUERY = 500
EXPOSURE_SECONDS = 0.1
ROW_SECONDS = 0.2
LIST_SECONDS = 1.0
"""How long answers may take, as in the open engine; lists of all items, which are read once a minute, have no
limit there."""
_NAME = re.compile(r'("[^"]+"|`[^`]+`|[\w$]+)(\.("[^"]+"|`[^`]+`|[\w$]+))*')
_PLACE = re.compile(r"'\$\{([^{}']+)\}'|\$\{([^{}']+)\}")


class AlreadyThere(DataError):
    """A row with this primary key exists."""


class Database(Protocol):
    """One connection pool. Errors of the server and timeouts are raised as PairecError, a broken primary key
    as AlreadyThere. `mark` stands for a parameter in SQL."""

    mark: str

    def query(self, sql: str, parameters: Sequence[object]) -> tuple[list[str], list[tuple[object, ...]]]:
        """The names of the columns, and the rows."""

    def execute(self, sql: str, parameters: Sequence[object]) -> None: ...


def own(sql: str, database: Database) -> str:
    """The configuration's own SQL, where nothing may be taken for a parameter."""
    return sql.replace("%", "%%") if database.mark == "%s" else sql


def with_places(sql: str, database: Database) -> tuple[str, list[str]]:
    """The configuration's own SQL with a mark for every `${name}` or `'${name}'`, and the names in order."""
    pieces, names, at = [], [], 0
    for found in _PLACE.finditer(sql):
        pieces += [own(sql[at : found.start()], database), database.mark]
        names.append(found[1] or found[2])
        at = found.end()
    return "".join([*pieces, own(sql[at:], database)]), names


def values_of(names: Sequence[str], values: Mapping[str, object]) -> list[object]:
    return [values.get(name) for name in names]


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + KEYS_PER_QUERY] for start in range(0, len(ids), KEYS_PER_QUERY))


def among(database: Database, key: str, ids: Sequence[str]) -> tuple[str, Sequence[object]]:
    """The condition that the column `key` is one of `ids`, and its parameters. A database may know a quicker
    one than a place for each, as its own `among`."""
    own_way = getattr(database, "among", None)
    if own_way is not None:
        found: tuple[str, Sequence[object]] = own_way(key, ids)
        return found
    return f"{key} IN ({', '.join([database.mark] * len(ids))})", ids


def plain(name: str, key: str) -> str:
    """A name that may stand in SQL as it is. Raises InvalidConfig at the configuration's `key`."""
    if not _NAME.fullmatch(name):
        refuse(key, f"{name!r} is not the name of a table or column" if name else "is missing", name)
    return name


def refuse(key: str, message: str, value: object) -> NoReturn:
    raise InvalidConfig(CONFIGURATION, [Problem(key, message, value)])
