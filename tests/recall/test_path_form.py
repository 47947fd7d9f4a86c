"""The form of PDN, and which net reads what."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pairec_cli.domain.model_features import Form
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.path_form import PDNRecallConfig, features


def test_the_labels_days_lie_within_the_training_days() -> None:
    with pytest.raises(ValidationError, match="may not exceed training_days"):
        PDNRecallConfig(training_days=10, behavior_window_days=8, label_days=3)
    with pytest.raises(ValidationError, match="must be below"):
        PDNRecallConfig(training_days=3, behavior_window_days=1, label_days=3)


def test_each_net_reads_what_serving_knows_of_it() -> None:
    """S of a trigger and an item knows no user, T of a user and a trigger no item."""
    found = features(PDNRecallConfig(), Solution(name="s"), {})
    assert {f.name for f in found.of_trigger_net}.isdisjoint(f.name for f in (*found.item, *found.i2i))
    assert {f.name for f in found.of_similarity_net}.isdisjoint(f.name for f in (*found.user, *found.u2i))


def test_triggers_share_the_embeddings_of_items() -> None:
    found = features(PDNRecallConfig(trigger_count=7), Solution(name="s"), {"item_id": 10})
    sizes = {(f.vocabulary, f.num_buckets, f.embedding_dim) for f in (found.item[0], found.trigger[0])}
    assert sizes == {("item_id", 32, 16)}
    assert {f.sequence_length for f in found.sequence} == {7}
    assert [f.name.rpartition("__")[2] for f in found.sequence if f.form is Form.RAW] == [
        "weight", "age", "similarity", "share",
    ]  # fmt: skip
