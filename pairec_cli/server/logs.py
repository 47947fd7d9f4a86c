"""Structured logs: one JSON object a line, on standard error."""

from __future__ import annotations

import logging
import sys
import time
from functools import lru_cache
from typing import Any, TextIO

import orjson

LOGGER = logging.getLogger("pairec.server")


class JsonLines(logging.Formatter):
    """`time` (RFC 3339, UTC), `level`, `event`, and what the event brings in `extra={"fields": {…}}`."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            document["error"] = self.formatException(record.exc_info)
        return orjson.dumps(document, default=str).decode()


@lru_cache(1)
def _second(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


def log(level: int, event: str, **fields: Any) -> None:
    """One line. Where in the code it comes from is not told, and so not looked for."""
    if LOGGER.isEnabledFor(level):
        told = {"fields": fields}
        LOGGER.handle(LOGGER.makeRecord(LOGGER.name, level, "", 0, event, (), None, extra=told))


def start_logging(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Sends our logs and uvicorn's to `stream`, standard error by default."""
    # No line tells thread or process, and asking for them takes half the time of a line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    for name in (LOGGER.name, "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
    logging.getLogger("uvicorn").handlers = []
