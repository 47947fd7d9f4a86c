"""Callbacks: what was shown, written as samples after the caller has its answer.

A callback of a scene in CallBackConfs becomes a line for the user and a line for each item, in
`<folder>/<scene>/YYYYMMDD.jsonl` (UTC), where PAI-Rec sends them to DataHub or Kafka. The user's features are
those of the scene `<scene>_callback`, as of now. Source: "Callback API" in PAI-Rec's help.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.errors import PairecError
from pairec_cli.server.answers import to_bytes
from pairec_cli.server.logs import log
from pairec_cli.server.payloads import Callback
from pairec_cli.server.serving import Serving

WAITING = 5_000


class Callbacks:
    """Takes callbacks and writes them in a thread of its own; at most 5000 wait."""

    def __init__(self, serving: Serving, folder: Path) -> None:
        self.serving, self.folder = serving, folder
        self._waiting: queue.Queue[Callback | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._write_all, name="callbacks", daemon=True)
        self._thread.start()

    def offer(self, callback: Callback) -> bool:
        """Whether it was taken; a full queue drops it. A scene that keeps none takes and forgets."""
        if callback.scene_id not in self.serving.engine.config.callbacks:
            return True
        try:
            self._waiting.put_nowait(callback)
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Writes what waits."""
        self._waiting.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        while (callback := self._waiting.get()) is not None:
            try:
                self._write(callback)
            except (PairecError, OSError, TypeError, ValueError) as error:
                self.serving.metrics.callbacks.labels("failed").inc()
                fields = {"request_id": callback.request_id, "reason": str(error)}
                log(logging.ERROR, "callback_failed", **fields)

    def _write(self, callback: Callback) -> None:
        folder = self.folder / quote(callback.scene_id, safe="").replace(".", "%2E")
        folder.mkdir(parents=True, exist_ok=True)
        now = int(time.time())
        path = folder / time.strftime("%Y%m%d.jsonl", time.gmtime(now))
        with path.open("ab") as file:
            file.write(b"".join(to_bytes(row) + b"\n" for row in self._rows(callback, now)))

    def _rows(self, callback: Callback, now: int) -> Iterator[dict[str, Any]]:
        with self.serving.borrow() as engine:
            scene = f"{callback.scene_id}_callback"
            user = engine.user_properties(scene, callback.uid, callback.features)
        head = {"request_id": callback.request_id, "scene": callback.scene_id, "request_time": now}
        about = {**head, "user_id": callback.uid, "request_info": callback.request_info}
        yield {**about, "module": "user", "user_features": user}
        for item in callback.item_list:
            features = {key: value for key, value in item.items() if key != "item_id"}
            id = to_text(item.get("item_id"), "")
            yield {**about, "module": "item", "item_id": id, "item_features": features}
