"""Configs in the manner of TorchEasyRec's users, for tests."""

from __future__ import annotations

MULTI_TOWER = r"""
# single task, encoded rows
train_input_path: "data/train/*.parquet"
eval_input_path: 'data/eval/*.parquet'
model_dir: "experiments/"   # adjacent literals are one
    "multi_tower"
train_config {
    sparse_optimizer { adagrad_optimizer { lr: 1e-3 } constant_learning_rate { } }
    dense_optimizer: <
        adam_optimizer: { lr: .001, beta2: 0.99f; weight_decay: 0 }
        exponential_decay_learning_rate { decay_size: 0x10 by_epoch: true }
        part_optimizers { regex_pattern: "^final\\..*" sgd_optimizer { lr: 0.1 nesterov: True } }
        ema {}
    >
    num_epochs: 010
    grad_clipping { clipping_type: "norm" norm_type: inf }
}
eval_config {}
data_config {
    dataset_type: ParquetDataset
    fg_mode: FG_NONE
    label_fields: ["clk"]
    fg_encoded_multival_sep: "\x02"
    input_fields: [{ input_name: "a" input_type: MAP_STRING_FLOAT }, < input_name: "b" >]
    shuffle: t
}
feature_configs { id_feature { feature_name: "user" embedding_dim: 8 num_buckets: 100 } }
feature_configs {
    id_feature {
        feature_name: "city"
        expression: "user:city"
        embedding_dim: 4
        vocab_dict: [{ key: "berlin" value: 2 }, { key: "rome" value: 3 }]
        vocab_dict { key: "oslo" value: 4 }
    }
}
feature_configs { raw_feature { feature_name: "price" boundaries: [-1, 0.5, 1e2] embedding_dim: 4 } }
feature_configs { raw_feature { feature_name: "age" embedding_dim: 4 autodis { num_channels: 3 } } }
feature_configs { lookup_feature { feature_name: "taste" map: "user:kv" key: "item:cate" } }
feature_configs {
    custom_feature {
        feature_name: "distance"
        operator_name: "Distance"
        operator_lib_file: "lib.so"
        operator_params {
            fields { key: "unit" value { string_value: "km" } }
            fields {
                key: "steps" value { list_value { values { number_value: 1 } values { bool_value: false } } }
            }
        }
        expression: ["user:place", "item:place"]
    }
}
model_config {
    feature_groups { group_name: "user" feature_names: "user" feature_names: "city" group_type: DEEP }
    feature_groups { group_name: "item" feature_names: ["price", "age"] group_type: DEEP }
    multi_tower {
        towers { input: "user" mlp { hidden_units: [64, 32] dropout_ratio: 0.1 } }
        towers { input: "item" mlp { hidden_units: 64 hidden_units: 32 activation: "nn.PReLU" use_bn: true } }
        final { hidden_units: [16] }
    }
    metrics { auc {} }
    metrics { grouped_auc { grouping_key: "user" } }
    losses { binary_cross_entropy { label_smoothing: 0.1 } }
}
"""

DBMTL = """
train_input_path: "odps://p/tables/train/ds=20260101"
eval_input_path: "odps://p/tables/eval/ds=20260101"
model_dir: "experiments/dbmtl"
train_config {
    sparse_optimizer {
        rowwise_adagrad_optimizer { lr: 0.02 weight_decay_mode: DECOUPLE }
        constant_learning_rate {}
    }
    dense_optimizer { adamw_optimizer {} cosine_annealing_learning_rate { T_max: 5 by_epoch: true } }
    num_steps: 1000
    fine_tune_checkpoint: "experiments/yesterday"
}
data_config {
    batch_size: 8192
    dataset_type: OdpsDataset
    label_fields: "clk" label_fields: "stay"
    sample_weight_fields: "w"
}
feature_configs {
    id_feature { feature_name: "item" num_buckets: 1000 embedding_dim: 16 embedding_name: "item_emb" }
}
feature_configs { combo_feature { feature_name: "ab" expression: "user:a" expression: "item:b"
                                  hash_bucket_size: 64 embedding_dim: 8 } }
feature_configs {
    sequence_feature {
        sequence_name: "click_50_seq",
        sequence_length: 50
        sequence_delim: ";"
        features {
            id_feature { feature_name: "item" num_buckets: 1000 embedding_dim: 16 embedding_name: "item_emb" }
        }
        features { raw_feature { feature_name: "ts" expression: "user:ts" } }
    }
}
model_config {
    feature_groups {
        group_name: "all"
        feature_names: "item"
        feature_names: "ab"
        group_type: DEEP
        sequence_groups {
            group_name: "click_50_seq"
            feature_names: ["item", "click_50_seq__item", "click_50_seq__ts"]
        }
        sequence_encoders { din_encoder { input: "click_50_seq" attn_mlp { hidden_units: [32, 8] } } }
    }
    dbmtl {
        bottom_mlp { hidden_units: [512] }
        expert_mlp { hidden_units: [128, 64] }
        num_expert: 4
        task_towers {
            tower_name: "clk" label_name: "clk"
            mlp { hidden_units: [64] }
            losses { binary_cross_entropy {} }
            metrics { auc { thresholds: 1000 } }
            train_metrics { auc {} decay_step: 10 }
        }
        task_towers {
            tower_name: "stay" label_name: "stay"
            mlp { hidden_units: [64] }
            losses { l2_loss {} }
            metrics { mean_squared_error {} } metrics { mean_absolute_error {} }
            relation_tower_names: "clk"
            relation_mlp { hidden_units: [32] }
            weight: 0.5
            sample_weight_name: "w"
            task_space_indicator_label: "clk"
            out_task_space_weight: 0
        }
    }
    use_pareto_loss_weight: false
}
export_config { exporter_type: "best" best_exporter_metric: "auc_clk" }
"""

DSSM = """
train_input_path: "a" eval_input_path: "b" model_dir: "c"
train_config {
    sparse_optimizer {
        adam_optimizer { lr: 0.001 }
        manual_step_learning_rate { schedule_sizes: [10, 20] learning_rates: [1e-3, 1e-4] }
    }
    dense_optimizer { adam_optimizer { lr: 0.001 } constant_learning_rate {} }
}
data_config {
    dataset_type: CsvDataset
    negative_sampler {
        input_path: "items.txt" num_sample: 1024 attr_fields: ["item_id", "cate"] item_id_field: "item_id"
        attr_delimiter: "\\x02"
    }
}
model_config {
    dssm {
        user_tower { input: "user" mlp { hidden_units: [64] } }
        item_tower { input: "item" mlp { hidden_units: [64] } }
        output_dim: 32 similarity: COSINE temperature: 0.05
    }
    losses { softmax_cross_entropy {} }
    metrics { recall_at_k { top_k: 10 } }
}
"""

MIND = """
train_input_path: "" eval_input_path: "" model_dir: ""
model_config {
    mind {
        user_tower {
            input: "user" history_input: "hist"
            user_mlp { hidden_units: [64, 32] }
            user_seq_combine: CONCAT
            capsule_config { max_k: 5 max_seq_len: 50 high_dim: 32 squash_pow: 0.2 }
            concat_mlp { hidden_units: [32] }
        }
        item_tower { input: "item" mlp { hidden_units: [64] } }
        output_dim: 32
        simi_pow: 20
    }
}
"""

ALL = {"multi_tower": MULTI_TOWER, "dbmtl": DBMTL, "dssm": DSSM, "mind": MIND}
