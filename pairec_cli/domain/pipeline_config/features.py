"""feature_configs (feature.proto). Field names and defaults are TorchEasyRec's.

`expression` is `side:column` with side user, item, context, feature or const. In FG_NONE the data holds a
column named as the feature, and TorchEasyRec reads configs that leave the expression out; so do we.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Self

from pydantic import model_validator

from pairec_cli.domain.pipeline_config.dynamic_embedding import DynamicEmbedding, ZeroCollisionHash
from pairec_cli.domain.pipeline_config.message import Message, Uint32, Uint64
from pairec_cli.domain.pipeline_config.struct import Struct

DENSE_EMBEDDING: dict[str, tuple[str, ...]] = {"dense_emb": ("autodis", "mlp")}
IDS = ("hash_bucket_size", "num_buckets", "vocab_list", "vocab_dict", "vocab_file", "zch", "dynamicemb")
"""Ways to number values, of which a feature has at most one."""


class ParameterConstraints(Message):
    """How a table may be sharded."""

    sharding_types: tuple[str, ...] = ()
    compute_kernels: tuple[str, ...] = ()


class AutoDisEmbedding(Message):
    """A number as a soft mixture of learnt bins."""

    num_channels: Uint32
    temperature: float = 0.1
    keep_prob: float = 0.8


class MLPEmbedding(Message):
    """A number through one layer."""


class Feature(Message):
    """What every feature has; `feature_name` is its column in FG_NONE data."""

    first: ClassVar = (
        "feature_name",
        "expression",
        "variables",
        "map",
        "key",
        "nested_map",
        "pkey",
        "skey",
        "embedding_name",
        "embedding_dim",
        "num_buckets",
        "hash_bucket_size",
    )
    feature_name: str
    embedding_name: str | None = None
    """Features of the same embedding name share a table; default `<feature_name>_emb`."""
    embedding_dim: Uint32 | None = None
    pooling: str = "sum"
    init_fn: str | None = None
    use_mask: bool | None = None
    fg_encoded_default_value: str | None = None
    trainable: bool = True
    stub_type: bool = False
    data_type: str = "FP32"
    embedding_constraints: ParameterConstraints | None = None
    sequence_length: Uint32 | None = None
    sequence_delim: str = ";"
    sequence_fields: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_numbering(self) -> Self:
        if len(ways := [name for name in IDS if name in self.given]) > 1:
            raise ValueError(f"{' and '.join(ways)} exclude each other")
        return self


class IdFeature(Feature):
    """A category, or several (`value_dim` 0)."""

    expression: str | None = None
    hash_bucket_size: Uint64 | None = None
    num_buckets: Uint64 | None = None
    vocab_list: tuple[str, ...] = ()
    vocab_dict: dict[str, Uint64] = {}
    vocab_file: str | None = None
    asset_dir: str | None = None
    zch: ZeroCollisionHash | None = None
    dynamicemb: DynamicEmbedding | None = None
    default_bucketize_value: Uint64 | None = None
    value_dim: Uint32 | None = None
    default_value: str = ""
    separator: str = "\x1d"
    weighted: bool = False
    fg_value_type: str | None = None


class RawFeature(Feature):
    """A number: dense, or an id by its bin when there are boundaries."""

    oneofs: ClassVar = DENSE_EMBEDDING
    expression: str | None = None
    boundaries: tuple[float, ...] = ()
    value_dim: Uint32 = 1
    normalizer: str | None = None
    default_value: str = "0"
    separator: str = "\x1d"
    autodis: AutoDisEmbedding | None = None
    mlp: MLPEmbedding | None = None


class ComboFeature(Feature):
    """The cross product of columns."""

    expression: tuple[str, ...] = ()
    hash_bucket_size: Uint64 | None = None
    vocab_list: tuple[str, ...] = ()
    vocab_dict: dict[str, Uint64] = {}
    vocab_file: str | None = None
    asset_dir: str | None = None
    zch: ZeroCollisionHash | None = None
    dynamicemb: DynamicEmbedding | None = None
    default_bucketize_value: Uint64 | None = None
    value_dim: Uint32 = 0
    default_value: str = ""
    separator: str = "\x1d"


class CombineFeature(Feature):
    """Numbers that strings stand for, combined."""

    oneofs: ClassVar = DENSE_EMBEDDING
    expression: str | None = None
    value_map: dict[str, float] = {}
    boundaries: tuple[float, ...] = ()
    num_buckets: Uint64 | None = None
    combiner: str = "sum"
    normalizer: str | None = None
    default_value: str = ""
    separator: str = "\x1d"
    autodis: AutoDisEmbedding | None = None
    mlp: MLPEmbedding | None = None


class _Looked(Feature):
    """What a lookup and a match have in common."""

    oneofs: ClassVar = DENSE_EMBEDDING
    boundaries: tuple[float, ...] = ()
    hash_bucket_size: Uint64 | None = None
    num_buckets: Uint64 | None = None
    vocab_list: tuple[str, ...] = ()
    vocab_dict: dict[str, Uint64] = {}
    vocab_file: str | None = None
    asset_dir: str | None = None
    zch: ZeroCollisionHash | None = None
    dynamicemb: DynamicEmbedding | None = None
    default_bucketize_value: Uint64 | None = None
    need_discrete: bool = False
    normalizer: str | None = None
    value_dim: Uint32 | None = None
    default_value: str = "0"
    separator: str = "\x1d"
    fg_value_type: str | None = None
    autodis: AutoDisEmbedding | None = None
    mlp: MLPEmbedding | None = None


class LookupFeature(_Looked):
    """The value that a map column holds for a key column."""

    map: str
    key: str
    combiner: str = "sum"
    need_key: bool = False
    value_separator: str = ","


class MatchFeature(_Looked):
    """The value that a map of maps holds for two keys."""

    nested_map: str
    pkey: str
    skey: str
    show_pkey: bool = False
    show_skey: bool = False


class ExprFeature(Feature):
    """A formula over numbers."""

    oneofs: ClassVar = DENSE_EMBEDDING
    expression: str
    variables: tuple[str, ...] = ()
    boundaries: tuple[float, ...] = ()
    fill_missing: float | None = None
    value_dim: Uint32 = 0
    default_value: str = "0"
    separator: str = "\x1d"
    autodis: AutoDisEmbedding | None = None
    mlp: MLPEmbedding | None = None


class OverlapFeature(Feature):
    """How much of a query a title holds."""

    oneofs: ClassVar = DENSE_EMBEDDING
    query: str
    title: str
    method: str
    boundaries: tuple[float, ...] = ()
    normalizer: str | None = None
    separator: str = "\x1d"
    autodis: AutoDisEmbedding | None = None
    mlp: MLPEmbedding | None = None


class KvDotProduct(Feature):
    """The inner product of two sparse vectors."""

    oneofs: ClassVar = DENSE_EMBEDDING
    query: str
    document: str
    boundaries: tuple[float, ...] = ()
    kv_delimiter: float | None = None
    normalizer: str | None = None
    default_value: str = "0"
    separator: str = "\x1d"
    autodis: AutoDisEmbedding | None = None
    mlp: MLPEmbedding | None = None


class TextNormalizeOption(StrEnum):
    """One cleaning step."""

    TEXT_LOWER2UPPER = "TEXT_LOWER2UPPER"
    TEXT_UPPER2LOWER = "TEXT_UPPER2LOWER"
    TEXT_SBC2DBC = "TEXT_SBC2DBC"
    TEXT_CHT2CHS = "TEXT_CHT2CHS"
    TEXT_FILTER = "TEXT_FILTER"
    TEXT_SPLITCHRS = "TEXT_SPLITCHRS"
    TEXT_REMOVE_SPACE = "TEXT_REMOVE_SPACE"


class TextNormalizer(Message):
    """How a text is cleaned before it is cut."""

    max_length: Uint32 | None = None
    stop_char_file: str | None = None
    norm_options: tuple[TextNormalizeOption, ...] = ()


class TokenizeFeature(Feature):
    """The tokens of a text."""

    expression: str | None = None
    text_normalizer: TextNormalizer | None = None
    vocab_file: str
    asset_dir: str | None = None
    default_value: str = ""
    tokenizer_type: str = "bpe"


class CustomFeature(Feature):
    """An operator from the user's own library."""

    oneofs: ClassVar = DENSE_EMBEDDING
    operator_name: str
    operator_lib_file: str
    operator_params: Struct | None = None
    is_op_thread_safe: bool = False
    expression: tuple[str, ...] = ()
    boundaries: tuple[float, ...] = ()
    hash_bucket_size: Uint64 | None = None
    num_buckets: Uint64 | None = None
    vocab_list: tuple[str, ...] = ()
    vocab_dict: dict[str, Uint64] = {}
    vocab_file: str | None = None
    asset_dir: str | None = None
    zch: ZeroCollisionHash | None = None
    dynamicemb: DynamicEmbedding | None = None
    default_bucketize_value: Uint64 | None = None
    normalizer: str | None = None
    value_dim: Uint32 | None = None
    default_value: str = "0"
    separator: str = "\x1d"
    autodis: AutoDisEmbedding | None = None
    mlp: MLPEmbedding | None = None


class BoolMaskFeature(Feature):
    """The values that a mask leaves."""

    expression: tuple[str, ...] = ()
    hash_bucket_size: Uint64 | None = None
    num_buckets: Uint64 | None = None
    vocab_list: tuple[str, ...] = ()
    vocab_dict: dict[str, Uint64] = {}
    vocab_file: str | None = None
    asset_dir: str | None = None
    zch: ZeroCollisionHash | None = None
    dynamicemb: DynamicEmbedding | None = None
    default_bucketize_value: Uint64 | None = None
    value_dim: Uint32 | None = None
    default_value: str = ""
    separator: str = "\x1d"
    fg_value_type: str | None = None
