"""Statistic features in plain Python, one loop per feature: slow, and easy to check against the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pairec_cli.domain.ds import shift
from pairec_cli.domain.solution import Solution
from pairec_cli.features.spec import FeatureKind, FeatureSpec

Row = dict[str, Any]


def feature(spec: FeatureSpec, rows: Sequence[Row], ds: str, solution: Solution) -> Any:
    """The value of `spec` from the wide rows of one entity, whatever days they are of."""
    first = shift(ds, 1 - (spec.window or 0))
    scenes = solution.data_tables.behavior.scene_values
    rows = [row for row in rows if first <= row["ds"] <= ds and row["scene"] in scenes]
    by_event = [[row for row in rows if row["event"] == event] for event in spec.events]
    if spec.kind is FeatureKind.COUNT:
        found = [row for row in by_event[0] if spec.scene in (None, row["scene"])]
        return len({row[spec.attribute] for row in found}) if spec.attribute else len(found)
    if spec.kind is FeatureKind.RATIO:
        numerator, denominator = map(len, by_event)
        return round(numerator / denominator, 6) if denominator else None
    if spec.kind is FeatureKind.NUMERIC:
        values = [row[spec.attribute] for row in by_event[0] if row.get(spec.attribute) is not None]
        if not values:
            return None
        return round(sum(values) / (len(values) if spec.aggregate == "avg" else 1), 6)
    return _preferences(spec, by_event, solution)


def _preferences(spec: FeatureSpec, by_event: list[list[Row]], solution: Solution) -> str | None:
    counts = [Counter(value for row in rows for value in _values(row[spec.attribute])) for rows in by_event]
    if spec.kind is FeatureKind.KV:
        numbers: dict[str, Any] = dict(counts[0])
    else:
        numerator, denominator = counts
        numbers = {key: count / denominator[key] for key, count in numerator.items() if denominator[key]}
    best = sorted(numbers.items(), key=lambda entry: (-entry[1], entry[0]))[: solution.features.kv_top_n]
    return ",".join(f"{key}:{round(number, 4)}" for key, number in best) or None


def _values(text: str | None) -> list[str]:
    return [part for part in (text or "").split("|") if part]
