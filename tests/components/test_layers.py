"""Layers against their equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.layers import (
    MLP,
    BatchNorm,
    Dice,
    LinearlyEnded,
    LowRankCross,
    RunningScale,
    activation,
    dropout_ratios,
    factorization_machine,
    mixture,
)
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig


def mlp(width: int = 3, **config: object) -> MLP:
    torch.manual_seed(0)
    return MLP(width, MLPConfig.model_validate(config))


def test_the_last_layer_has_its_activation_too() -> None:
    net = mlp(hidden_units=(4, 2))
    x = torch.randn(5, 3)
    first, second = net.layers
    expected = torch.relu(
        torch.relu(x @ first.linear.weight.T + first.linear.bias) @ second.linear.weight.T
        + second.linear.bias
    )
    torch.testing.assert_close(net(x), expected)
    assert net.width == 2


def test_batch_norm_takes_the_place_of_the_bias() -> None:
    layer = mlp(hidden_units=(4,), use_bn=True, activation="").layers[0]
    assert layer.linear.bias is None
    x = torch.randn(50, 3) * 4
    out = layer(x).detach().numpy()
    hidden = (x @ layer.linear.weight.T).detach().numpy()
    expected = (hidden - hidden.mean(0)) / np.sqrt(hidden.var(0) + 1e-5)
    np.testing.assert_allclose(out, expected, atol=1e-5)


def test_layer_norm_keeps_the_bias() -> None:
    layer = mlp(hidden_units=(4,), use_ln=True, activation="").layers[0]
    x = torch.randn(2, 3)
    hidden = layer.linear(x).detach().numpy()
    expected = (hidden - hidden.mean(1, keepdims=True)) / np.sqrt(hidden.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, atol=1e-5)


def test_an_mlp_may_have_no_bias_and_no_activation() -> None:
    net = mlp(hidden_units=(4,), bias=False, activation="")
    x = torch.randn(2, 3)
    torch.testing.assert_close(net(x), x @ net.layers[0].linear.weight.T)


def test_a_layer_that_is_computed_in_parts_goes_on_as_one_that_is_not() -> None:
    net = mlp(hidden_units=(4, 2), activation="nn.Tanh")
    x = torch.randn(5, 3)
    torch.testing.assert_close(net.after_first_linear(net.layers[0].linear(x)), net(x))


def test_dropout_acts_in_training_only() -> None:
    net = mlp(hidden_units=(200,), dropout_ratio=(0.5,), activation="")
    x = torch.randn(1, 3)
    assert 50 < int((net(x) == 0).sum()) < 150
    assert int((net.eval()(x) == 0).sum()) == 0


def test_dropout_ratios_are_none_one_or_one_per_layer() -> None:
    assert list(dropout_ratios((), 2)) == [0, 0]
    assert list(dropout_ratios((0.1,), 2)) == [0.1, 0.1]
    assert list(dropout_ratios((0.1, 0.2), 2)) == [0.1, 0.2]
    with pytest.raises(InvalidInput, match="3 layers and 2 dropout ratios"):
        dropout_ratios((0.1, 0.2), 3)


def test_norms_of_both_kinds_exclude_each_other() -> None:
    with pytest.raises(InvalidInput, match="use_bn and use_ln"):
        mlp(hidden_units=(4,), use_bn=True, use_ln=True)


def test_an_mlp_needs_layers() -> None:
    with pytest.raises(InvalidInput, match="no hidden_units"):
        mlp()


def test_an_unknown_activation_is_named_with_the_nearest() -> None:
    with pytest.raises(NotFound, match=r"'nn.Relu' does not exist; did you mean 'nn.ReLU'"):
        activation("nn.Relu", 3)


def test_dice_is_the_identity_scaled_by_where_x_stands_in_the_batch() -> None:
    dice = Dice(2)
    with torch.no_grad():
        dice.slope.copy_(torch.tensor([0.25, 0.5]))
    x = torch.tensor([[0.0, 1.0], [2.0, 5.0]])
    p = torch.sigmoid(torch.tensor([[-1.0, -1.0], [1.0, 1.0]]))
    torch.testing.assert_close(dice(x), p * x + (1 - p) * torch.tensor([0.25, 0.5]) * x, atol=1e-4, rtol=0)


def test_batch_norm_is_over_all_axes_but_the_last() -> None:
    norm, x = BatchNorm(2), torch.randn(3, 4, 2)
    flat = x.reshape(12, 2)
    expected = (flat - flat.mean(0)) / (flat.var(0, unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(norm(x), expected.reshape(3, 4, 2))


def test_a_batch_of_one_row_is_normalised_as_in_evaluation() -> None:
    norm, x = BatchNorm(2), torch.tensor([[3.0, 4.0]])
    torch.testing.assert_close(norm(x), x, atol=1e-4, rtol=1e-4)


def test_the_factorization_machine_pairs_each_two_fields_once() -> None:
    x = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    assert factorization_machine(x).tolist() == [[3 + 5 + 15, 8 + 12 + 24]]


def test_a_cross_layer_by_hand() -> None:
    cross = LowRankCross(2, 2, 1)
    with torch.no_grad():
        for down, up in zip(cross.down, cross.up, strict=True):
            down.weight.copy_(torch.tensor([[1.0, 1.0]]))
            up.weight.copy_(torch.tensor([[1.0], [2.0]]))
            up.bias.copy_(torch.tensor([0.0, 1.0]))
    # x0 = (1, 2): x1 = (1, 2)∘(3, 7) + (1, 2) = (4, 16); x2 = (1, 2)∘(20, 41) + (4, 16)
    assert cross(torch.tensor([[1.0, 2.0]])).tolist() == [[24, 98]]


def test_a_mixture_weighs_experts_by_the_softmax_of_the_gate() -> None:
    gate = torch.log(torch.tensor([[1.0, 3.0]]))
    experts = torch.tensor([[[4.0, 0.0], [0.0, 8.0]]])
    torch.testing.assert_close(mixture(gate, experts), torch.tensor([[1.0, 6.0]]))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 2**16))
def test_numbers_are_scaled_by_all_rows_so_far(sizes: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    scale, batches = RunningScale(["a", "b"]), [torch.randn(size, 2) * 3 + 100 for size in sizes]
    for batch in batches:
        found = scale(batch, ["a", "b"])
    seen = torch.cat(batches).double().numpy()
    if len(seen) > 1:
        expected = (batches[-1].double().numpy() - seen.mean(0)) / seen.std(0)
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-3)
    assert torch.equal(scale.count, torch.full((2,), float(len(seen)), dtype=torch.float64))


def test_evaluation_does_not_count_and_scales_by_the_columns_asked_for() -> None:
    scale = RunningScale(["a", "b"])
    scale(torch.tensor([[1.0], [3.0]]), ["b"])
    scale.eval()
    assert scale(torch.tensor([[4.0, 7.0]]), ["b", "a"]).tolist() == [[2.0, 7.0]]
    assert scale.count.tolist() == [0, 2]


def test_a_number_that_never_changed_tells_nothing_and_a_rare_one_not_too_much() -> None:
    scale = RunningScale(["constant", "rare"])
    scale(torch.tensor([[5.0, 1.0]] + [[5.0, 0.0]] * 9999), ["constant", "rare"])
    scale.eval()
    assert scale(torch.tensor([[9.0, 1.0]]), ["constant", "rare"]).tolist() == [[0.0, 10.0]]


def test_a_batch_without_rows_changes_nothing() -> None:
    scale = RunningScale(["a"])
    assert scale(torch.zeros(0, 1), ["a"]).shape == (0, 1)
    assert scale.count.tolist() == [0]


def test_a_linear_end_has_a_bias_unless_told_otherwise() -> None:
    assert LinearlyEnded(3, MLPConfig(hidden_units=(4, 2))).out.bias is not None
    plain = LinearlyEnded(3, MLPConfig(hidden_units=(4, 2), bias=False))
    assert [name for name, _ in plain.named_parameters() if "bias" in name] == []
