"""The model that current.json names, loaded when first asked for and again when another is named."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.online.in_service import CURRENT, InService

Stamp = tuple[int, int, int]
M = TypeVar("M")


class CurrentModel(Generic[M]):
    """One that cannot be loaded leaves the model before in service. Safe to share between threads."""

    def __init__(self, folder: Path, open_model: Callable[[Path, InService], M]) -> None:
        """`open_model` is given the folder and what is in service, and raises PairecError."""
        self.folder = folder
        self._open = open_model
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._loaded: tuple[M, str] | None = None
        self._failure: PairecError | None = None

    def now(self) -> tuple[M, str]:
        """The model to use, and why it is not the one that current.json names: empty when it is. Raises
        PairecError when there is none."""
        stamp = self._look()
        # While one thread loads a new model the others go on with the one before.
        if stamp != self._stamp and self._lock.acquire(blocking=self._loaded is None):
            try:
                if stamp != self._stamp:
                    self._load()
                    self._stamp = stamp
            finally:
                self._lock.release()
        loaded, failure = self._loaded, self._failure
        if loaded is None:
            raise failure or DataError(f"no model is in service in {self.folder}", hint="pairec rank train")
        model, ds = loaded
        if failure is None:
            return model, ""
        return model, f"{failure.message}; the model of {ds} keeps serving"

    def _look(self) -> Stamp:
        try:
            found = (self.folder / CURRENT).stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    def _load(self) -> None:
        try:
            service = InService.read(self.folder)
            self._loaded = self._open(self.folder, service), service.model
            self._failure = None
        except PairecError as error:
            self._failure = error
