"""Attention over sequences against loops."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.sequence_encoders import DinEncoder, SimpleAttention
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig


def sequences(rows: int, width: int, lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    present = torch.arange(4) < torch.tensor(lengths).unsqueeze(1)
    return torch.randn(rows, 4, width) * present.unsqueeze(2), present


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=5),
    st.integers(1, 3),
    st.sampled_from(["nn.ReLU", "nn.Tanh", ""]),
    st.integers(0, 2**16),
)
def test_din_is_the_attention_of_its_definition(
    lengths: list[int], query_width: int, activation: str, seed: int
) -> None:
    torch.manual_seed(seed)
    encoder = DinEncoder(query_width, 3, MLPConfig(hidden_units=(5, 4), activation=activation))
    query = torch.randn(len(lengths), query_width)
    entries, present = sequences(len(lengths), 3, lengths)
    expected = torch.zeros(len(lengths), 3)
    for row, length in enumerate(lengths):
        q = torch.cat([query[row], torch.zeros(3 - query_width)])
        if length:
            pairs = [torch.cat([q, k, q - k, q * k]) for k in entries[row, :length]]
            weights = torch.softmax(encoder.score(encoder.mlp(torch.stack(pairs))).squeeze(1), 0)
            expected[row] = weights @ entries[row, :length]
    torch.testing.assert_close(encoder(query, entries, present), expected)


def test_one_sequence_serves_all_items() -> None:
    torch.manual_seed(0)
    encoder = DinEncoder(2, 3, MLPConfig(hidden_units=(4,), activation="Dice")).eval()
    entries, present = sequences(1, 3, [3])
    query = torch.randn(6, 2)
    repeated = encoder(query, entries.expand(6, -1, -1), present.expand(6, -1))
    torch.testing.assert_close(encoder(query, entries, present), repeated)


def test_simple_attention_by_hand() -> None:
    query = torch.tensor([[1.0, 0.0]])
    entries = torch.tensor([[[0.0, 5.0], [torch.log(torch.tensor(3.0)), 1.0], [0.0, 0.0]]])
    found = SimpleAttention(2, 2)(query, entries, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(found, 0.25 * entries[:, 0] + 0.75 * entries[:, 1])


def test_nothing_to_attend_to_is_a_zero_vector() -> None:
    entries, present = sequences(2, 3, [0, 0])
    query = torch.randn(2, 3)
    assert not SimpleAttention(3, 3)(query, entries, present).any()
    assert not DinEncoder(3, 3, MLPConfig(hidden_units=(2,)))(query, entries, present).any()


def test_a_query_fits_its_sequence() -> None:
    with pytest.raises(InvalidInput, match="width 4 is wider than its sequence, 3"):
        DinEncoder(4, 3, MLPConfig(hidden_units=(2,)))
    with pytest.raises(InvalidInput, match="not 2 and 3"):
        SimpleAttention(2, 3)
