"""Which features are blanked, how often, and that nothing else changes."""

from __future__ import annotations

import pytest
import torch

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.sample_masks import SampleMasks, masked
from pairec_cli.domain.pipeline_config import parse, write
from tests.components.towers import config


def batch(rows: int) -> Batch:
    """Two ids a row, and tags [2, 3] in each row, none in the last."""
    offsets = torch.arange(rows + 1) * 2
    offsets[-1] = offsets[-2]
    return Batch.of(
        {"gender": torch.full((rows,), 5), "item_id": torch.full((rows,), 7)},
        lists={"topics": Ragged(torch.tensor([2, 3] * (rows - 1)), offsets)},
    )


def test_the_config_names_features_and_rates() -> None:
    assert SampleMasks.of(config()) == SampleMasks(frozenset(), 0.0, 0.0)
    text = write(config()).replace("shuffle: true", "shuffle: true sample_mask_prob: 0.25")
    text = text.replace('feature_name: "gender"', 'feature_name: "gender" use_mask: true')
    assert SampleMasks.of(parse(text)) == SampleMasks(frozenset({"gender"}), 0.25, 0.0)


@pytest.mark.parametrize(("names", "rate"), [((), 0.5), (("gender",), 0.0)])
def test_without_names_or_rate_the_batch_is_the_same(names: tuple[str, ...], rate: float) -> None:
    given = batch(4)
    assert masked(given, names, rate) is given


def test_about_the_share_of_rows_is_blanked_each_feature_alone() -> None:
    torch.manual_seed(0)
    given = batch(2000)
    found = masked(given, {"gender", "topics"}, 0.3)
    gender, tags = found.id("gender") == 0, found.lists["topics"]
    assert 0.27 < gender.float().mean().item() < 0.33
    assert bool((found.id("gender")[~gender] == 5).all())
    assert torch.equal(found.id("item_id"), given.id("item_id"))
    assert torch.equal(given.id("gender"), torch.full((2000,), 5)), "the batch given is left as it was"
    sizes = tags.offsets.diff()
    rows = [tags.values[tags.offsets[row] : tags.offsets[row + 1]].tolist() for row in range(1999)]
    assert {tuple(row) for row in rows} == {(0,), (2, 3)}
    blank = torch.tensor([row == [0] for row in rows])
    assert 0.27 < blank.float().mean().item() < 0.33
    assert not torch.equal(blank, gender[:-1])
    assert sizes[-1] == 0
