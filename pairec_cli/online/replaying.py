"""Training rows through the serving encoder: whether a request sees what the model was trained on.

A raw row of the training set becomes a user, a request and an item, as they would be served: the item goes
through a snapshot of its own, moments of sequences become Unix seconds again, the hour and the weekday come
from the row's time. What the encoder makes of them is compared with the row that SQL encoded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.records import Record
from pairec_cli.online.feature_values import SEQUENCE_SEPARATOR, entries_of, number_of
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.model_description import LENGTH, SEQUENCE, TAG, ModelDescription
from pairec_cli.online.request_encoding import TIME_FIELD, RequestEncoder, clock
from pairec_cli.online.snapshot_writing import write_snapshot

EVENT_TIME = "event_unix_time"
"""The training set's column with the row's moment, Unix seconds."""
TAG_JOIN = ","
TOLERANCE = 1e-6
"""Numbers are float32 here and double there."""
Row = Mapping[str, object]


class FeatureCheck(Record):
    """How one feature fared: rows compared, rows that differ, the largest difference of an id or number, and
    the first row that differs, in words."""

    feature: str
    rows: int
    mismatches: int
    largest: float
    example: str = ""


def replay(
    folder: Path, rows: Iterable[Row], encoded: Iterable[Row], *, timezone: str
) -> dict[str, FeatureCheck]:
    """Feature → what the comparison of `rows` (raw, as in the training set) with `encoded` (the same rows in
    the same order, as the model was trained on them) says. `folder` is the model's.

    Raises DataError for a folder that is no model, when there are more rows of one kind, and when the encoded
    ones lack a feature.
    """
    description = ModelDescription.read(folder)
    raw = list(rows)
    with tempfile.TemporaryDirectory() as name:
        items = Path(name) / "items"
        columns = _item_columns(description)
        ids = [str(place) for place in range(len(raw))]
        write_snapshot(description, ids, lambda source: [row.get(columns[source]) for row in raw], items)
        encoder = RequestEncoder(description, ItemSnapshot(items, description))
        checks = {feature: _Check(feature) for feature in _compared(description)}
        zone = ZoneInfo(timezone)
        for place, (row, expected) in enumerate(zip_longest(raw, encoded)):
            if row is None or expected is None:
                raise DataError(f"there are {len(raw)} training rows, and another number of encoded ones")
            for feature, found in _served(encoder, description, row, str(place), zone):
                if feature not in expected:
                    raise DataError(f"the encoded rows have no column {feature!r}", hint="pairec run")
                checks[feature].compare(found, expected[feature], place)
    return {name: check.result() for name, check in checks.items()}


def _item_columns(description: ModelDescription) -> dict[str, str]:
    """Item columns: name in the item feature table → name in the training set."""
    return {
        source: column
        for feature in description.features.values()
        for source, column, side in zip(feature.sources, feature.columns, feature.sides, strict=True)
        if side == "item"
    }


def _compared(description: ModelDescription) -> list[str]:
    return [name for group, names in description.inputs.items() if LENGTH not in group for name in names]


def _served(
    encoder: RequestEncoder, description: ModelDescription, row: Row, item: str, zone: ZoneInfo
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Feature → the values that the row has as a request."""
    moment = number_of(row.get(EVENT_TIME))
    now = 0 if moment is None else int(moment)
    user: dict[str, object] = {}
    context: dict[str, object] = {}
    for feature in description.features.values():
        for source, column, side in zip(feature.sources, feature.columns, feature.sides, strict=True):
            if side == "context":
                context[source] = row.get(column)
            elif side == "user":
                user[source] = _absolute(feature, row.get(column), now)
    if moment is not None:
        context |= clock(now, zone)
    arrays = encoder.encode(user, context, now, [item])
    for group, names in description.inputs.items():
        if group.startswith((TAG, SEQUENCE)):
            yield names[0], arrays[group][0]
        elif not group.startswith(LENGTH):
            yield from ((name, arrays[group][0, place : place + 1]) for place, name in enumerate(names))


def _absolute(feature: ModelFeature, value: object, now: int) -> object:
    """What the user's view holds: moments instead of seconds before the request."""
    if not (feature.sequence and feature.sources[0].endswith(TIME_FIELD)):
        return value
    ages = map(number_of, entries_of(value))
    return SEQUENCE_SEPARATOR.join("" if age is None else f"{now - age:.15g}" for age in ages)


class _Check:
    """The comparison of one feature, row by row."""

    def __init__(self, feature: str) -> None:
        self.feature = feature
        self.rows = self.mismatches = 0
        self.largest, self.example = 0.0, ""

    def compare(self, found: NDArray[Any], expected: object, place: int) -> None:
        served, trained = found[found >= 0] if found.dtype.kind == "i" else found, _numbers(expected)
        width = max(len(served), len(trained))
        difference = np.nan_to_num(np.abs(_padded(served, width) - _padded(trained, width)), nan=np.inf)
        allowed = TOLERANCE * np.maximum(1.0, np.abs(_padded(trained, width)))
        self.rows += 1
        self.largest = max(self.largest, float(difference.max(initial=0.0)))
        if not (difference <= (0.0 if found.dtype.kind == "i" else allowed)).all():
            self.mismatches += 1
            self.example = self.example or f"row {place}: served {served.tolist()}, trained on {expected!r}"

    def result(self) -> FeatureCheck:
        return FeatureCheck(self.feature, self.rows, self.mismatches, self.largest, self.example)


def _numbers(encoded: object) -> NDArray[np.float64]:
    """A cell of an encoded table: a number, or several in a text."""
    if not isinstance(encoded, str):
        return np.array([np.nan if encoded is None else encoded], np.float64)
    parts = encoded.replace(TAG_JOIN, SEQUENCE_SEPARATOR).split(SEQUENCE_SEPARATOR) if encoded else []
    return np.array([float(part) for part in parts], np.float64)


def _padded(values: Sequence[float] | NDArray[Any], width: int) -> NDArray[np.float64]:
    padded = np.zeros(width)
    padded[: len(values)] = values
    return padded
