"""What every stage of a request left, written for those who look into one scene (DebugConfs).

A record for each stage and recall: `{"request_id", "module", "scene_id", "exp_id", "request_time", "uid",
"retrieveid", "items": "id:score,…"}`, where the module is recall, filter, general_rank, rank, sort or
recommend. They go to standard error, or to files of a gigabyte in a folder. Source: "Engine configuration" in
PAI-Rec's help, and the open engine's debug log.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest

CONSOLE, FILE = "console", "file"
FILE_BYTES = 1_000_000_000
PATTERN = "pairec.debug.*.log"


class DebugConf(Record):
    """DebugConfs.<scene>: `rate` percent of the requests, and all of `debug_users`."""

    unserved: ClassVar[tuple[str, ...]] = ("DatahubName", "KafKaName")

    rate: int = 0
    debug_users: tuple[str, ...] = ()
    output_type: str = ""
    file_path: str = ""
    max_file_num: int = 20

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if self.output_type not in (CONSOLE, FILE):
            message = f"is not served: nothing is written; {CONSOLE} and {FILE} are"
            yield "OutputType", message, self.output_type
        elif self.output_type == FILE and not self.file_path:
            yield "FilePath", "is missing: nothing is written", ""

    @property
    def writes(self) -> bool:
        return self.output_type == CONSOLE or (self.output_type == FILE and bool(self.file_path))


class DebugLog:
    """The records of one scene. Safe to share between threads."""

    def __init__(self, conf: DebugConf) -> None:
        self.conf, self.users = conf, frozenset(conf.debug_users)
        self._lock = threading.Lock()
        self._path: Path | None = None

    def trace(self, request: RecommendRequest) -> DebugTrace | None:
        """Where the request's records go; None for one that is not looked at. The request's id decides: one
        request is either told whole or not at all."""
        sampled = self.conf.rate > 0 and zlib.crc32(request.request_id.encode()) % 100 < self.conf.rate
        return DebugTrace(self, request) if sampled or request.uid in self.users else None

    def write(self, lines: str) -> str:
        """Appends the lines; why it cannot, or an empty text."""
        with self._lock:
            if self.conf.output_type == CONSOLE:
                sys.stderr.write(lines)
                return ""
            try:
                with self._file().open("a", encoding="utf-8") as file:
                    file.write(lines)
            except OSError as error:
                return f"debug records are not written: {error.strerror or error}"
        return ""

    def _file(self) -> Path:
        """The file to append to. A new one begins when the last is full; the oldest go."""
        folder = Path(self.conf.file_path)
        if self._path is None or not self._path.exists() or self._path.stat().st_size >= FILE_BYTES:
            folder.mkdir(parents=True, exist_ok=True)
            self._path = folder / f"pairec.debug.{time.strftime('%Y%m%d%H%M%S')}.log"
            known = sorted(folder.glob(PATTERN))
            for old in known[: max(len(known) - max(self.conf.max_file_num, 1) + 1, 0)]:
                if old != self._path:
                    old.unlink(missing_ok=True)
        return self._path


class DebugTrace:
    """One request's records, written when it has ended."""

    def __init__(self, log: DebugLog, request: RecommendRequest) -> None:
        self.log = log
        self._head = {
            "request_id": request.request_id,
            "scene_id": request.scene_id,
            "exp_id": "",
            "request_time": int(time.time()),
            "uid": request.uid,
        }
        self._lines: list[str] = []

    def add(self, module: str, items: Sequence[Item]) -> None:
        """The items that left a stage, recall by recall."""
        by_recall: dict[str, list[str]] = {}
        for item in items:
            by_recall.setdefault(item.retrieve_id, []).append(f"{item.id}:{item.score:g}")
        for recall, told in by_recall.items():
            record = {**self._head, "module": module, "retrieveid": recall, "items": ",".join(told)}
            self._lines.append(json.dumps(record, ensure_ascii=False) + "\n")

    def end(self) -> str:
        """Writes the records; why that failed, or an empty text."""
        return self.log.write("".join(self._lines)) if self._lines else ""
