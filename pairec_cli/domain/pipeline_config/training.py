"""train_config, eval_config, export_config (train.proto, eval.proto, export.proto)."""

from __future__ import annotations

from pairec_cli.domain.pipeline_config.features import ParameterConstraints
from pairec_cli.domain.pipeline_config.message import Message, Uint32, Uint64
from pairec_cli.domain.pipeline_config.optimizers import DenseOptimizer, SparseOptimizer


class GradScaler(Message):
    """Loss scaling for mixed precision."""

    init_scale: float = 65536.0
    growth_factor: float = 2.0
    backoff_factor: float = 0.5
    growth_interval: Uint32 = 2000


class GradClipping(Message):
    """Clipping of dense gradients: `norm`, `value` or `none`."""

    clipping_type: str = "none"
    max_gradient: float = 1.0
    norm_type: float = 2.0
    enable_global_grad_clip: bool = False


class FeatureStoreConfig(Message):
    """Where changed embeddings are uploaded."""

    region: str
    project_name: str
    feature_view_name: str
    version: str
    endpoint: str | None = None
    upload_batch_size: Uint32 = 1000
    max_retries: Uint32 = 3
    retry_backoff_secs: Uint32 = 5
    shutdown_timeout_secs: Uint32 = 600
    max_pending_steps: Uint32 = 32
    poll_interval_secs: Uint32 = 1
    feature_view_ttl_secs: Uint32 = 1296000
    feature_view_shard_count: Uint32 = 20
    feature_view_replication_count: Uint32 = 1
    retain_local_dump: bool = False
    upload_format: str = "ARROW"


class DeltaEmbeddingDumpConfig(Message):
    """Embedding rows that changed, written while training."""

    dump_interval_steps: Uint32 = 1000
    dump_interval_minutes: Uint32 | None = None
    output_dir: str | None = None
    file_prefix: str = "delta_embedding"
    feature_store_config: FeatureStoreConfig | None = None


class TrainConfig(Message):
    """How a model is trained; `num_steps` and `num_epochs` exclude each other in TorchEasyRec."""

    sparse_optimizer: SparseOptimizer
    dense_optimizer: DenseOptimizer
    num_steps: Uint32 | None = None
    num_epochs: Uint32 | None = None
    save_checkpoints_steps: Uint32 = 1000
    save_checkpoints_epochs: Uint32 | None = None
    keep_checkpoint_max: Uint32 = 0
    """0 keeps all."""
    save_checkpoints_timestamp_interval: Uint32 = 0
    save_checkpoints_timestamps: tuple[Uint64, ...] = ()
    save_checkpoints_timestamp_quorum: float = 0.5
    fine_tune_checkpoint: str | None = None
    fine_tune_ckpt_param_map: str | None = None
    log_step_count_steps: Uint32 = 100
    is_profiling: bool = False
    use_tensorboard: bool = True
    tensorboard_summaries: tuple[str, ...] = ()
    cudnn_allow_tf32: bool = True
    cuda_matmul_allow_tf32: bool = False
    global_embedding_constraints: ParameterConstraints | None = None
    mixed_precision: str | None = None
    grad_scaler: GradScaler | None = None
    gradient_accumulation_steps: Uint32 | None = None
    grad_clipping: GradClipping | None = None
    delta_embedding_dump_config: DeltaEmbeddingDumpConfig | None = None


class EvalConfig(Message):
    """How a model is evaluated."""

    num_steps: Uint32 | None = None
    log_step_count_steps: Uint32 = 10
    use_dense_ema: bool | None = None


class ExportConfig(Message):
    """Which checkpoint is exported."""

    exporter_type: str = "latest"
    """`latest`, or `best` by the metric; of several tasks `<metric>_<tower>`."""
    best_exporter_metric: str = "auc"
    metric_larger_is_better: bool = True
    mixed_precision: str = ""
    cudnn_allow_tf32: bool = True
    cuda_matmul_allow_tf32: bool = False
    use_dense_ema: bool | None = None
