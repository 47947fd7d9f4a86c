"""A socket, and uvicorn on it until it is told to stop."""

from __future__ import annotations

import logging
import signal
import socket

import uvicorn
from fastapi import FastAPI

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.server.logs import log

STOP_SECONDS = 30
"""So long requests under way may take after the signal to stop."""
_BACKLOG = 2_048


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any that is free. Raises InvalidInput when it cannot be had."""
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=kind, backlog=_BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"{host}:{port} cannot be listened on: {reason}"
        raise InvalidInput(message, hint="choose another with --host and --port") from error


def run(app: FastAPI, listener: socket.socket) -> None:
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
    host, port = listener.getsockname()[:2]
    log(logging.INFO, "listening", host=host, port=port)
    with listener:
        uvicorn.Server(config).run([listener])
    log(logging.INFO, "stopped")
