"""Tables that admit and evict ids while they learn (feature.proto)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.pipeline_config.message import Message, Uint32, Uint64


class LeastFrequent(Message):
    """Evicts the least frequent."""


class Decayed(Message):
    """Evicts by time since the last use, or by frequency over it."""

    decay_exponent: float = 1.0


class ZeroCollisionHash(Message):
    """A table of its own slots, without collisions."""

    oneofs: ClassVar = {"eviction_policy": ("lfu", "lru", "distance_lfu")}
    zch_size: Uint64
    eviction_interval: Uint32 = 5
    lfu: LeastFrequent | None = None
    lru: Decayed | None = None
    distance_lfu: Decayed | None = None
    threshold_filtering_func: str | None = None


class DynamicEmbInitializerArgs(Message):
    """What new rows hold: NORMAL, TRUNCATED_NORMAL, UNIFORM or CONSTANT."""

    mode: str | None = None
    mean: float = 0.0
    std_dev: float | None = None
    lower: float | None = None
    upper: float | None = None
    value: float = 0.0


class DynamicEmbFrequencyAdmissionStrategy(Message):
    """Ids are admitted when they are seen often enough."""

    threshold: Uint64
    initializer_args: DynamicEmbInitializerArgs | None = None
    counter_capacity: Uint64 | None = None
    counter_bucket_capacity: Uint64 = 1024


class DynamicEmbedding(Message):
    """A table that grows."""

    oneofs: ClassVar = {"admission_strategy": ("frequency_admission_strategy",)}
    initializer_args: DynamicEmbInitializerArgs | None = None
    eval_initializer_args: DynamicEmbInitializerArgs | None = None
    score_strategy: str = "STEP"
    max_capacity: Uint64
    cache_load_factor: float | None = None
    init_capacity_per_rank: Uint64 | None = None
    init_table: str | None = None
    frequency_admission_strategy: DynamicEmbFrequencyAdmissionStrategy | None = None
