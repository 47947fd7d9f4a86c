"""Blocks that models are built of, and sequence encoders (module.proto, seq_encoder.proto)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.pipeline_config.message import Int32, Message, Uint32


class MLP(Message):
    """Fully connected layers; each: linear, norm, activation, dropout. The last has its activation too."""

    hidden_units: tuple[Uint32, ...] = ()
    """Width of each layer."""
    dropout_ratio: tuple[float, ...] = ()
    """None, one for all layers, or one per layer."""
    activation: str = "nn.ReLU"
    use_bn: bool = False
    bias: bool = True
    use_ln: bool = False


class ExtractionNetwork(Message):
    """One level of PLE."""

    network_name: str
    expert_num_per_task: Uint32
    share_num: Uint32 | None = None
    task_expert_net: MLP
    share_expert_net: MLP | None = None


class VariationalDropout(Message):
    """Feature selection by learnt dropout rates."""

    regularization_lambda: float = 0.01
    embedding_wise_variational_dropout: bool = False


class B2ICapsule(Message):
    """MIND's behavior-to-interest capsules."""

    max_k: Uint32 = 5
    max_seq_len: Uint32
    high_dim: Uint32
    num_iters: Uint32 = 3
    routing_logits_scale: float = 20.0
    routing_logits_stddev: float = 1.0
    squash_pow: float = 1.0
    const_caps_num: bool = False
    routing_init_method: str = "normal"


class MaskBlock(Message):
    """One instance-guided mask."""

    reduction_ratio: float = 1.0
    aggregation_dim: Uint32 | None = None
    hidden_dim: Uint32


class MaskNetModule(Message):
    """Mask blocks, in parallel or one after the other."""

    n_mask_blocks: Uint32
    mask_block: MaskBlock
    top_mlp: MLP | None = None
    use_parallel: bool = True


class LowRankCross(Message):
    """Low-rank cross layers."""

    cross_num: Uint32 = 3
    low_rank: Uint32 = 32


class DINEncoder(Message):
    """Target attention over a sequence group."""

    name: str | None = None
    input: str | None = None
    attn_mlp: MLP
    max_seq_length: Int32 = 0


class SimpleAttention(Message):
    """Target attention by inner product."""

    name: str | None = None
    input: str | None = None
    max_seq_length: Int32 = 0


class PoolingEncoder(Message):
    """Mean or sum over a sequence group."""

    name: str | None = None
    input: str | None = None
    pooling_type: str = "mean"
    max_seq_length: Int32 = 0


class SelfAttentionEncoder(Message):
    """Multi-head self attention over a sequence group."""

    name: str | None = None
    input: str | None = None
    multihead_attn_dim: Int32 = 512
    num_heads: Int32 = 8
    dropout: float = 0.0
    max_seq_length: Int32 = 0


class MultiWindowDINEncoder(Message):
    """Target attention within windows of a sequence."""

    name: str | None = None
    input: str | None = None
    attn_mlp: MLP
    windows_len: tuple[Uint32, ...] = ()


class SeqEncoderConfig(Message):
    """One sequence encoder; `input` is the name of the sequence group, or absent where there is one."""

    oneofs: ClassVar = {
        "seq_module": (
            "din_encoder",
            "simple_attention",
            "pooling_encoder",
            "multi_window_din_encoder",
            "self_attention_encoder",
        )
    }
    din_encoder: DINEncoder | None = None
    simple_attention: SimpleAttention | None = None
    pooling_encoder: PoolingEncoder | None = None
    multi_window_din_encoder: MultiWindowDINEncoder | None = None
    self_attention_encoder: SelfAttentionEncoder | None = None
