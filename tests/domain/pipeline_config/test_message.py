"""What a message holds by itself: given fields, groups of which one may be set, TorchEasyRec's defaults."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pairec_cli.domain.pipeline_config.data import DataConfig, DatasetType
from pairec_cli.domain.pipeline_config.features import IdFeature, RawFeature
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.losses import BinaryCrossEntropy, L2Loss, LossConfig
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


def test_given_fields_are_those_with_a_value_of_their_own() -> None:
    mlp = MLP(hidden_units=(8, 4), use_bn=False, dropout_ratio=())
    assert mlp.given == ("hidden_units", "use_bn")
    assert mlp.activation == "nn.ReLU"
    assert IdFeature(feature_name="a", num_buckets=None).given == ("feature_name",)


def test_a_feature_begins_with_its_name_and_source() -> None:
    feature = IdFeature(num_buckets=3, embedding_dim=4, pooling="mean", expression="user:a", feature_name="a")
    assert feature.given == ("feature_name", "expression", "embedding_dim", "num_buckets", "pooling")


def test_one_of_a_group() -> None:
    assert LossConfig(l2_loss=L2Loss()).which("loss") == "l2_loss"
    assert LossConfig().which("loss") is None
    with pytest.raises(ValidationError, match="binary_cross_entropy and l2_loss exclude each other"):
        LossConfig(l2_loss=L2Loss(), binary_cross_entropy=BinaryCrossEntropy())


def test_one_way_to_number_values() -> None:
    with pytest.raises(ValidationError, match="num_buckets and vocab_list exclude each other"):
        IdFeature(feature_name="a", num_buckets=3, vocab_list=("x",))


def test_defaults_are_torcheasyrecs() -> None:
    data = DataConfig()
    assert (data.dataset_type, data.batch_size, data.num_workers) == (DatasetType.OdpsDataset, 1024, 8)
    assert data.fg_encoded_multival_sep == "\x03"
    assert RawFeature(feature_name="a").value_dim == 1


def test_the_model_is_called_model_config_in_the_text() -> None:
    assert PipelineConfig.text_name("model") == "model_config"
    assert PipelineConfig.text_name("data_config") == "data_config"


@pytest.mark.parametrize("units", [(-1,), (2**32,), (1.5,), ("8",)])
def test_whole_numbers_have_protobufs_bounds(units: tuple[object, ...]) -> None:
    with pytest.raises(ValidationError):
        MLP.model_validate({"hidden_units": units})
