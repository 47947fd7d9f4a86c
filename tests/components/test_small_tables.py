"""A first layer over small tables is the layer over looked-up vectors, and so are its gradients."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.embedding_tables import EmbeddingTables, Table
from pairec_cli.components.joined import Joined, Linear
from pairec_cli.components.small_tables import Lookups

NAMES, WIDTH, SAMPLES = ("a", "b", "c", "b2"), 2, 40
SIZES = (3, 30, 7, 30)


def tables() -> EmbeddingTables:
    torch.manual_seed(0)
    return EmbeddingTables(Table(name, size, WIDTH) for name, size in zip(NAMES, SIZES, strict=True))


def lookups(made: EmbeddingTables, seed: int = 0, rows: int = SAMPLES) -> Lookups:
    random = torch.Generator().manual_seed(seed)
    ids = torch.stack([torch.randint(-1, size + 1, (rows,), generator=random) for size in SIZES], 1)
    return Lookups(made, ids, NAMES)


def test_tables_with_a_row_for_four_samples_are_small() -> None:
    found = lookups(tables())
    assert (found.small, found.large) == ((0, 2), (1, 3))
    assert found.shape == (SAMPLES, 8) == tuple(found.whole().shape)
    assert torch.equal(found.looked_up(), found.whole()[:, [2, 3, 6, 7]])
    assert lookups(tables(), rows=11).small == ()


def test_nothing_is_small_where_nothing_is_learned() -> None:
    with torch.no_grad():
        assert lookups(tables()).small == ()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(10)), st.booleans(), st.sampled_from([4, 12, SAMPLES, 150]), st.integers(0, 99))
def test_layer_and_gradients_are_those_of_the_whole(
    order: list[int], has_bias: bool, rows: int, seed: int
) -> None:
    """Two numbers stand among the columns; features keep theirs side by side."""
    made, twin = tables(), tables()
    torch.manual_seed(seed)
    numbers = torch.randn(rows, 2, requires_grad=True)
    starts = [place for place in order if place < 5]
    spans = {start: (2 * start, 2 * start + 1) for start in starts}
    places = (spans[starts[0]], tuple(place for start in starts[1:] for place in spans[start]))
    layer = Linear(10, 40, bias=has_bias)
    factor = torch.randn(rows, 40)

    def results(of: EmbeddingTables, whole: bool) -> list[torch.Tensor]:
        block = lookups(of, seed, rows)
        joined = Joined((numbers, block), places)
        out = layer(joined.whole() if whole else joined)
        layer.zero_grad()
        numbers.grad = None
        (out * factor).sum().backward()
        gradients = [weight.grad.clone() for weight in layer.parameters() if weight.grad is not None]
        assert numbers.grad is not None and of.matrix(WIDTH).grad is not None
        return [out.detach(), *gradients, numbers.grad, of.matrix(WIDTH).grad.to_dense()]

    for found, expected in zip(results(made, False), results(twin, True), strict=True):
        torch.testing.assert_close(found, expected, atol=2e-4, rtol=2e-4)


def test_only_rows_that_were_read_get_gradients() -> None:
    made = tables()
    ids = torch.tensor([[2, 0, 5, 0]]).repeat(SAMPLES, 1)
    Linear(8, 32)(Joined((Lookups(made, ids, NAMES),))).sum().backward()
    places = [made.places[name].first for name in NAMES]
    read = {first + id for first, id in zip(places, (2, 0, 5, 0), strict=True)}
    assert set(made.matrix(WIDTH).grad.coalesce().indices()[0].tolist()) == read


def test_all_tables_may_be_small_and_narrow_layers_look_up() -> None:
    made = tables()
    block = lookups(made, rows=200)
    assert block.large == ()
    wide, narrow = Linear(8, 32), Linear(8, 3)
    for layer in (wide, narrow):
        torch.testing.assert_close(layer(Joined((block,))), layer(block.whole()), atol=1e-5, rtol=1e-5)
