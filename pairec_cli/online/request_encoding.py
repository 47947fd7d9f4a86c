"""One user and N candidates as the arrays that a model takes: one per input of its graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.model_features import MISSING, Form, ModelFeature
from pairec_cli.online.feature_values import (
    bin_of,
    combined,
    entries_of,
    looked_up,
    number_of,
    pairs_of,
    text_of,
    texts_of,
    transformed,
    whole_of,
)
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.lookup_groups import LookupGroup, lookup_groups, table
from pairec_cli.online.model_description import LENGTH, SEQUENCE, TAG, ModelDescription

TIME_FIELD = "__ts"
"""Ends the name of a sequence column of moments. Users' views hold Unix seconds there, training rows the
seconds before the request."""
Values = Mapping[str, object]


class Asked(NamedTuple):
    """One request: the user's columns, the request's own, and its moment in Unix seconds."""

    user: Values
    context: Values
    now: int

    def value(self, feature: ModelFeature, place: int = 0) -> object:
        """The raw value of the feature's column at `place`; that of an item is None."""
        side = feature.sides[place]
        given = self.user if side == "user" else self.context if side == "context" else {}
        return given.get(feature.sources[place])


def clock(now: int, zone: tzinfo) -> dict[str, object]:
    """The context columns that every request has: hour of the day, and day of the week (Monday is 0)."""
    moment = datetime.fromtimestamp(now, zone)
    return {"day_h": moment.hour, "week_day": moment.weekday()}


