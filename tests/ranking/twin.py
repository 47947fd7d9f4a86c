"""The encoding rules of `domain/model_features.py` in plain Python, one value at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.model_features import Form, ModelFeature

Vocabularies = Mapping[str, Mapping[str, int]]
"""Vocabulary → value → id."""


def encode(feature: ModelFeature, row: Mapping[str, Any], known: Vocabularies) -> Any:
    """The value of the feature's column in the encoded table."""
    raw = row[feature.columns[0]]
    if feature.sequence:
        entries = [] if raw is None else raw.split(";")
        return ";".join(str(_entry(feature, entry, known)) for entry in entries)
    if feature.form is Form.TAG:
        values = [part for part in (raw or "").split(feature.separator) if part]
        return ",".join(str(_id(feature, value, known)) for value in values) or "0"
    if feature.form is Form.COMBO:
        parts = [_text(row[column]) for column in feature.columns]
        return _id(feature, "_".join(parts) if all(parts) else "", known)
    if feature.form is Form.LOOKUP:
        return _transformed(feature, _sum(feature, raw, _text(row[feature.columns[1]])))
    if feature.form is Form.WHOLE:
        return raw if raw is not None and 0 <= raw < feature.num_buckets else 0
    if feature.form is Form.RAW:
        return _transformed(feature, raw)
    if feature.form is Form.BINNED:
        return _bin(feature, raw)
    return _id(feature, _text(raw), known)


def _entry(feature: ModelFeature, entry: str, known: Vocabularies) -> int:
    if feature.form is Form.BINNED:
        return _bin(feature, float(entry) if entry else None)
    return _id(feature, entry, known)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _id(feature: ModelFeature, text: str, known: Vocabularies) -> int:
    return known[feature.vocabulary].get(text, 1) if text else 0


def _missing(number: float | None) -> bool:
    return number is None or not abs(number) <= 1e300


def _bin(feature: ModelFeature, number: float | None) -> int:
    if number is None or _missing(number):
        return 0
    return 1 + sum(boundary <= number for boundary in feature.boundaries)


def _transformed(feature: ModelFeature, number: float | None) -> float:
    if number is None or _missing(number):
        return 0.0
    return math.copysign(math.log1p(abs(number)), number) if feature.transform == "log" else float(number)


def _sum(feature: ModelFeature, pairs: str | None, key: str) -> float:
    numbers: dict[str, float] = {}
    for pair in (pairs or "").split(","):
        name, colon, number = pair.partition(":")
        if colon:
            numbers.setdefault(name, float(number))
    keys = key.split(feature.separator) if feature.separator else [key]
    return sum(numbers.get(part, 0.0) for part in keys)
