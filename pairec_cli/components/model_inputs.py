"""What a pipeline config says of each model input: an id with its table, a number, a field of a sequence.

Rows are encoded before they reach the model (`fg_mode: FG_NONE`), so that of all kinds of features only two
are left: ids, which look up a table, and numbers, which enter as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from pairec_cli.components.embedding_tables import Pooling, Table
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.model_features import OUT_OF_VOCABULARY
from pairec_cli.domain.pipeline_config.feature_configs import FeatureConfig, SeqFeatureConfig, SequenceFeature
from pairec_cli.domain.pipeline_config.features import Feature

WIDE_SUFFIX = "_wide"
"""Tables of a WIDE group are its own."""
GROWING = ("zch", "dynamicemb", "vocab_file")


@dataclass(frozen=True)
class ModelInput:
    """One feature as a column of encoded rows."""

    name: str
    table: Table | None = None
    """None for a number."""
    pooling: Pooling = "sum"
    """How the vectors of several ids become one."""
    several: bool = False
    """Whether a row may hold several ids."""
    sequence: str = ""
    """The sequence that it is a field of, or empty."""

    @property
    def width(self) -> int:
        return self.table.width if self.table else 1


def model_inputs(features: tuple[FeatureConfig, ...]) -> dict[str, ModelInput]:
    """Feature name → its input; sequences' fields under `<sequence>__<field>`.

    Raises InvalidInput for what encoded rows cannot hold or we do not train.
    """
    found: dict[str, ModelInput] = {}
    for config in features:
        for one in _inputs(config):
            if one.name in found:
                raise InvalidInput(f"pipeline.config names the feature {one.name!r} twice")
            found[one.name] = one
    return found


def _inputs(config: FeatureConfig) -> Iterator[ModelInput]:
    feature = config.feature
    if feature is None:
        raise InvalidInput("a feature_configs entry of pipeline.config is empty")
    if not isinstance(feature, SequenceFeature):
        alone = (config.which("feature") or "").startswith("sequence_")
        yield _input(feature, feature.feature_name, feature.feature_name if alone else "")
        return
    for member in feature.features:
        if member.feature is None:
            raise InvalidInput(f"a field of the sequence {feature.sequence_name!r} is empty")
        yield _input(member.feature, field_name(feature, member), feature.sequence_name)


def field_name(sequence: SequenceFeature, member: SeqFeatureConfig) -> str:
    """The column of a sequence's field."""
    return f"{sequence.sequence_name}__{member.feature.feature_name if member.feature else ''}"


def _input(feature: Feature, name: str, sequence: str) -> ModelInput:
    if any(getattr(feature, way, None) is not None for way in (*GROWING, "autodis", "mlp")):
        raise InvalidInput(
            f"feature {name!r} of pipeline.config uses zch, dynamicemb, vocab_file, autodis or mlp, "
            "which the local trainer does not know",
            hint="use num_buckets, hash_bucket_size, vocab_list or boundaries",
        )
    rows = table_rows(feature)
    dim = getattr(feature, "value_dim", None)
    if rows is None:
        if dim is not None and dim > 1:
            raise InvalidInput(
                f"feature {name!r} of pipeline.config is a vector of numbers (value_dim {dim})"
            )
        return ModelInput(name, sequence=sequence)
    if not feature.embedding_dim:
        raise InvalidInput(f"feature {name!r} of pipeline.config is an id and has no embedding_dim")
    if feature.pooling not in ("sum", "mean"):
        raise InvalidInput(
            f"feature {name!r} of pipeline.config pools by {feature.pooling!r}, not sum or mean"
        )
    rows = max(rows, OUT_OF_VOCABULARY + 1)
    table = Table(feature.embedding_name or f"{name}_emb", rows, feature.embedding_dim, feature.init_fn)
    return ModelInput(name, table, cast(Pooling, feature.pooling), dim == 0, sequence)


def table_rows(feature: Feature) -> int | None:
    """Ids of a feature are 0 … rows - 1; None for a number. Before a vocabulary stand missing and unknown."""
    for name in ("num_buckets", "hash_bucket_size"):
        if getattr(feature, name, None):
            return int(getattr(feature, name))
    if boundaries := getattr(feature, "boundaries", ()):
        return len(boundaries) + 1
    own_default = getattr(feature, "default_bucketize_value", None) is not None
    if values := getattr(feature, "vocab_list", ()):
        return len(values) + (0 if own_default else 2)
    mapping: Mapping[str, int] = getattr(feature, "vocab_dict", {})
    return max(mapping.values()) + 1 if mapping else None


def wide(one: ModelInput, width: int, init_fn: str | None) -> ModelInput:
    """The input with a table of its own for a WIDE group."""
    if one.table is None:
        return one
    table = Table(one.table.name + WIDE_SUFFIX, one.table.rows, width, init_fn)
    return ModelInput(one.name, table, one.pooling, one.several, one.sequence)


def suffixed(one: ModelInput, suffix: str | None) -> ModelInput:
    """The input with a table of its own for a group with an embedding_name_suffix."""
    if one.table is None or not suffix:
        return one
    table = Table(one.table.name + suffix, one.table.rows, one.table.width, one.table.init_fn)
    return ModelInput(one.name, table, one.pooling, one.several, one.sequence)