class RequestEncoder:
    """Encodes requests for one model with one day's items. Safe to share between threads."""

    def __init__(self, description: ModelDescription, items: ItemSnapshot, item_key: str = "") -> None:
        """`item_key` is the items' id column: of a candidate that `items` does not know, the id is known."""
        self.description, self.items = description, items
        features = description.features
        self._user_ids = description.inputs_of(("user_ids",))
        self._user_dense = description.inputs_of(("user_dense",))
        self._cross_ids = description.inputs_of(("cross_ids",))
        self._cross_dense = len(description.inputs.get("cross_dense", ()))
        self._lookups = lookup_groups(description)
        self._tags = [features[name] for name in description.named(TAG)]
        self._sequences: dict[str, list[ModelFeature]] = {name: [] for name in description.named(LENGTH)}
        for name in description.named(SEQUENCE):
            self._sequences.setdefault(features[name].sequence, []).append(features[name])
        self._key_places = [
            (place, feature.vocabulary)
            for place, feature in enumerate(description.inputs_of(("item_ids",)))
            if item_key and feature.form is Form.ID and feature.sources[0] == item_key
        ]

    def encode(
        self, user: Values, context: Values, now: int, candidates: Sequence[str]
    ) -> dict[str, NDArray[Any]]:
        """Input name → array, as the graph takes them: one row of the user, a row per candidate."""
        asked, rows = Asked(user, context, now), self.items.places(candidates)
        arrays = self._of_the_user(asked)
        for name in self._sequences:
            arrays |= self._sequence(name, asked)
        if self.items.ids is not None:
            arrays["item_ids"] = self._item_ids(rows, candidates)
        if self.items.dense is not None:
            arrays["item_dense"] = self.items.dense[rows]
        for feature in self._tags:
            arrays[TAG + feature.name] = self._tag(feature, asked, rows)
        crossing = _Crossing(self, asked, rows)
        if self._cross_ids:
            arrays["cross_ids"] = np.stack([crossing.combo(f) for f in self._cross_ids], 1)
        if self._cross_dense:
            numbers = arrays["cross_dense"] = np.zeros((len(rows), self._cross_dense), np.float32)
            for group in self._lookups:
                numbers[:, group.places] = crossing.lookups(group)
        return arrays

    def known(self, feature: ModelFeature, texts: Sequence[str]) -> list[int]:
        """Ids of texts in the feature's vocabulary."""
        return self.items.vocabularies[feature.vocabulary].ids(texts)

    def _of_the_user(self, asked: Asked) -> dict[str, NDArray[Any]]:
        arrays: dict[str, NDArray[Any]] = {}
        if self._user_ids:
            arrays["user_ids"] = np.array([[self._id(f, asked) for f in self._user_ids]], np.int64)
        if self._user_dense:
            arrays["user_dense"] = np.array([[_number(f, asked) for f in self._user_dense]], np.float32)
        return arrays

    def _id(self, feature: ModelFeature, asked: Asked) -> int:
        value = asked.value(feature)
        match feature.form:
            case Form.ID:
                return self.known(feature, [text_of(value)])[0]
            case Form.COMBO:
                return self.known(feature, [combined(value, asked.value(feature, 1))])[0]
            case Form.BINNED:
                return bin_of(number_of(value), feature.boundaries)
            case _:
                return whole_of(number_of(value), feature.num_buckets)

    def _item_ids(self, rows: NDArray[np.int64], candidates: Sequence[str]) -> NDArray[np.int64]:
        assert self.items.ids is not None
        ids: NDArray[np.int64] = self.items.ids[rows].astype(np.int64)
        if self._key_places:
            unknown = np.flatnonzero(rows == self.items.count)
            texts = [candidates[place] for place in unknown.tolist()]
            for place, vocabulary in self._key_places if texts else ():
                ids[unknown, place] = self.items.vocabularies[vocabulary].ids(texts)
        return ids

    def _tag(self, feature: ModelFeature, asked: Asked, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        if feature.side == "item":
            return self.items.tags[feature.name].take(rows).padded(-1).astype(np.int64)
        texts = texts_of(asked.value(feature), feature.separator)
        return np.array([self.known(feature, texts) or [MISSING]], np.int64)

    def _sequence(self, name: str, asked: Asked) -> dict[str, NDArray[Any]]:
        """The fields of one sequence, all as long as the longest of them."""
        encoded = {f.name: self._entries(f, asked) for f in self._sequences[name]}
        longest = max(map(len, encoded.values()), default=0)
        arrays: dict[str, NDArray[Any]] = {}
        for feature in self._sequences[name]:
            kind = np.float32 if feature.is_dense else np.int64
            array = arrays[SEQUENCE + feature.name] = np.zeros((1, max(1, longest)), kind)
            entries = encoded[feature.name]
            array[0, : len(entries)] = entries
        if LENGTH + name in self.description.inputs:
            arrays[LENGTH + name] = np.array([longest], np.int64)
        return arrays

    def _entries(self, feature: ModelFeature, asked: Asked) -> Sequence[float]:
        entries = entries_of(asked.value(feature))
        if feature.sequence_length:
            entries = entries[: feature.sequence_length]
        if feature.form is Form.ID:
            return self.known(feature, entries)
        numbers = [number_of(entry) for entry in entries]
        if feature.sources[0].endswith(TIME_FIELD):
            numbers = [None if moment is None else asked.now - moment for moment in numbers]
        if feature.form is Form.BINNED:
            return [bin_of(number, feature.boundaries) for number in numbers]
        if feature.form is Form.WHOLE:
            return [whole_of(number, feature.num_buckets) for number in numbers]
        return [transformed(number, feature.transform) for number in numbers]


def _number(feature: ModelFeature, asked: Asked) -> float:
    value = asked.value(feature)
    if feature.form is Form.LOOKUP:
        keys = texts_of(asked.value(feature, 1), feature.separator)
        return transformed(looked_up(pairs_of(value), keys), feature.transform)
    return transformed(number_of(value), feature.transform)


class _Crossing:
    """Features of several sides, for the candidates of one request."""

    def __init__(self, encoder: RequestEncoder, asked: Asked, rows: NDArray[np.int64]) -> None:
        self.encoder, self.asked, self.rows = encoder, asked, rows
        self._codes: dict[str, NDArray[np.int32]] = {}

    def codes(self, name: str) -> NDArray[np.int32]:
        """The codes of the candidates' values in an item column, (N, most)."""
        if name not in self._codes:
            self._codes[name] = self.encoder.items.columns[name].codes(self.rows)
        return self._codes[name]

    def combo(self, feature: ModelFeature) -> NDArray[np.int64]:
        """The values of two columns joined, as an id, (N,)."""
        if "item" not in feature.sides:
            both = combined(self.asked.value(feature), self.asked.value(feature, 1))
            return np.full(len(self.rows), self.encoder.known(feature, [both])[0])
        place = feature.sides.index("item")
        name, other = feature.sources[place], self.asked.value(feature, 1 - place)
        column = self.encoder.items.columns[name]
        codes, back = np.unique(self.codes(name)[:, 0], return_inverse=True)
        values = ["" if code < 0 else column.texts[code] for code in codes]
        texts = [combined(other, value) if place else combined(value, other) for value in values]
        found: NDArray[np.int64] = np.array(self.encoder.known(feature, texts), np.int64)[back]
        return found

    def lookups(self, group: LookupGroup) -> NDArray[np.float64]:
        """The numbers that one side's texts hold for the other's value, (N or 1, F)."""
        if group.key_side == "item":
            return self._by_item(group)
        keys = texts_of(self.asked.value(group.features[0], 1), group.separator)
        if group.text_side == "item":
            sums = self.encoder.items.pairs[group.name].sums(self.rows, keys)
            return group.transformed(sums) if group.separator else sums
        return group.transformed(np.array([[looked_up(one, keys) for one in self._pairs(group)]]))

    def _by_item(self, group: LookupGroup) -> NDArray[np.float64]:
        """What the user's texts hold for the candidates' values, (N, F)."""
        keys, numbers = table(self._pairs(group))
        if not group.separator:
            numbers = group.transformed(numbers)
        column = self.encoder.items.columns[group.key]
        slots = np.zeros(len(column.index) + 1, np.int64)  # value → row of `numbers`; the last is of no value
        slots[np.array(column.index.find(keys), np.int64)] = np.arange(1, len(keys) + 1)
        slots[-1] = 0
        rows = slots[self.codes(group.key)]
        if not group.separator:
            return numbers[rows[:, 0]]
        return group.transformed(numbers[rows].sum(1))

    def _pairs(self, group: LookupGroup) -> list[dict[str, float]]:
        return [pairs_of(self.asked.value(feature)) for feature in group.features]
