"""DropoutNet against its formulas, row by row; what a new user or item is; what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.dropoutnet import (
    NEW_ITEM,
    NEW_USER,
    DropoutNet,
    KnownValues,
    Side,
    has_known,
    mined_softmax,
)
from pairec_cli.components.group_inputs import BatchInputs
from pairec_cli.components.match_models import match_model
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config import parse, write
from pairec_cli.domain.pipeline_config.losses import SoftmaxCrossEntropyWithNegativeMining
from tests.components.test_match_model import batch
from tests.components.towers import catalog, config, text_of


def made(text: str = "") -> DropoutNet:
    torch.manual_seed(0)
    model = match_model(parse(text) if text else config("dropoutnet")).eval()
    assert isinstance(model, DropoutNet)
    return model


def perceptron(layer: object, x: Tensor) -> Tensor:
    linear = layer.layers[0].linear  # type: ignore[attr-defined]
    return F.relu(linear.weight @ x + linear.bias)


def tower(side: Side, content: Tensor, preference: Tensor) -> Tensor:
    """c = DNN_c(x_c), p = DNN_p(x_p), Linear(DNN_tower([c ; p])), of length 1; of one row."""
    assert side.content is not None
    assert side.preference is not None
    both = torch.cat([perceptron(side.content.dnn, content), perceptron(side.preference.dnn, preference)])
    hidden = perceptron(side.tower.mlp, both)
    return F.normalize(side.tower.out.weight @ hidden + side.tower.out.bias, dim=0)


@torch.no_grad()
def test_a_users_vector_is_the_tower_over_content_and_mean_history() -> None:
    model, given = made(), batch()
    tables = model.embeddings
    for row in range(7):
        length = int(given.lengths["h"][row])
        history = tables.table("item_id_emb")[given.sequences["h__item_id"][row, :length]]
        mean = history.mean(0) if length else torch.zeros(8)
        gender = tables.table("gender_emb")[given.id("gender")[row]]
        expected = tower(model.user_side, gender, mean)
        assert torch.allclose(model.users(given)[row, 0], expected, atol=1e-5)
        model.case = NEW_USER
        assert torch.allclose(
            model.users(given)[row, 0], tower(model.user_side, gender, torch.zeros(8)), atol=1e-5
        )
        model.case = ""


@torch.no_grad()
def test_an_items_vector_is_the_tower_over_content_and_its_id() -> None:
    model, given = made(), batch()
    tables, tags = model.embeddings, given.lists["topics"]
    for row in range(7):
        topics = tables.table("topics_emb")[tags.values[tags.offsets[row] : tags.offsets[row + 1]]].sum(0)
        own = tables.table("item_id_emb")[given.id("item_id")[row]]
        assert torch.allclose(model.items(given)[row], tower(model.item_side, topics, own), atol=1e-5)
        model.case = NEW_ITEM
        assert torch.allclose(
            model.items(given)[row], tower(model.item_side, topics, torch.zeros(8)), atol=1e-5
        )
        model.case = ""


@torch.no_grad()
@pytest.mark.parametrize("unknown", [0, 1])
def test_a_new_item_is_one_without_preference(unknown: int) -> None:
    model, given = made(), batch()
    new = replace(given, ids=given.ids.clone())
    new.ids[:, given.id_names.index("item_id")] = unknown
    model.case = NEW_ITEM
    expected = model.items(given)
    model.case = ""
    assert torch.equal(model.items(new), expected)


@torch.no_grad()
def test_a_user_whose_history_holds_nothing_known_is_a_new_one() -> None:
    model, given = made(), batch()
    history = given.sequences["h__item_id"]
    nothing = replace(given, lengths={"h": torch.zeros(7, dtype=torch.int64)})
    unknown = replace(given, sequences={"h__item_id": torch.ones_like(history)})
    model.case = NEW_USER
    expected = model.users(given)
    model.case = ""
    assert torch.equal(model.users(nothing), expected)
    assert torch.equal(model.users(unknown), expected)


@torch.no_grad()
def test_a_value_that_training_never_met_says_as_much_as_a_missing_one() -> None:
    model, given = made(), batch()

    def users(gender: int) -> Tensor:
        rows = replace(given, ids=given.ids.clone())
        rows.ids[:, given.id_names.index("gender")] = gender
        return model.users(rows)

    assert torch.equal(users(1), users(0))
    assert not torch.equal(users(2), users(0))


def test_in_training_each_row_loses_its_whole_preference_or_none() -> None:
    torch.manual_seed(0)
    model = match_model(config("dropoutnet")).train()
    assert isinstance(model, DropoutNet)
    given = BatchInputs(batch(4000))
    kept = model.item_side._kept(given, new=False)
    assert set(kept.flatten().tolist()) == {0.0, 2.0}
    assert 0.47 < (kept > 0).float().mean().item() < 0.53
    known = has_known(model.user_side.preference.group, given)  # type: ignore[union-attr]
    assert bool((model.user_side._kept(given, new=False)[~known] == 0).all())


def test_a_tag_counts_as_known_when_one_of_its_values_is() -> None:
    text = write(config("dropoutnet")).replace('feature_names: "item_id"', 'feature_names: "topics"')
    model = made(text)
    tags = Ragged(torch.tensor([1, 4, 0, 1]), torch.tensor([0, 2, 3, 4, 4]))
    given = replace(batch(4), lists={"topics": tags})
    assert model.item_side.preference is not None
    assert has_known(model.item_side.preference.group, BatchInputs(given)).tolist() == [
        True,
        False,
        False,
        False,
    ]
    assert KnownValues(BatchInputs(given)).several("topics").values.tolist() == [0, 4, 0, 0]  # type: ignore[union-attr]


def slow_mined(
    user: Tensor, item: Tensor, ids: list[int], shifts: list[int], m: float, g: float, t: float
) -> list[float]:
    found = []
    for row in range(len(user)):
        own = float(user[row] @ item[row]) - m
        total = math.exp(g * own)
        for shift in shifts:
            other = (row - shift) % len(user)
            if ids[other] == ids[row]:
                continue
            s = float(user[row] @ item[other])
            total += math.exp(g * (t * s + t - 1 if s > own else s))
        found.append(-math.log(math.exp(g * own) / total))
    return found


@pytest.mark.parametrize(("margin", "gamma", "t"), [(0.0, 1.0, 1.0), (0.3, 5.0, 1.2), (0.1, 20.0, 2.0)])
def test_the_mined_softmax_is_that_of_a_slow_twin(margin: float, gamma: float, t: float) -> None:
    torch.manual_seed(0)
    user, item = (F.normalize(torch.randn(9, 4), dim=1) for _ in range(2))
    ids, shifts = torch.tensor([2, 3, 2, 4, 5, 6, 3, 7, 8]), torch.tensor([1, 2, 6])
    loss = SoftmaxCrossEntropyWithNegativeMining(
        num_negative_samples=3, margin=margin, gamma=gamma, coefficient_of_support_vector=t
    )
    found = mined_softmax(loss, user, item, ids, shifts)
    assert found.tolist() == pytest.approx(
        slow_mined(user, item, ids.tolist(), shifts.tolist(), margin, gamma, t), rel=1e-5, abs=1e-6
    )


MINING = "losses { softmax_cross_entropy_with_negative_mining { num_negative_samples: 3 gamma: 5 } }"


def mining_alone() -> str:
    text = write(config("dropoutnet"))
    start = text.index("losses {")
    return text[:start] + MINING + text[text.index("}", text.index("}", start) + 1) + 1 :]


def test_a_batch_of_one_row_has_nothing_to_tell_from() -> None:
    model = made(mining_alone())
    assert model.in_batch_negative
    assert model.loss(batch(1), None).item() == 0.0
    assert model.loss(batch(8), None).item() > 0.0


def test_two_losses_are_summed() -> None:
    text = write(config("dropoutnet"))
    both = made(text.replace("losses {", f"{MINING} losses {{"))
    plain, mined = made(), made(mining_alone())
    given, negatives = batch(4), catalog(config("dropoutnet")).all()
    # Of four rows every other one is a negative, whatever the shifts.
    expected = plain.loss(given, negatives) + mined.loss(given, None)
    assert both.loss(given, negatives).item() == pytest.approx(expected.item(), rel=1e-5)


def test_rows_of_a_batch_may_be_all_new() -> None:
    model = made()
    rows = batch(5)
    model.case = NEW_USER
    assert torch.allclose(model.users(rows).norm(dim=2), torch.ones(5, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("user_dropout_rate: 0.5", "user_dropout_rate: 1", "user_dropout_rate .* is 1.0"),
        ("user_tower { hidden_units: [16, 8] }", "user_tower { hidden_units: [16, 4] }", "two widths"),
        ("user_tower { hidden_units: [16, 8] }", "user_tower { }", "no hidden_units"),
        ("user_content { hidden_units: 8 }", "", "no dropoutnet.user_content"),
        ("softmax_cross_entropy {}", "l2_loss {}", "learns by softmax_cross_entropy or"),
    ],
)
def test_what_no_model_can_be_built_from_is_refused(old: str, new: str, message: str) -> None:
    text = raw()
    assert old in text
    with pytest.raises(InvalidInput, match=message):
        match_model(parse(text.replace(old, new)))


def test_a_side_with_one_of_its_groups_is_a_model_and_with_none_is_not() -> None:
    text = raw()
    content = 'feature_groups { group_name: "item_content" feature_names: "topics" }'
    preference = 'feature_groups { group_name: "item_preference" feature_names: "item_id" }'
    assert content in text
    assert preference in text
    for gone in (content, preference):
        assert made(text.replace(gone, "")).items(batch()).shape == (7, 8)
    empty = text.replace(content, 'feature_groups { group_name: "item_content" }')
    assert made(empty).item_side.content is None
    with pytest.raises(InvalidInput, match="neither item_content nor item_preference"):
        made(empty.replace(preference, ""))


def test_a_tower_of_one_layer_is_linear() -> None:
    text = raw().replace("hidden_units: [16, 8]", "hidden_units: 8")
    model = made(text)
    assert isinstance(model.user_side.tower, torch.nn.Linear)
    assert model.users(batch()).shape == (7, 1, 8)


def raw() -> str:
    """The config as it is written by hand, a message a line."""
    return text_of("dropoutnet")


def test_the_batch_given_is_not_changed() -> None:
    model, given = made(), batch()
    before = Batch(**{**given.__dict__, "ids": given.ids.clone()})
    model.loss(given, None)
    assert torch.equal(given.ids, before.ids)
