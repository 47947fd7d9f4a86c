"""A private Redis with a password."""

from __future__ import annotations

from typing import Any

import redis

from tests.servers.process import HOST, Server, binary

PASSWORD = "a secret word"


class RedisProcess(Server):
    def __init__(self) -> None:
        self.binary = binary("redis-server")
        super().__init__("redis")

    def command(self) -> list[str]:
        return [
            *(self.binary, "--port", str(self.port), "--bind", HOST, "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--requirepass", PASSWORD, "--databases", "4"),
        ]

    def ready(self) -> None:
        with self.client() as client:
            client.ping()

    def client(self, db: int = 0) -> Any:
        return redis.Redis(HOST, self.port, db, PASSWORD, protocol=2, decode_responses=True)

    def conf(self, **keys: Any) -> dict[str, Any]:
        """The RedisConfs entry."""
        return {"Host": HOST, "Port": self.port, "Password": PASSWORD, **keys}
