"""Model features as TorchEasyRec's feature_configs, over encoded rows (fg_mode FG_NONE).

Every form but numbers and look-ups arrives as an id already, so that bins and whole numbers are id features
too. `expression` names where the raw value comes from; encoded rows hold a column named as the feature.
"""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config.feature_configs import FeatureConfig, SeqFeatureConfig, SequenceFeature
from pairec_cli.domain.pipeline_config.features import ComboFeature, IdFeature, LookupFeature, RawFeature

SEQUENCE_DELIMITER = ";"


def feature_configs(features: Sequence[ModelFeature]) -> tuple[FeatureConfig, ...]:
    """One entry per feature in their order, one per sequence where its first field stands."""
    found: list[FeatureConfig] = []
    sequences: set[str] = set()
    for feature in features:
        if not feature.sequence:
            found.append(_plain(feature))
        elif feature.sequence not in sequences:
            sequences.add(feature.sequence)
            fields = [field for field in features if field.sequence == feature.sequence]
            found.append(FeatureConfig(sequence_feature=_sequence(fields)))
    return tuple(found)


def _plain(feature: ModelFeature) -> FeatureConfig:
    inputs = _inputs(feature)
    if feature.form is Form.RAW:
        return FeatureConfig(raw_feature=RawFeature(feature_name=feature.name, expression=inputs[0]))
    if feature.form is Form.LOOKUP:
        lookup = LookupFeature(feature_name=feature.name, map=inputs[0], key=inputs[1])
        return FeatureConfig(lookup_feature=lookup)
    if feature.form is Form.COMBO:
        combo = ComboFeature(
            feature_name=feature.name,
            expression=inputs,
            embedding_name=_shared(feature, feature.name),
            embedding_dim=feature.embedding_dim,
            hash_bucket_size=feature.num_buckets,
        )
        return FeatureConfig(combo_feature=combo)
    return FeatureConfig(id_feature=_id(feature, feature.name, inputs[0]))


def _sequence(fields: Sequence[ModelFeature]) -> SequenceFeature:
    name = fields[0].sequence
    members = []
    for field in fields:
        own = field.name.removeprefix(f"{name}__")
        if field.is_dense:
            raw = RawFeature(feature_name=own, expression=f"item:{own}")
            members.append(SeqFeatureConfig(raw_feature=raw))
        else:
            members.append(SeqFeatureConfig(id_feature=_id(field, own, f"item:{own}")))
    return SequenceFeature(
        sequence_name=name,
        sequence_length=fields[0].sequence_length,
        sequence_delim=SEQUENCE_DELIMITER,
        features=tuple(members),
    )


def _id(feature: ModelFeature, name: str, expression: str) -> IdFeature:
    """A tag may hold several ids; TorchEasyRec says so by value_dim 0."""
    return IdFeature(
        feature_name=name,
        expression=expression,
        embedding_name=_shared(feature, name),
        embedding_dim=feature.embedding_dim,
        num_buckets=feature.num_buckets,
        value_dim=0 if feature.form is Form.TAG else None,
    )


def _shared(feature: ModelFeature, name: str) -> str | None:
    """The vocabulary's table, where it is not the one that TorchEasyRec takes without being told."""
    if not feature.vocabulary or (feature.vocabulary == name and not feature.sequence):
        return None
    return f"{feature.vocabulary}_emb"


def _inputs(feature: ModelFeature) -> tuple[str, ...]:
    """`side:column` of each source."""
    sides = feature.sides or (feature.side,) * len(feature.columns)
    sources = feature.sources or feature.columns
    return tuple(f"{side}:{source}" for side, source in zip(sides, sources, strict=True))
