"""MaxCompute expressions for the encoding rules of `domain/model_features.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pairec_cli.domain.model_features import MISSING, OUT_OF_VOCABULARY, Form, ModelFeature
from pairec_cli.features.script import literal, number, quoted

LARGEST = "1E300"
"""Numbers beyond it, infinity and NaN count as missing."""

ENTRY_SEPARATOR = ";"
"""Between the entries of a sequence."""


@dataclass(frozen=True)
class Columns:
    """Columns of the training set, by their MaxCompute types, as SQL writes them under `alias`."""

    types: Mapping[str, str]
    alias: str = ""

    def value(self, name: str) -> str:
        return f"{self.alias}.{quoted(name)}" if self.alias else quoted(name)

    def text(self, name: str) -> str:
        value = self.value(name)
        return value if self.types[name] == "STRING" else f"CAST({value} AS STRING)"

    def double(self, name: str) -> str:
        value = self.value(name)
        return value if self.types[name] == "DOUBLE" else f"CAST({value} AS DOUBLE)"


def is_list(feature: ModelFeature) -> bool:
    """Whether one text holds several values, each with an id of its own."""
    return feature.form is Form.TAG or bool(feature.sequence)


def raw_text(feature: ModelFeature, columns: Columns) -> str:
    """What an id or combo is looked up by in its vocabulary: NULL or empty where it is missing."""
    texts = [columns.text(name) for name in feature.columns]
    if feature.form is not Form.COMBO:
        return texts[0]
    first, second = texts
    return f"IF({first} <> '' AND {second} <> '', CONCAT({first}, '_', {second}), NULL)"


def entries(feature: ModelFeature, text: str) -> str:
    """The values of a text with several, as an ARRAY: an empty one between two separators is kept."""
    separator = ENTRY_SEPARATOR if feature.sequence else feature.separator
    return f"SPLIT({text}, {literal(re.escape(separator))}, false)"


def looked_up(feature: ModelFeature, key: str) -> str:
    """The number that the pairs of a look-up hold for a key."""
    return f"CAST(KEYVALUE({quoted(feature.columns[0])}, ',', ':', {key}) AS DOUBLE)"


def known_id(found: str, text: str) -> str:
    """The id that a look-up in the vocabulary gave, or that of a text which it lacks."""
    missing = f"IF({text} IS NULL OR {text} = '', {MISSING}, {OUT_OF_VOCABULARY})"
    return f"COALESCE({found}, {missing})"


def transformed(feature: ModelFeature, value: str) -> str:
    """A raw number or the sum of a look-up, 0 where there is none."""
    shown = f"SIGN({value}) * LN(1 + ABS({value}))" if feature.transform == "log" else value
    return f"IF(ABS({value}) <= {LARGEST}, {shown}, 0.0)"


def binned(boundaries: Sequence[float], value: str) -> str:
    """0 without a number, else 1 + count of boundaries <= number."""
    steps = [
        f"WHEN {value} < {number(boundary)} THEN {place}"
        for place, boundary in enumerate(boundaries, start=1)
    ]
    last = f"ELSE {len(boundaries) + 1} END"
    return " ".join([f"CASE WHEN {value} IS NULL OR NOT ABS({value}) <= {LARGEST} THEN 0", *steps, last])


def whole(feature: ModelFeature, value: str) -> str:
    return f"IF({value} BETWEEN 0 AND {feature.num_buckets - 1}, {value}, {MISSING})"
