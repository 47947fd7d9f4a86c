"""Feature groups against loops over rows, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pairec_cli.components.feature_groups import FeatureGroups, Groups, joined
from pairec_cli.components.group_inputs import BatchInputs
from pairec_cli.domain.errors import InvalidInput, NotFound, PairecError
from tests.components.ranking_rows import ATTENDED, BCE, ITEM, POOLED, SEQUENCE, USER, config, group, rows
from tests.components.ranking_twin import Twin

MODEL = f"{BCE} dcn_v2 {{ cross {{}} final {{ hidden_units: 2 }} }}"


def groups(text: str, seed: int = 0) -> FeatureGroups:
    torch.manual_seed(seed)
    return FeatureGroups(config(MODEL, text), 3)


def read(made: FeatureGroups, count: int = 6) -> tuple[Groups, Twin]:
    batch = rows(count)
    return made.eval()(BatchInputs(batch)), Twin(_Model(made), batch)


class _Model(torch.nn.Module):
    """What the twin needs of a model."""

    def __init__(self, made: FeatureGroups) -> None:
        super().__init__()
        self.groups, self.embeddings = made, made.tables


def same(found: torch.Tensor, expected: object) -> None:
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-6)


def test_a_deep_group_is_embeddings_by_width_then_numbers() -> None:
    made = groups(group("g", ("clicks", "tags", "user_id", "age", "item_id")))
    x, twin = read(made)
    order = ["age", "user_id", "item_id", "tags", "clicks"]
    assert list(made.vector_group("g").columns.places) == order
    assert made.vector_group("g").widths == [4, 6, 6, 6, 1]
    expected = [np.concatenate([twin.feature(name, row) for name in order]) for row in range(6)]
    same(x["g"].whole(), expected)
    assert made.vector_group("g").width == 23


def test_a_wide_group_has_narrow_tables_of_its_own() -> None:
    made = groups(group("g", USER) + group("w", USER, "group_type: WIDE"))
    x, twin = read(made)
    assert made.tables.places["user_wide"].width == 3
    same(x["w"].whole(), twin.columns(USER, "_wide"))
    same(x["g"].whole(), twin.columns(USER))


def test_groups_share_tables_unless_they_have_a_suffix() -> None:
    made = groups(group("g", ("user_id",)) + group("h", ("user_id",), 'embedding_name_suffix: "_own"'))
    assert set(made.tables.places) == {"user", "user_own"}
    x, _ = read(made)
    assert not torch.equal(x["g"].whole(), x["h"].whole())


@pytest.mark.parametrize("pooling", ["mean", "sum"])
@pytest.mark.parametrize("limit", [0, 2])
def test_pooled_sequences(pooling: str, limit: int) -> None:
    encoder = f"pooling_encoder {{ pooling_type: '{pooling}' max_seq_length: {limit} }}"
    made = groups(
        group("g", ("clicks",), POOLED.replace("pooling_encoder { pooling_type: 'mean' }", encoder))
    )
    x, twin = read(made)
    found = x["g"].whole()
    for row in range(6):
        entries = twin.entries(row, SEQUENCE)[: limit or None]
        total = entries.sum(0) if len(entries) else np.zeros(11)
        same(found[row, 1:], total / max(1, len(entries)) if pooling == "mean" else total)


def test_simple_attention_within_a_group() -> None:
    text = POOLED.replace("pooling_encoder { pooling_type: 'mean' }", "simple_attention {}")
    text = text.replace(
        "sequence_groups {", "sequence_groups { feature_names: 'item_id' feature_names: 'age' "
    )
    text = text.replace('feature_names: "click_5_seq__share"', "")
    x, twin = read(groups(group("g", ("clicks",), text)))
    for row in range(6):
        query = np.concatenate([twin.feature("age", row), twin.feature("item_id", row)])
        entries = twin.entries(row, SEQUENCE[:2])
        weights = np.exp(entries @ query) if len(entries) else np.zeros(0)
        expected = weights @ entries / weights.sum() if len(entries) else np.zeros(10)
        same(x["g"].whole()[row, 1:], expected)


def test_a_sequence_group_gives_query_and_entries_apart() -> None:
    made = groups(group("s", ("item_id", "clicks", *SEQUENCE), "group_type: SEQUENCE"))
    x, twin = read(made)
    query, entries, present = x.sequence("s")
    same(query, twin.columns(("item_id", "clicks")))
    for row in range(6):
        length = int(twin.batch.lengths["click_5_seq"][row])
        assert present[row].tolist() == [t < length for t in range(5)]
        if length:
            same(entries[row, :length], twin.entries(row, SEQUENCE))
        assert not entries[row, length:].any()


def test_several_sequence_groups_are_told_apart_by_name() -> None:
    text = """sequence_groups { group_name: "a" feature_names: "click_5_seq__ts" }
      sequence_groups { group_name: "b" feature_names: "click_5_seq__item_id" }
      sequence_encoders { pooling_encoder { input: "b" } }
      sequence_encoders { pooling_encoder { input: "a" pooling_type: "sum" } }"""
    made = groups(group("g", ("clicks",), text))
    assert made.vector_group("g").widths == [1, 6, 4]
    x, twin = read(made)
    same(x["g"].whole()[:, 1:7], twin.pooled(("click_5_seq__item_id",), 6))


def test_parts_in_order_need_no_places() -> None:
    one = torch.zeros(2, 1)
    assert joined([(one, (0,)), (one, (1,))], None).places is None
    assert joined([(one, (1,)), (one, (0,))], None).places == ((1,), (0,))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (group("g", ("user",)), "feature of group 'g' 'user' does not exist; did you mean 'user_id'"),
        (group("g", USER) + group("g", ITEM), "two feature groups named 'g'"),
        (group("g", ("age", "click_5_seq__ts")), "holds 'click_5_seq__ts', a field of a sequence"),
        (group("g", ("age",), "group_type: SEQUENCE"), "must hold the fields of one sequence"),
        (
            group("g", ("age",), POOLED.replace("pooling_encoder {", "pooling_encoder { input: 'x'")),
            "sequence group 'x' does not exist; known: g",
        ),
        (group("g", ("age",), POOLED.replace("'mean'", "'max'")), "pooling_encoder"),
        (
            group(
                "g",
                ("age",),
                POOLED.replace("pooling_encoder { pooling_type: 'mean' }", "self_attention_encoder {}"),
            ),
            "self_attention_encoder",
        ),
    ],
)
def test_what_a_group_may_not_be(text: str, says: str) -> None:
    with pytest.raises((InvalidInput, NotFound), match=says):
        groups(text)


def test_groups_are_found_by_name_and_kind() -> None:
    made = groups(group("g", USER, ATTENDED) + group("s", SEQUENCE, "group_type: SEQUENCE"))
    for find, name in ((made.vector_group, "s"), (made.sequence_group, "g")):
        with pytest.raises(PairecError, match=f"'{name}' does not exist"):
            find(name)
