"""A socket, and uvicorn on it until it is told to stop."""

from __future__ import annotations

import gc
import logging
import signal
import socket

import uvicorn
from starlette.types import ASGIApp

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.server.logs import log

STOP_SECONDS = 30
"""So long requests under way may take after the signal to stop."""
_BACKLOG = 2_048
YOUNG = (20_000, 20, 20)
"""The garbage collector's thresholds. A request makes a thousand objects that end with it, without cycles."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any that is free. Raises InvalidInput when it cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)  # with a named protocol asyncio sends without delay
    except OSError as error:
        raise _refused(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from error
    return listener


def _refused(host: str, port: int, error: OSError) -> InvalidInput:
    message = f"{host}:{port} cannot be listened on: {error.strerror or error}"
    return InvalidInput(message, hint="choose another with --host and --port")


def run(app: ASGIApp, listener: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM; requests under way are answered first."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    for stop in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises the signal anew once it has stopped
        signal.signal(stop, lambda *_: None)
    gc.collect()
    gc.freeze()  # what is loaded by now stays, and need not be looked through again and again
    gc.set_threshold(*YOUNG)
    host, port = listener.getsockname()[:2]
    log(logging.INFO, "listening", host=host, port=port)
    with listener:
        uvicorn.Server(config).run([listener])
    log(logging.INFO, "stopped")
