"""The oneof of feature_configs, and grouped sequences (feature.proto)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.pipeline_config.features import (
    BoolMaskFeature,
    CombineFeature,
    ComboFeature,
    CustomFeature,
    ExprFeature,
    Feature,
    IdFeature,
    KvDotProduct,
    LookupFeature,
    MatchFeature,
    OverlapFeature,
    RawFeature,
    TokenizeFeature,
)
from pairec_cli.domain.pipeline_config.message import Message, Uint32

FEATURES = (
    "id_feature",
    "raw_feature",
    "combo_feature",
    "lookup_feature",
    "match_feature",
    "expr_feature",
    "overlap_feature",
    "tokenize_feature",
    "custom_feature",
    "kv_dot_product",
    "bool_mask_feature",
    "combine_feature",
)


class SeqFeatureConfig(Message):
    """One field of a sequence."""

    oneofs: ClassVar = {"feature": FEATURES}
    id_feature: IdFeature | None = None
    raw_feature: RawFeature | None = None
    combo_feature: ComboFeature | None = None
    lookup_feature: LookupFeature | None = None
    match_feature: MatchFeature | None = None
    expr_feature: ExprFeature | None = None
    overlap_feature: OverlapFeature | None = None
    tokenize_feature: TokenizeFeature | None = None
    custom_feature: CustomFeature | None = None
    kv_dot_product: KvDotProduct | None = None
    bool_mask_feature: BoolMaskFeature | None = None
    combine_feature: CombineFeature | None = None

    @property
    def feature(self) -> Feature | None:
        name = self.which("feature")
        return getattr(self, name) if name else None


class SequenceFeature(Message):
    """Fields of the same sequence; a field's column is `<sequence_name>__<feature_name>`."""

    always: ClassVar = ("sequence_delim",)
    sequence_name: str
    sequence_length: Uint32
    sequence_delim: str = ";"
    sequence_pk: str | None = None
    features: tuple[SeqFeatureConfig, ...] = ()


class FeatureConfig(Message):
    """One feature, one stand-alone sequence of a feature, or one grouped sequence."""

    oneofs: ClassVar = {
        "feature": (
            *FEATURES,
            "sequence_feature",
            *(f"sequence_{name}" for name in FEATURES),
        )
    }
    id_feature: IdFeature | None = None
    raw_feature: RawFeature | None = None
    combo_feature: ComboFeature | None = None
    lookup_feature: LookupFeature | None = None
    match_feature: MatchFeature | None = None
    expr_feature: ExprFeature | None = None
    overlap_feature: OverlapFeature | None = None
    tokenize_feature: TokenizeFeature | None = None
    custom_feature: CustomFeature | None = None
    kv_dot_product: KvDotProduct | None = None
    bool_mask_feature: BoolMaskFeature | None = None
    combine_feature: CombineFeature | None = None
    sequence_feature: SequenceFeature | None = None
    sequence_id_feature: IdFeature | None = None
    sequence_raw_feature: RawFeature | None = None
    sequence_combo_feature: ComboFeature | None = None
    sequence_lookup_feature: LookupFeature | None = None
    sequence_match_feature: MatchFeature | None = None
    sequence_expr_feature: ExprFeature | None = None
    sequence_overlap_feature: OverlapFeature | None = None
    sequence_tokenize_feature: TokenizeFeature | None = None
    sequence_custom_feature: CustomFeature | None = None
    sequence_kv_dot_product: KvDotProduct | None = None
    sequence_bool_mask_feature: BoolMaskFeature | None = None
    sequence_combine_feature: CombineFeature | None = None

    @property
    def feature(self) -> Feature | SequenceFeature | None:
        name = self.which("feature")
        return getattr(self, name) if name else None
