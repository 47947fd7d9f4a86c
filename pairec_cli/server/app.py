"""The HTTP API: PAI-Rec's routes over one engine.

Source: "API reference" of PAI-Rec's engine and the open engine's web controllers. A body that is refused is
answered with HTTP 200 and `code` 400, as there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from pairec_cli import __version__
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import MESSAGES, NOT_ENOUGH, RecommendRequest, new_request_id
from pairec_cli.engine.config import RECALL_CATEGORY
from pairec_cli.engine.engine import Engine
from pairec_cli.server import documents
from pairec_cli.server.answers import (
    BAD_REQUEST,
    failure,
    feed_answer,
    plain_answer,
    recall_answer,
    to_bytes,
)
from pairec_cli.server.bodies import TooLarge, UnknownEncoding, body_of, packed
from pairec_cli.server.callbacks import Callbacks
from pairec_cli.server.gate import Gate, Handler, fields_of
from pairec_cli.server.payloads import Asked, callback_request, feed_request, plain_request, read_body
from pairec_cli.server.serving import Serving

T = TypeVar("T")
BUSINESS = ("/api/recommend", "/api/rec/feed", "/api/recall", "/api/callback")
ROUTES = (*BUSINESS, "/ping", "/route_paths", "/metrics", "/docs", "/openapi.json")
JSON = "application/json"


class Limits(Record):
    """How large a body may be, in bytes, and how long an answer may take, in seconds."""

    body: int = 1_048_576
    seconds: float = 10.0


def create_app(
    serving: Serving, callbacks: Callbacks, *, token: str = "", limits: Limits | None = None
) -> Gate:
    """The application behind its gate; it ends with the callbacks and the engine closed. `token` is what
    callers must bring, if any."""
    api = _Api(serving, callbacks, limits or Limits())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(serving.watch())
        yield
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await asyncio.to_thread(callbacks.close)
        await asyncio.to_thread(serving.close)

    app = FastAPI(title="pairec", version=__version__, lifespan=lifespan, redoc_url=None)
    handlers: tuple[tuple[str, Handler, dict[str, Any], str], ...] = (
        ("/api/recommend", api.recommend, documents.RECOMMEND, "The best items for a user."),
        (
            "/api/rec/feed",
            api.feed,
            documents.FEED,
            "The best items, with scores and context.",
        ),
        ("/api/recall", api.recall, documents.RECALL, "Candidates after recall and filters."),
        ("/api/callback", api.callback, documents.CALLBACK, "What was shown, for training samples."),
    )
    for path, handler, told, summary in handlers:
        app.add_api_route(path, handler, methods=["POST"], summary=summary, openapi_extra=told)
        app.add_api_route(path, handler, methods=["GET", "PUT"], include_in_schema=False)
    app.add_api_route("/ping", api.ping, methods=["GET"], summary="Whether the server is there.")
    app.add_api_route("/ping", api.ping, methods=["POST", "HEAD"], include_in_schema=False)
    app.add_api_route("/route_paths", api.route_paths, methods=["GET"], summary="The business routes.")
    app.add_api_route("/metrics", api.metrics, methods=["GET"], summary="For Prometheus.")
    direct = {path: handler for path, handler, *_ in handlers}
    return Gate(app, metrics=serving.metrics, routes=frozenset(ROUTES), direct=direct, token=token)


class _Api:
    """The handlers."""

    def __init__(self, serving: Serving, callbacks: Callbacks, limits: Limits) -> None:
        self.serving, self.callbacks, self.limits = serving, callbacks, limits

    async def recommend(self, request: Request) -> Response:
        async def answered(asked: Asked) -> dict[str, Any]:
            wanted = plain_request(asked)
            _log(request, wanted)
            return plain_answer(await self._run(lambda engine: engine.recommend(wanted)))

        return await self._answer(request, answered)

    async def feed(self, request: Request) -> Response:
        async def answered(asked: Asked) -> dict[str, Any]:
            wanted = feed_request(asked)
            _log(request, wanted)
            response = await self._run(lambda engine: engine.recommend(wanted))
            return feed_answer(response, debug=wanted.debug)

        return await self._answer(request, answered, pack=True)

    async def recall(self, request: Request) -> Response:
        async def answered(asked: Asked) -> dict[str, Any]:
            wanted = plain_request(asked, RECALL_CATEGORY)
            _log(request, wanted)
            items, errors = await self._run(lambda engine: engine.candidates(wanted))
            return recall_answer(items, wanted.request_id, errors, wanted.size)

        return await self._answer(request, answered)

    async def callback(self, request: Request) -> Response:
        async def answered(asked: Asked) -> dict[str, Any]:
            given = callback_request(asked)
            fields_of(request).update(request_id=given.request_id, scene=given.scene_id)
            taken = self.callbacks.offer(given)
            self.serving.metrics.callbacks.labels("taken" if taken else "dropped").inc()
            return {"code": 200, "msg": "success", "request_id": given.request_id}

        return await self._answer(request, answered)

    async def ping(self) -> Response:
        return PlainTextResponse("success")

    async def route_paths(self) -> Response:
        return Response(to_bytes(list(BUSINESS)), media_type=JSON)

    async def metrics(self) -> Response:
        text = self.serving.metrics.text()
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _run(self, work: Callable[[Engine], T]) -> T:
        """The work, with the engine that serves now; in a thread if it may wait. Raises TimeoutError; the
        thread then ends its work unheard."""

        def borrowed() -> T:
            with self.serving.borrow() as engine:
                return work(engine)

        if not self.serving.waits:
            return borrowed()
        waiting = asyncio.get_running_loop().run_in_executor(self.serving.pool, borrowed)
        return await asyncio.wait_for(waiting, self.limits.seconds)

    async def _answer(
        self,
        request: Request,
        answered: Callable[[Asked], Coroutine[Any, Any, dict[str, Any]]],
        *,
        pack: bool = False,
    ) -> Response:
        """The document as an answer, and every error in its form."""
        status, fields, scene = 200, fields_of(request), ""
        try:
            document = await answered(read_body(await body_of(request, self.limits.body)))
            scene = fields["scene"]
        except InvalidInput as error:
            document = failure(BAD_REQUEST, error.message, fields.get("request_id") or new_request_id())
        except NotFound as error:
            fields["reason"] = error.message
            document = failure(NOT_ENOUGH, MESSAGES[NOT_ENOUGH], fields.get("request_id", ""))
        except TimeoutError:
            status, document = 504, failure(504, "no answer in time", fields.get("request_id", ""))
        except TooLarge as error:
            status, document = 413, failure(413, error.message)
        except UnknownEncoding as error:
            status, document = 415, failure(415, error.message)
        fields["code"] = document["code"]
        self.serving.metrics.answered(scene, document["code"])
        body, headers = to_bytes(document), dict[str, str]()
        if pack:
            body, headers = packed(body, request)
        return Response(body, status, headers, JSON)


def _log(request: Request, wanted: RecommendRequest) -> None:
    """What the log line tells of a request: never the uid, which may be personal."""
    fields_of(request).update(request_id=wanted.request_id, scene=wanted.scene_id)
