"""How data sources are reached: RedisConfs, HologresConfs, MysqlConfs, TableStoreConfs, FeatureStoreConfs.

What a password stands in is never shown: a connection's `repr` hides it, and errors go through `without`.
Source: the configuration structs of the open engine (recconf); its timeouts are ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import ClassVar, Self

from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.records import Record

HIDDEN = "***"
SECRET_KEYS = re.compile(
    r"password|passwd|secret|token|auth|dsn|cache_?config|access_?key(?!_?id)", re.IGNORECASE
)
"""Keys of a configuration whose values nobody may see. CacheConfig is a text that may hold a password."""
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_URL_PASSWORD = re.compile(r"^[a-z0-9+]+://[^/@:]*:(.+)@", re.IGNORECASE)
_GO_PASSWORD = re.compile(r"^[^:@/]*:(.+)@")
_KEY_PASSWORD = re.compile(r"password\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)", re.IGNORECASE)


class Connection(Record):
    """One entry. Texts may name environment variables: `${REDIS_PASSWORD}`."""

    secrets: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        values = {**self.__dict__, **{name: HIDDEN for name in self.secrets if self.__dict__[name]}}
        shown = ", ".join(f"{name}={values[name]!r}" for name in self.field_names)
        return f"{type(self).__name__}({shown})"

    def from_environment(self) -> Self:
        """The entry with its environment variables filled in. Raises NotFound for one that is not set."""
        texts = {name: value for name, value in self.__dict__.items() if isinstance(value, str)}
        return self.replace(**{name: _VARIABLE.sub(_variable, text) for name, text in texts.items()})

    def hidden(self) -> tuple[str, ...]:
        """Texts that no message may hold, longest first."""
        texts = {str(self.__dict__[name]) for name in self.secrets} - {""}
        return tuple(sorted(texts, key=len, reverse=True))


class RedisConf(Connection):
    """RedisConfs.x. Timeouts are milliseconds."""

    secrets: ClassVar[tuple[str, ...]] = ("password",)
    unserved: ClassVar[tuple[str, ...]] = ("MaxIdle",)

    host: str = "127.0.0.1"
    port: int = 6379
    password: str = ""
    db_num: int = 0
    connect_timeout: int = 50
    read_timeout: int = 100
    write_timeout: int = 100


class DsnConf(Connection):
    """HologresConfs.x and MysqlConfs.x: `dsn` as the engine's drivers read it.

    `read_timeout` is our own key: how many milliseconds an answer may take, connecting included. 0 is the
    engine's own limit for each use: 100 for exposures, 200 for rows and lists.
    """

    secrets: ClassVar[tuple[str, ...]] = ("dsn",)

    dsn: str = ""
    read_timeout: int = 0

    def hidden(self) -> tuple[str, ...]:
        found = [pattern.search(self.dsn) for pattern in (_URL_PASSWORD, _GO_PASSWORD, _KEY_PASSWORD)]
        passwords = {match[1].strip("'") for match in found if match} - {""}
        return (*super().hidden(), *sorted(passwords, key=len, reverse=True))


class TableStoreConf(Connection):
    """TableStoreConfs.x. `read_timeout` is our own key: milliseconds that an answer may take."""

    secrets: ClassVar[tuple[str, ...]] = ("access_key_secret",)
    unserved: ClassVar[tuple[str, ...]] = ("RoleArn",)

    end_point: str = ""
    instance_name: str = ""
    access_key_id: str = ""
    access_key_secret: str = ""
    read_timeout: int = 200


class FeatureStoreConf(Connection):
    """FeatureStoreConfs.x. Every project is the embedded FeatureDB, so only its name matters here."""

    secrets: ClassVar[tuple[str, ...]] = ("access_key", "feature_db_password", "hologres_password")

    access_id: str = ""
    access_key: str = ""
    region_id: str = ""
    project_name: str = ""
    feature_db_username: str = ""
    feature_db_password: str = ""
    hologres_port: int = 0
    hologres_username: str = ""
    hologres_password: str = ""


class Connections(Record):
    """All entries of a configuration, by name."""

    redis: Mapping[str, RedisConf] = {}
    hologres: Mapping[str, DsnConf] = {}
    mysql: Mapping[str, DsnConf] = {}
    table_store: Mapping[str, TableStoreConf] = {}
    feature_store: Mapping[str, FeatureStoreConf] = {}


def without(text: str, hidden: tuple[str, ...]) -> str:
    """`text` with every hidden text made unreadable."""
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return text


def _variable(match: re.Match[str]) -> str:
    name = match[1]
    value = os.environ.get(name)
    if value is None:
        raise NotFound("environment variable", name)
    return value
