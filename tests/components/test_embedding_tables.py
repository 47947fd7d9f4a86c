"""Tables in shared matrices: places, ids outside, gradients of the rows read only."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from pairec_cli.components.batch import Ragged
from pairec_cli.components.embedding_tables import EmbeddingTables, Padded, Table, initialise, known
from pairec_cli.domain.errors import InvalidInput, NotFound


def tables() -> EmbeddingTables:
    torch.manual_seed(0)
    return EmbeddingTables([Table("a", 3, 2), Table("b", 5, 2), Table("c", 4, 3), Table("a", 3, 2)])


def test_tables_of_one_width_share_a_matrix_and_row_0_is_nobodys() -> None:
    made = tables()
    assert {width: tuple(m.shape) for width, m in made.matrices.items()} == {"2": (1 + 3 + 5, 2), "3": (5, 3)}
    assert torch.equal(made.table("a"), made.matrix(2)[1:4])
    assert torch.equal(made.table("b"), made.matrix(2)[4:9])
    assert not made.matrix(2)[0].any()


def test_tables_begin_uniform_within_the_root_of_their_size() -> None:
    torch.manual_seed(0)
    made = EmbeddingTables([Table("large", 10_000, 8), Table("small", 4, 8)])
    assert 0.0099 < float(made.table("large").detach().abs().max()) <= 0.01
    assert 0.3 < float(made.table("small").detach().abs().max()) <= 0.5


@pytest.mark.parametrize(
    ("init_fn", "lowest", "highest"),
    [
        ("nn.init.uniform_,a=2,b=3", 2.0, 3.0),
        ("nn.init.constant_, val=0.5", 0.5, 0.5),
        ("nn.init.zeros_", 0.0, 0.0),
        ("nn.init.normal_,mean=9.0,std=0.001", 8.9, 9.1),
    ],
)
def test_tables_begin_as_their_feature_says(init_fn: str, lowest: float, highest: float) -> None:
    table = EmbeddingTables([Table("a", 6, 4, init_fn)]).table("a").detach()
    assert lowest <= float(table.min()) <= float(table.max()) <= highest


def test_an_unknown_way_to_begin_is_refused() -> None:
    with pytest.raises(NotFound, match=r"did you mean 'nn.init.uniform_'"):
        initialise(torch.zeros(2, 2), "nn.init.uniform,a=1")
    with pytest.raises(InvalidInput, match="cannot be applied"):
        initialise(torch.zeros(2, 2), "nn.init.uniform_,low=1")


def test_features_that_share_a_table_agree_on_its_shape() -> None:
    with pytest.raises(InvalidInput, match="'a' is 3 x 2 for one feature and 4 x 2 for another"):
        EmbeddingTables([Table("a", 3, 2), Table("a", 4, 2)])


def test_ids_outside_a_table_are_out_of_vocabulary() -> None:
    assert known(torch.tensor([-1, 0, 1, 4, 5, 10**9]), 5).tolist() == [1, 0, 1, 4, 1, 1]


def test_one_gather_serves_several_tables() -> None:
    made, ids = tables(), torch.tensor([[2, 4], [0, 9]])
    a, b = made.table("a"), made.table("b")
    expected = torch.stack([torch.cat([a[2], b[4]]), torch.cat([a[0], b[1]])])
    assert torch.equal(made.block(ids, ["a", "b"]), expected)


@pytest.mark.parametrize("pooling", ["sum", "mean"])
def test_lists_are_pooled_alike_padded_and_not(pooling: str) -> None:
    made = tables()
    c = made.table("c")
    ragged = Ragged(torch.tensor([2, 3, 7]), torch.tensor([0, 2, 2, 3]))
    padded = Padded(
        torch.tensor([[2, 3], [-1, -1], [7, -1]]), torch.tensor([[True, True], [False] * 2, [True, False]])
    )
    pair = c[2] + c[3]
    expected = torch.stack([pair / 2 if pooling == "mean" else pair, torch.zeros(3), c[1]])
    torch.testing.assert_close(made.pooled(ragged, "c", pooling), expected)
    torch.testing.assert_close(made.pooled(padded, "c", pooling), expected)
    with torch.no_grad():
        torch.testing.assert_close(made.pooled(ragged, "c", pooling), expected)
        torch.testing.assert_close(made.pooled(padded, "c", pooling), expected)


def test_no_lists_and_lists_without_entries() -> None:
    made = tables()
    nothing = Ragged(torch.zeros(0, dtype=torch.int64), torch.zeros(4, dtype=torch.int64))
    found = made.pooled(nothing, "c", "mean")
    assert torch.equal(found, torch.zeros(3, 3))
    found.sum().backward()
    assert made.matrix(3).grad._nnz() == 0
    none = Padded(torch.zeros(2, 0, dtype=torch.int64), torch.zeros(2, 0, dtype=torch.bool))
    assert torch.equal(made.pooled(none, "c", "mean"), torch.zeros(2, 3))


def test_padding_is_zero_and_learns_nothing() -> None:
    made = tables()
    found = made.padded(Padded(torch.tensor([[1, 0, 0]]), torch.tensor([[True, True, False]])), "b")
    assert torch.equal(found[0, 2], torch.zeros(2))
    assert torch.equal(found[0, 1], made.table("b")[0])
    found.sum().backward()
    assert sorted(made.matrix(2).grad._indices()[0].tolist()) == [4, 5]


def test_ids_are_moved_to_their_tables_once() -> None:
    made = tables()
    made.block(torch.tensor([[1, 1]]), ["a", "b"])
    made.block(torch.tensor([[2, 1]]), ["a", "b"])
    assert len(made.bounds) == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 6), max_size=4), min_size=1, max_size=4), st.integers(0, 2**16))
def test_gradients_are_those_of_a_dense_twin(lists: list[list[int]], seed: int) -> None:
    """Several lookups of the same tables, against F.embedding on each row alone."""
    torch.manual_seed(seed)
    made = EmbeddingTables([Table("a", 3, 2), Table("b", 5, 2)])
    twin = made.matrix(2).detach().clone().requires_grad_()
    values = torch.tensor([id for one in lists for id in one], dtype=torch.int64)
    offsets = torch.tensor([0, *torch.tensor([len(one) for one in lists]).cumsum(0).tolist()])
    weights = torch.randn(len(lists), 2)
    ids = torch.tensor([[one[0] if one else 0, 4] for one in lists])
    loss = (made.pooled(Ragged(values, offsets), "b", "mean") * weights).sum()
    loss = loss + (made.block(ids, ["a", "b"]) * weights.repeat(1, 2)).sum().square()
    loss.backward()

    def row(id: int, first: int, size: int) -> torch.Tensor:
        return F.embedding(torch.tensor(first + (id if 0 <= id < size else 1)), twin)

    means = [sum((row(id, 4, 5) for id in one), torch.zeros(2)) / max(1, len(one)) for one in lists]
    same = (torch.stack(means) * weights).sum()
    pairs = [torch.cat([row(a, 1, 3), row(b, 4, 5)]) for a, b in ids.tolist()]
    same = same + (torch.stack(pairs) * weights.repeat(1, 2)).sum().square()
    same.backward()
    torch.testing.assert_close(loss, same)
    gradient = made.matrix(2).grad
    assert gradient.is_sparse
    torch.testing.assert_close(gradient.to_dense(), twin.grad)


def test_gradients_of_two_backward_passes_add_up() -> None:
    made = tables()
    for _ in range(2):
        made.block(torch.tensor([[2]]), ["a"]).sum().backward()
    assert made.matrix(2).grad.to_dense()[3].tolist() == [2, 2]
