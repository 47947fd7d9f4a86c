"""Columns side by side, some with one row for all."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.joined import Joined, Linear, inverse

USER, ITEM = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0], [5.0]])


def test_the_user_is_repeated_for_every_item() -> None:
    whole = Joined((USER, ITEM), None, 3).whole()
    assert whole.tolist() == [[1, 2, 3], [1, 2, 4], [1, 2, 5]]


def test_parts_stand_at_their_places() -> None:
    assert Joined((USER, ITEM), ((2, 0), (1,)), 3).whole().tolist() == [[2, 3, 1], [2, 4, 1], [2, 5, 1]]


def test_a_linear_layer_multiplies_the_user_once() -> None:
    layer = Linear(3, 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 10.0, 100.0]]))
    found = layer(Joined((USER, ITEM), ((2, 0), (1,)), 3))
    assert found.flatten().tolist() == [2 + 30 + 100, 2 + 40 + 100, 2 + 50 + 100]
    assert layer(Joined((USER,), ((2, 0),), 3)).shape == (1, 1)


def test_the_inverse_of_a_permutation() -> None:
    assert inverse([2, 0, 1]) == [1, 2, 0]


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(7)), st.integers(1, 6), st.booleans(), st.integers(0, 2**16))
def test_a_layer_of_parts_is_the_layer_of_the_whole(
    order: list[int], cut: int, is_shared: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    first = torch.randn(1 if is_shared else 4, cut)
    parts = Joined((first, torch.randn(4, 7 - cut)), (tuple(order[:cut]), tuple(order[cut:])), 4)
    layer = Linear(7, 3)
    expected = torch.zeros(4, 7)
    for part, places in zip(parts.parts, parts.places or (), strict=True):
        for column, place in enumerate(places):
            expected[:, place] = part[:, column]
    torch.testing.assert_close(parts.whole(), expected)
    torch.testing.assert_close(layer(parts), layer(expected))
    torch.testing.assert_close(layer(Joined((expected,))), layer(expected))
