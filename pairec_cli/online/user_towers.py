"""Models with two towers in service: a user's vectors at request time, and the index of the items' vectors.

<name>/current.json                         as of ranking models; `items` is the model's own day
<name>/<ds>/export/user/                    model.onnx, model.json, vocabulary/
<name>/<ds>/export/user/items/              vocabularies and history entries, mapped
<name>/<ds>/export/items.vectors            the items' vectors, of the same training as the tower
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.online.current_model import CurrentModel
from pairec_cli.online.feature_values import cleaned, entries_of
from pairec_cli.online.histories import HistoryEntries
from pairec_cli.online.in_service import CURRENT, InService
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.model_description import HINT, LENGTH, SEQUENCE, ModelDescription
from pairec_cli.online.ranking_models import first_line, open_session
from pairec_cli.online.request_encoding import RequestEncoder, Values, clock
from pairec_cli.online.vectors import VectorIndex, Vectors

EXPORT, TOWER, ITEMS = "export", "user", "items"
"""Folders of a model's day, and the name of its index."""


class UserTower:
    """A user tower with its items, loaded. Safe to share between threads."""

    def __init__(self, folder: Path, service: InService, threads: int = 1) -> None:
        """`folder` holds the days of the model. Raises DataError for files that are missing, damaged or of
        another version, NotFound without an index."""
        place = folder / service.model / EXPORT
        self.service = service
        self.description = ModelDescription.read(place / TOWER)
        items = ItemSnapshot(place / TOWER / ITEMS, self.description)
        self.encoder = RequestEncoder(self.description, items)
        self.fields = [self.description.features[name] for name in self.description.named(SEQUENCE)]
        self.entries = HistoryEntries(place / TOWER / ITEMS, items, self.fields) if self.fields else None
        self.index: VectorIndex = Vectors(place).index(ITEMS)
        try:
            self.zone = ZoneInfo(service.timezone)
        except (KeyError, ValueError) as error:
            raise DataError(f"{folder / CURRENT} has no time zone {service.timezone!r}", hint=HINT) from error
        self.session = open_session(self.description, threads)
        self._taken = [one.name for one in self.session.get_inputs()]

    def vectors(
        self, uid: str, user: Values, request: Values, recent: Sequence[str], now: int
    ) -> NDArray[np.float32]:
        """(K, D), K at least 1. `user` is what is known of user `uid`, its history included, `request` what
        the request itself says, `recent` items that the user took since the history was written, latest
        first, `now` Unix seconds. Raises PairecError when the tower gives no finite numbers."""
        context = {name: cleaned(value) for name, value in request.items()} | clock(now, self.zone)
        known = {**user, self.service.user_id: uid}
        if recent and self.fields:
            known |= self._without(known, set(recent))
        arrays = self.encoder.encode(known, context, now, ())
        if recent and self.fields:
            self._prepend(arrays, recent)
        return self._run(arrays)

    def _without(self, user: Values, items: set[str]) -> dict[str, str]:
        """The columns of the history without entries of these items."""
        own = next(
            (f.sources[0] for f in self.fields if f.vocabulary == self.service.item_id), self.fields[0].name
        )
        keep = [place for place, item in enumerate(entries_of(user.get(own))) if item not in items]
        found = {}
        for field in self.fields:
            entries = entries_of(user.get(field.sources[0]))
            found[field.sources[0]] = ";".join(entries[place] for place in keep if place < len(entries))
        return found

    def _prepend(self, arrays: dict[str, NDArray[Any]], recent: Sequence[str]) -> None:
        """The recent items stand before the history, which ends where the model's sequence does."""
        assert self.entries is not None
        items = self.entries.of(list(dict.fromkeys(recent)))
        for place, field in enumerate(self.fields):
            length = int(arrays[LENGTH + field.sequence][0])
            before = arrays[SEQUENCE + field.name][:, :length]
            joined = np.concatenate([items[None, :, place].astype(before.dtype), before], 1)
            arrays[SEQUENCE + field.name] = joined[:, : field.sequence_length or None]
        for sequence in {field.sequence for field in self.fields}:
            longest = max(
                arrays[SEQUENCE + field.name].shape[1] for field in self.fields if field.sequence == sequence
            )
            arrays[LENGTH + sequence] = np.array([longest], np.int64)

    def _run(self, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        title = f"{self.description.name} of {self.description.ds}"
        try:
            (found,) = self.session.run(
                list(self.description.outputs), {name: arrays[name] for name in self._taken}
            )
        except Exception as error:  # onnxruntime's errors have no common root
            raise PairecError(f"user tower {title} failed: {first_line(error)}", hint=HINT) from error
        if found.ndim != 3 or len(found) != 1 or found.shape[2] != self.index.dimensions:
            raise PairecError(
                f"user tower {title} gives {found.shape}, the index has {self.index.dimensions} dimensions"
            )
        if not np.isfinite(found).all():
            raise PairecError(f"user tower {title} is not finite", hint=HINT)
        there = np.abs(found[0]).sum(1) > 0
        there[0] = True
        vectors: NDArray[np.float32] = found[0][there]
        return vectors

    def nearest(
        self, vectors: NDArray[np.float32], count: int, without: frozenset[str] | set[str] = frozenset()
    ) -> list[tuple[str, float]]:
        """The `count` items nearest to one of the vectors, best first, with their inner products."""
        found = self.index.search(vectors, count + len(without))
        return [(item, score) for item, score in found if item not in without][:count]


class ServedTower(CurrentModel[UserTower]):
    """The tower in service in a folder."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        super().__init__(folder, lambda place, service: UserTower(place, service, threads))
