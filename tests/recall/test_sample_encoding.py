"""Samples to ids: vocabulary, encoded rows, what is kept as it is."""

from __future__ import annotations

from dataclasses import replace

from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column
from pairec_cli.features.script import Field
from pairec_cli.recall.sample_encoding import Samples, id_feature, raw_id, rows_node, vocabulary_node
from tests.recall.conftest import MakeWorld

DS = "20260131"
FIELDS = (
    Field("part", "STRING", ""),
    Field("place", "STRING", ""),
    Field("item_id", "STRING", ""),
    Field("is_click", "DOUBLE", ""),
    Field("sample_weight", "DOUBLE", ""),
)
SAMPLES = Samples("r", "samples", "words", FIELDS, ("place", "item_id"), "is_click")
ITEM = replace(id_feature("item_id", "item"), num_buckets=16, embedding_dim=4)


def test_values_of_the_training_rows_have_ids_and_others_share_one(make_world: MakeWorld) -> None:
    solution = Solution(name="s")
    world = make_world(solution)
    rows = [("train", "a"), ("train", "a"), ("train", "b"), ("eval", "c"), ("eval", "b"), ("eval", None)]
    world.put(
        "samples",
        DS,
        [
            {"part": part, "place": str(at), "item_id": item, "is_click": 1.0, "sample_weight": 1.0}
            for at, (part, item) in enumerate(rows)
        ],
        [Column(field.name, field.type) for field in FIELDS],
    )
    world.run(vocabulary_node(solution, SAMPLES, [ITEM], "ds = '${bizdate}' AND part = 'train'", 1), DS)
    kept = [Field("place", "STRING", "training.place"), raw_id("item_id", "Item ID")]
    for name, with_label in (("labelled", True), ("plain", False)):
        node = rows_node(
            solution, SAMPLES, name, [ITEM], "ds = '${bizdate}' AND part = 'eval'", "rows", kept,
            with_label=with_label,
        )  # fmt: skip
        world.run(node, DS)
    found = {row["place"]: row for row in world.rows("labelled", DS)}
    assert {place: row["item_id"] for place, row in found.items()} == {"3": 1, "4": 3, "5": 0}
    assert (found["3"]["__item_id__"], found["3"]["is_click"], found["3"]["sample_weight"]) == ("c", 1, 1.0)
    assert "is_click" not in world.rows("plain", DS)[0]
