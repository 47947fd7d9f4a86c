"""A model with random weights over random items, in service, and views of random users.

    python benchmarks/random_model.py FOLDER [--model dbmtl --items 50000 --users 200]

Writes FOLDER/models and FOLDER/featuredb.db. The model is that of the tutorial's solution: its own list of
features, a sequence of 50 clicks for every user, vocabularies half as large as their tables.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.onnx_export import export
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.model_features import Form, ModelFeature, vocabularies
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.online.in_service import InService
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.snapshot_writing import write_snapshot
from pairec_cli.ranking.feature_list import model_features
from pairec_cli.ranking.pipeline import pipeline_config

NAME, DS = "home_rank", "20260101"
VIEWS = ("users", "sequences")
KEYS = 40
"""Values that a statistic per value knows, 30 of them in one text: those of several periods overlap."""


class World:
    """Raw values at random for every column that a feature reads."""

    def __init__(self, features: Sequence[ModelFeature], items: int, seed: int = 7) -> None:
        self.draw, self.features, self.items = random.Random(seed), features, items
        self.sizes = {f.vocabulary: max(2, (f.num_buckets - 2) // 2) for f in features if f.vocabulary}
        self.lists: dict[str, list[str]] = {}
        """Per column some texts of several values, drawn once."""
        self.readers = {source: (f, place) for f in features for place, source in enumerate(f.sources)}

    def value(self, source: str) -> object:
        feature, place = self.readers[source]
        pairs = feature.form is Form.LOOKUP and place == 0
        if pairs or feature.sequence or feature.form is Form.TAG:
            if source not in self.lists:
                self.lists[source] = [self._list(feature) for _ in range(200)]
            return self.draw.choice(self.lists[source])
        if feature.form is Form.LOOKUP:
            return str(self.draw.randrange(KEYS))
        return self._text(feature) if feature.vocabulary else self.draw.randrange(100)

    def _list(self, feature: ModelFeature) -> str:
        if feature.sequence:
            entry = self._entry(feature)
            return ";".join(entry() for _ in range(feature.sequence_length))
        if feature.form is Form.TAG:
            return feature.separator.join(self._text(feature) for _ in range(3))
        return ",".join(f"{key}:{self.draw.randrange(9)}" for key in self.draw.sample(range(KEYS), 30))

    def _entry(self, feature: ModelFeature) -> Callable[[], str]:
        if feature.vocabulary:
            return lambda: self._text(feature)
        return lambda: str(1_767_500_000 - self.draw.randrange(10**6))

    def _text(self, feature: ModelFeature) -> str:
        return str(self.draw.randrange(self.sizes[feature.vocabulary]))

    def sources(self, side: str) -> list[str]:
        pairs = (pair for f in self.features for pair in zip(f.sources, f.sides, strict=True))
        return list(dict.fromkeys(source for source, of in pairs if of == side))

    def row(self, columns: Sequence[str]) -> list[object]:
        return [self.value(name) for name in columns]


def encoded(features: Sequence[ModelFeature]) -> Batch:
    """Two rows as a trainer would read them, all ids missing."""
    none, zero = torch.zeros(2, dtype=torch.int64), torch.zeros(2)
    single = [f for f in features if not f.sequence and f.form is not Form.TAG]
    width = max((f.sequence_length for f in features), default=0)
    return Batch.of(
        {f.name: none for f in single if not f.is_dense},
        {f.name: zero for f in single if f.is_dense},
        lists={f.name: Ragged(none, torch.arange(3)) for f in features if f.form is Form.TAG},
        sequences={f.name: torch.zeros((2, width), dtype=torch.int64) for f in features if f.sequence},
        lengths={f.sequence: none + 1 for f in features if f.sequence},
    )


def train_nothing(models: Path, solution: Solution, world: World) -> None:
    """The model with random weights, in service over random items."""
    features, config = world.features, pipeline_config(solution, world.features)
    torch.manual_seed(0)
    folder = models / NAME
    (folder / DS).mkdir(parents=True)
    values = {name: [str(n) for n in range(world.sizes[name])] for name in vocabularies(features)}
    made = ranking_model(config)
    sample = encoded(features)
    export(made, config, features, values, folder / DS, model_name=NAME, ds=DS, sample=sample)
    service = InService(DS, DS, "Asia/Shanghai", "user_id", "item_id")
    ids = [str(item) for item in range(world.items)]
    columns = {name: [world.value(name) for _ in ids] for name in world.sources("item")} | {"item_id": ids}
    description = ModelDescription.read(folder / DS)
    write_snapshot(description, ids, columns.__getitem__, service.snapshot(folder))
    service.write(folder)


def publish(db: FeatureDB, world: World, users: int) -> None:
    """The users' features and sequences."""
    sequences = [f.sources[0] for f in world.features if f.sequence]
    plain = [name for name in world.sources("user") if name not in sequences and name != "user_id"]
    for view, columns in zip(VIEWS, (plain, sequences), strict=True):
        rows = ((str(user), *world.row(columns)) for user in range(users))
        db.publish(view, "user_id", columns, rows, ds=DS, fingerprint="bench")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="dbmtl")
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--users", type=int, default=200)
    given = parser.parse_args()
    solution = Solution(ranking=Ranking(model=given.model))
    world = World(model_features(solution, {"item_id": given.items}), given.items)
    train_nothing(given.folder / "models", solution, world)
    with FeatureDB(given.folder / "featuredb.db") as db:
        publish(db, world, given.users)


if __name__ == "__main__":
    main()
