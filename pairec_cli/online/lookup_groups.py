"""Look-ups that share their key, so that a request finds it once for all of them.

A statistic such as `item__kv_gender_click_7d` comes in as many forms as there are events, ratios and periods;
all of them are texts `k:v,k:v` that are looked up by the same value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.model_features import Form, ModelFeature, Side
from pairec_cli.domain.records import Record
from pairec_cli.online.feature_values import LARGEST, LARGEST_GIVEN
from pairec_cli.online.model_description import ModelDescription


class LookupGroup(Record):
    """Features of cross_dense with texts of one side and one key. `places` are their columns there."""

    text_side: Side
    key_side: Side
    key: str
    separator: str
    features: tuple[ModelFeature, ...] = ()
    places: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.key_side}.{self.key}"

    def transformed(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inputs (…, F) from the sums over a key's values. Where a key is one value the numbers
        themselves may be transformed, before a key picks one."""
        sums = np.where(np.abs(sums) <= LARGEST, sums, 0.0)
        logs = np.array([feature.transform == "log" for feature in self.features])
        found: NDArray[np.float64] = np.where(logs, np.copysign(np.log(1 + np.abs(sums)), sums), sums)
        return found.clip(-LARGEST_GIVEN, LARGEST_GIVEN)


def lookup_groups(description: ModelDescription) -> list[LookupGroup]:
    """The look-ups of several sides, in groups."""
    found: dict[tuple[Side, Side, str, str], list[tuple[int, ModelFeature]]] = {}
    for place, feature in enumerate(description.inputs_of(("cross_dense",))):
        if feature.form is Form.LOOKUP:
            (text, key), (_, source) = feature.sides, feature.sources
            found.setdefault((text, key, source, feature.separator), []).append((place, feature))
    return [
        LookupGroup(*kind, tuple(feature for _, feature in members), tuple(place for place, _ in members))
        for kind, members in found.items()
    ]


def table(pairs: Sequence[Mapping[str, float]]) -> tuple[list[str], NDArray[np.float64]]:
    """The keys of all features, and their numbers (keys + 1, F): 0 where there is none, and in the row
    before the first key."""
    rows: dict[str, int] = {}
    places: list[int] = []
    columns: list[int] = []
    numbers: list[float] = []
    for column, one in enumerate(pairs):
        places += [rows.setdefault(key, len(rows) + 1) for key in one]
        columns += [column] * len(one)
        numbers += one.values()
    found = np.zeros((len(rows) + 1, len(pairs)))
    found[places, columns] = numbers
    return list(rows), found
