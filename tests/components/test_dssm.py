"""DSSM against its formula."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from pairec_cli.components.match_models import match_model
from tests.components.test_match_model import batch
from tests.components.towers import config


def test_a_users_vector_is_the_tower_over_attributes_and_mean_history() -> None:
    torch.manual_seed(0)
    model, given = match_model(config()).eval(), batch()
    tables = model.embeddings
    found = model.users(given)
    assert found.shape == (7, 1, 8)
    for row in range(7):
        length = int(given.lengths["h"][row])
        history = tables.table("item_id_emb")[given.sequences["h__item_id"][row, :length]]
        mean = history.mean(0) if length else torch.zeros(8)
        x = torch.cat([tables.table("gender_emb")[given.id("gender")[row]], mean])
        first, out = model.user_tower.mlp.layers[0].linear, model.user_tower.out
        hidden = F.relu(first.weight @ x + first.bias)
        expected = F.normalize(out.weight @ hidden + out.bias, dim=0)
        assert torch.allclose(found[row, 0], expected, atol=1e-5)


def test_an_items_vector_reads_nothing_of_the_user() -> None:
    model, given = match_model(config()).eval(), batch()
    other = given.__class__(**{**given.__dict__, "sequences": {}, "lengths": {}})
    assert torch.equal(model.items(given), model.items(other))
