"""Around every request: the token, the log line, the metrics, and the last word when something breaks."""

from __future__ import annotations

import hmac
import logging
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pairec_cli.server.answers import failure
from pairec_cli.server.logs import log
from pairec_cli.server.metrics import Metrics

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

OPEN = frozenset({"/ping"})
"""Asked by load balancers, which have no token."""


class Gate:
    """Pure ASGI, and outside of `app`: a request costs no task of its own. POSTs to `direct` routes are
    answered from here, which saves the framework's layers and its way to their handlers; `app` answers all
    others."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        routes: frozenset[str],
        direct: Mapping[str, Handler],
        token: str = "",
    ) -> None:
        self.app, self.metrics, self.routes, self.direct = app, metrics, routes, direct
        self._counters: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self.token = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        status = 500
        begun = False

        async def watched(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
            await send(message)

        fields: dict[str, Any] = {}
        scope.setdefault("state", {})["fields"] = fields
        self.metrics.under_way.inc()
        try:
            if refused := self._refused(scope):
                await refused(scope, receive, watched)
            elif scope["method"] == "POST" and (handler := self.direct.get(scope["path"])):
                response = await handler(Request(scope, receive))
                await response(scope, receive, watched)
            else:
                await self.app(scope, receive, watched)
        except Exception as error:
            log(logging.ERROR, "request_failed", path=scope["path"], **fields, **_where(error))
            if begun:
                raise
            await PlainTextResponse("server error", 500)(scope, receive, watched)
        finally:
            self.metrics.under_way.dec()
            self._note(scope, status, time.perf_counter() - start, fields)

    def _refused(self, scope: Scope) -> Response | None:
        """The answer to a request without the token; None for one that may pass."""
        if not self.token or scope["path"] in OPEN:
            return None
        given = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(given, self.token):
            return None
        answer = failure(401, "the token is missing or wrong")
        return JSONResponse(answer, 401, headers={"www-authenticate": "Bearer"})

    def _note(self, scope: Scope, status: int, seconds: float, fields: dict[str, Any]) -> None:
        path = scope["path"] if scope["path"] in self.routes else "other"
        counted = self._counters.get((path, status))
        if counted is None:
            count = self.metrics.requests.labels(path, str(status))
            counted = self._counters[path, status] = (count, self.metrics.seconds.labels(path))
        counted[0].inc()
        counted[1].observe(seconds)
        ms = round(seconds * 1000, 3)
        log(logging.INFO, "request", path=scope["path"], status=status, ms=ms, **fields)


def fields_of(request: Request) -> dict[str, Any]:
    """What the log line will tell of a request; its handler adds to it."""
    fields: dict[str, Any] = request.scope["state"]["fields"]
    return fields


def _where(error: Exception) -> dict[str, Any]:
    """The kind of error and the places it came through. Its text stays out: it may hold what is secret."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "at": places[-8:]}
