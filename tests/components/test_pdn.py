"""PDN against its equations, path by path."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from pairec_cli.components.batch import Batch
from pairec_cli.components.pdn import LEAST, log_expm1
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import InvalidInput
from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import BCE, CROSS, ITEM, SEQUENCE, USER, config, group, rows
from tests.components.ranking_twin import Twin, linear

ITEM_OF, TIME, SHARE = SEQUENCE
SEQUENCES = (
    group("u2i_seq", (TIME, SHARE), "group_type: SEQUENCE")
    + group("i_seq", (ITEM_OF,), "group_type: SEQUENCE")
    + group("i2i_seq", (SHARE,), "group_type: SEQUENCE")
)
GROUPS = group("user", USER) + group("item", ITEM) + SEQUENCES + group("bias", CROSS)
NETS = """user_dnn { hidden_units: 6 } item_dnn { hidden_units: 5 } u2i_dnn { hidden_units: [7, 6] }
  trigger_dnn { hidden_units: [4, 1] } i2i_dnn { hidden_units: 5 } sim_dnn { hidden_units: [6, 1] }"""
WIDE = """user_dnn { hidden_units: 8 } item_dnn { hidden_units: 24 } u2i_dnn { hidden_units: 8 }
  trigger_dnn { hidden_units: 1 } i2i_dnn { hidden_units: 24 } sim_dnn { hidden_units: [24, 1] }"""
DIRECT = """direct_user_dnn { hidden_units: [8, 8] } direct_item_dnn { hidden_units: [8, 8] }
  simi_func: INNER_PRODUCT bias_dnn { hidden_units: [4, 1] }"""


def ended(twin: Twin, prefix: str, x: NDArray[Any]) -> NDArray[Any]:
    """Layers with ReLU, then a linear one."""
    weights, layer = twin.weights, 0
    while f"{prefix}.inner.layers.{layer}.linear.weight" in weights:
        x = np.maximum(0, linear(weights, f"{prefix}.inner.layers.{layer}.linear", x))
        layer += 1
    return linear(weights, f"{prefix}.out", x)


def paths(twin: Twin, row: int) -> tuple[list[float], list[float]]:
    """T and S of each trigger of a row."""
    user = twin.mlp("user_dnn", twin.columns(USER))[row]
    target = twin.mlp("item_dnn", twin.columns(ITEM))[row]
    trigger, similar = [], []
    entries = [twin.entries(row, names) for names in ((TIME, SHARE), (ITEM_OF,), (SHARE,))]
    for how, what, alike in zip(*entries, strict=True):
        hidden = twin.mlp("u2i_dnn", np.concatenate([how, what])) + user
        trigger.append(math.exp(ended(twin, "trigger_dnn", hidden)[0]))
        source = twin.mlp("i2i_dnn", what)
        joined = np.concatenate([source * target, source, alike, target])
        similar.append(math.exp(ended(twin, "sim_dnn", joined)[0]))
    return trigger, similar


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


class TestPDN(RankingModelContract):
    text, groups = f"{BCE} pdn {{ {NETS} {DIRECT} }}", GROUPS

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        user = ended(twin, "direct.0", twin.columns(USER))
        item = ended(twin, "direct.1", twin.columns(ITEM))
        scale = twin.weights["scale"]
        bias = ended(twin, "bias", twin.columns(CROSS))
        found = []
        for row in range(len(twin.batch)):
            total = sum(t * s for t, s in zip(*paths(twin, row), strict=True))
            total += softplus(abs(scale[0]) * float(user[row] @ item[row]) - scale[1])
            total += softplus(float(bias[row, 0]))
            found.append(math.log(math.expm1(total)))
        return {"is_click": np.array(found)}

    def test_it_learns_what_no_feature_tells_alone(self) -> None:
        """The label is whether a trigger has the item's parity: only paths tell it."""
        torch.manual_seed(1)
        model = ranking_model(config(f"{BCE} pdn {{ {WIDE} }}", GROUPS))
        tables = list(model.embeddings.parameters())
        others = [p for n, p in model.named_parameters() if not n.startswith("groups.tables.")]
        optimizers = [torch.optim.SparseAdam(tables, lr=0.1), torch.optim.Adam(others, lr=0.02)]
        for step in range(150):
            batch = rows(256, 100 + step)
            loss = F.binary_cross_entropy_with_logits(model(batch)["is_click"], alike(batch))
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
        batch = rows(1000, 99)
        found, label = model.eval()(batch)["is_click"], alike(batch)
        right = float(((found > 0) == (label > 0)).float().mean())
        assert right > max(float(label.mean()), 1 - float(label.mean())) + 0.1, right


def alike(batch: Batch) -> torch.Tensor:
    triggers, item = batch.sequences[ITEM_OF], batch.id("item_id").unsqueeze(1)
    present = torch.arange(triggers.shape[1]) < batch.lengths["click_5_seq"].unsqueeze(1)
    same = (triggers % 2 == item % 2) & present
    return same.any(1).float()


def test_the_probability_is_one_minus_e_to_the_paths() -> None:
    torch.manual_seed(0)
    model, batch = ranking_model(config(f"{BCE} pdn {{ {NETS} }}", GROUPS)).eval(), rows(9, 1)
    twin = Twin(model, batch)
    with torch.no_grad():
        found = model.predict(batch)["probs"].tolist()
        trigger, present = model.triggers(batch)
        similar, _ = model.similarities(batch)
    for row, p in enumerate(found):
        of_trigger, of_target = paths(twin, row)
        total = max(LEAST, sum(t * s for t, s in zip(of_trigger, of_target, strict=True)))
        assert p == pytest.approx(1 - math.exp(-total), abs=1e-6)
        assert trigger[row][present[row]].tolist() == pytest.approx(of_trigger, rel=1e-4)
        assert similar[row][present[row]].tolist() == pytest.approx(of_target, rel=1e-4)
    assert min(found) < 1e-5, "a row without triggers has no path"


@pytest.mark.parametrize(
    ("nets", "told"),
    [
        (NETS.replace("trigger_dnn { hidden_units: [4, 1] }", "trigger_dnn { hidden_units: 4 }"), "one unit"),
        (NETS.replace("user_dnn { hidden_units: 6 }", "user_dnn { hidden_units: 3 }"), "do not fit"),
        (NETS + " direct_user_dnn { hidden_units: 2 }", "none of them"),
        (NETS + " simi_func: EUCLID", "COSINE or INNER_PRODUCT"),
    ],
)
def test_nets_that_do_not_fit_are_refused(nets: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        ranking_model(config(f"{BCE} pdn {{ {nets} }}", GROUPS))


def test_the_logit_is_right_for_small_and_large_paths() -> None:
    x = torch.tensor([1e-6, 1e-3, 0.00999, 0.01001, 0.5, 5.0, 40.0])
    expected = [math.log(math.expm1(float(one))) for one in x.double()]
    assert log_expm1(x).tolist() == pytest.approx(expected, rel=1e-5, abs=1e-5)
