"""data_config and negative samplers (data.proto, sampler.proto)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pairec_cli.domain.pipeline_config.message import Message, Uint32, Uint64


class DatasetType(StrEnum):
    """What rows are read from."""

    OdpsDataset = "OdpsDataset"
    ParquetDataset = "ParquetDataset"
    CsvDataset = "CsvDataset"
    OdpsDatasetV1 = "OdpsDatasetV1"
    KafkaDataset = "KafkaDataset"


class FgMode(StrEnum):
    """What of feature generation is left to the loader; FG_NONE: nothing."""

    FG_NONE = "FG_NONE"
    FG_NORMAL = "FG_NORMAL"
    FG_DAG = "FG_DAG"
    FG_BUCKETIZE = "FG_BUCKETIZE"


class FieldType(StrEnum):
    """Type of a column of a CSV file."""

    INT32 = "INT32"
    INT64 = "INT64"
    STRING = "STRING"
    FLOAT = "FLOAT"
    DOUBLE = "DOUBLE"
    ARRAY_INT32 = "ARRAY_INT32"
    ARRAY_INT64 = "ARRAY_INT64"
    ARRAY_STRING = "ARRAY_STRING"
    ARRAY_FLOAT = "ARRAY_FLOAT"
    ARRAY_DOUBLE = "ARRAY_DOUBLE"
    ARRAY_ARRAY_INT32 = "ARRAY_ARRAY_INT32"
    ARRAY_ARRAY_INT64 = "ARRAY_ARRAY_INT64"
    ARRAY_ARRAY_STRING = "ARRAY_ARRAY_STRING"
    ARRAY_ARRAY_FLOAT = "ARRAY_ARRAY_FLOAT"
    ARRAY_ARRAY_DOUBLE = "ARRAY_ARRAY_DOUBLE"
    MAP_STRING_INT32 = "MAP_STRING_INT32"
    MAP_STRING_INT64 = "MAP_STRING_INT64"
    MAP_STRING_STRING = "MAP_STRING_STRING"
    MAP_STRING_FLOAT = "MAP_STRING_FLOAT"
    MAP_STRING_DOUBLE = "MAP_STRING_DOUBLE"
    MAP_INT64_INT32 = "MAP_INT64_INT32"
    MAP_INT64_INT64 = "MAP_INT64_INT64"
    MAP_INT64_STRING = "MAP_INT64_STRING"
    MAP_INT64_FLOAT = "MAP_INT64_FLOAT"
    MAP_INT64_DOUBLE = "MAP_INT64_DOUBLE"
    MAP_INT32_INT32 = "MAP_INT32_INT32"
    MAP_INT32_INT64 = "MAP_INT32_INT64"
    MAP_INT32_STRING = "MAP_INT32_STRING"
    MAP_INT32_FLOAT = "MAP_INT32_FLOAT"
    MAP_INT32_DOUBLE = "MAP_INT32_DOUBLE"


class InputField(Message):
    """A column of a CSV file."""

    input_name: str
    input_type: FieldType | None = None


class NegativeSampler(Message):
    """Items drawn by weight, those of the batch excluded."""

    input_path: str
    num_sample: Uint32
    attr_fields: tuple[str, ...] = ()
    item_id_field: str
    attr_delimiter: str = ":"
    num_eval_sample: Uint32 = 0
    field_delimiter: str | None = None
    item_id_delim: str = ";"


class EdgeNegativeSampler(Message):
    """Items drawn by weight, those with an edge to the user excluded."""

    user_input_path: str
    item_input_path: str
    pos_edge_input_path: str
    num_sample: Uint32
    attr_fields: tuple[str, ...] = ()
    item_id_field: str
    user_id_field: str
    attr_delimiter: str = ":"
    num_eval_sample: Uint32 = 0
    field_delimiter: str | None = None


class HardNegativeSampler(Message):
    """As NegativeSampler, and exposed items that the user did not take."""

    user_input_path: str
    item_input_path: str
    hard_neg_edge_input_path: str
    num_sample: Uint32
    num_hard_sample: Uint32
    attr_fields: tuple[str, ...] = ()
    item_id_field: str
    user_id_field: str
    attr_delimiter: str = ":"
    num_eval_sample: Uint32 = 0
    field_delimiter: str | None = None


class EdgeHardNegativeSampler(Message):
    """As EdgeNegativeSampler, and exposed items that the user did not take."""

    user_input_path: str
    item_input_path: str
    pos_edge_input_path: str
    hard_neg_edge_input_path: str
    num_sample: Uint32
    num_hard_sample: Uint32
    attr_fields: tuple[str, ...] = ()
    item_id_field: str
    user_id_field: str
    attr_delimiter: str = ":"
    num_eval_sample: Uint32 = 0
    field_delimiter: str | None = None


class TDMSampler(Message):
    """Level by level over an item tree."""

    item_input_path: str
    edge_input_path: str
    predict_edge_input_path: str
    attr_fields: tuple[str, ...] = ()
    item_id_field: str
    layer_num_sample: tuple[Uint32, ...] = ()
    attr_delimiter: str = ":"
    num_eval_sample: Uint32 = 0
    field_delimiter: str | None = None
    remain_ratio: float = 1.0
    probability_type: str = "UNIFORM"


class DataConfig(Message):
    """Which rows, which columns, how many at a time."""

    oneofs: ClassVar = {
        "sampler": (
            "negative_sampler",
            "negative_sampler_v2",
            "hard_negative_sampler",
            "hard_negative_sampler_v2",
            "tdm_sampler",
        )
    }
    always: ClassVar = ("dataset_type",)
    dataset_type: DatasetType = DatasetType.OdpsDataset
    fg_mode: FgMode = FgMode.FG_NONE
    fg_encoded: bool = True
    """Deprecated in TorchEasyRec: `fg_mode` says it."""
    fg_encoded_multival_sep: str = "\x03"
    fg_threads: Uint32 = 1
    label_fields: tuple[str, ...] = ()
    sample_weight_fields: tuple[str, ...] = ()
    batch_size: Uint32 = 1024
    eval_batch_size: Uint32 | None = None
    min_batch_size: Uint32 = 0
    drop_remainder: bool = False
    shuffle: bool = False
    shuffle_buffer_size: Uint32 = 32
    """In batches."""
    num_workers: Uint32 = 8
    pin_memory: bool = True
    in_order: bool = True
    input_fields: tuple[InputField, ...] = ()
    input_fields_str: str | None = None
    delimiter: str = ","
    with_header: bool = False
    is_orderby_partition: bool = False
    odps_data_quota_name: str = "pay-as-you-go"
    odps_data_compression: str = "LZ4_FRAME"
    sample_mask_prob: float = 0.0
    negative_sample_mask_prob: float = 0.0
    force_base_data_group: bool = False
    sample_cost_field: str | None = None
    batch_cost_size: Uint64 | None = None
    negative_sampler: NegativeSampler | None = None
    negative_sampler_v2: EdgeNegativeSampler | None = None
    hard_negative_sampler: HardNegativeSampler | None = None
    hard_negative_sampler_v2: EdgeHardNegativeSampler | None = None
    tdm_sampler: TDMSampler | None = None
