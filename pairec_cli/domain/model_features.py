"""The inputs of a model: what each is computed from, and how a raw value becomes an id or a number.

Three readers share this list: the SQL that encodes training rows, the pipeline config that TorchEasyRec
reads, and the engine, which encodes a request in the same way. Rules, the same for all of them:

    id      0 where the value is missing (NULL or empty), 1 where the vocabulary lacks it (out of vocabulary),
            2 + place in the vocabulary otherwise (TorchEasyRec's own convention for vocab_list)
    tag     the ids of the values between separators, missing ones left out; no value at all is [0]
    combo   the values of two columns joined by `_`, as an id; missing when either is missing
    raw     a number, transformed; 0 where it is missing
    binned  0 where the number is missing, else 1 + count of boundaries <= number
    lookup  sum over the key's values of the number that the text `k:v,k:v` holds for the value, transformed;
            0 where there is none
    whole   the column is an integer 0 … num_buckets-1 already (hour of the day); missing or outside is 0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Literal, Self

MISSING, OUT_OF_VOCABULARY, FIRST_KNOWN = 0, 1, 2

Side = Literal["user", "item", "context", "cross"]
Transform = Literal["none", "log"]


class Form(StrEnum):
    """How a raw value becomes a model input."""

    ID = "id"
    TAG = "tag"
    COMBO = "combo"
    RAW = "raw"
    BINNED = "binned"
    LOOKUP = "lookup"
    WHOLE = "whole"


@dataclass(frozen=True)
class ModelFeature:
    """One input. `name` is TorchEasyRec's feature_name and the column of the encoded table.

    `columns` are those of the training set: one; a combo has two; a lookup has the text with the pairs and
    the column with the key. `sources` are the same columns' names in the table that each comes from
    (user features, item features, sequences), in the same order, and `sides` whose they are: `user`, `item`
    or `context` (the request itself). `side` is that of the feature: `cross` where it has several.

    `sequence` is empty, or the name of the sequence that the feature is a field of: its raw value is a list
    joined by `;`, latest first, and each entry is encoded by the rule of `form`.
    """

    name: str
    form: Form
    side: Side
    columns: tuple[str, ...]
    sources: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    vocabulary: str = ""
    """Name of the vocabulary: features with the same one share ids and embeddings."""
    num_buckets: int = 0
    """Ids are 0 … num_buckets - 1; a vocabulary holds at most num_buckets - 2 values."""
    embedding_dim: int = 0
    """0 for numbers that enter the model as they are."""
    separator: str = ""
    """Between the values of a tag column, and of a lookup's key column where that is a tag."""
    transform: Transform = "none"
    """`log`: sign(x) * ln(1 + |x|)."""
    boundaries: tuple[float, ...] = ()
    sequence: str = ""
    sequence_length: int = 0

    @property
    def is_dense(self) -> bool:
        return self.form in (Form.RAW, Form.LOOKUP)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Self:
        """The feature that `as_dict` gave, also after a way through JSON. Raises KeyError, TypeError and
        ValueError for anything else."""
        known = {field.name for field in fields(cls)}
        if unknown := body.keys() - known:
            raise ValueError(f"a model feature has no {sorted(unknown)[0]!r}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in body.items()
        }
        values["form"] = Form(values["form"])
        return cls(**values)


def vocabularies(features: Sequence[ModelFeature]) -> dict[str, ModelFeature]:
    """Vocabulary name → the feature that defines it: the first that is no sequence field, else the first."""
    found: dict[str, ModelFeature] = {}
    for feature in sorted((f for f in features if f.vocabulary), key=lambda f: bool(f.sequence)):
        found.setdefault(feature.vocabulary, feature)
    return found
