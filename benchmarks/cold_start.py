"""What DropoutNet is worth for users and items that training never met: Recall@20 and NDCG@20.

    python benchmarks/cold_start.py [--movielens FOLDER] [--signal 1 0] [--splits 3] [--mining]

Of all users and of all items one in five is held out whole: nothing that a held-out user did, and nothing
that was done with a held-out item, is trained on. Then

    new users     rank the items of the training by what describes a held-out user, against global hot
    new items     rank the held-out items for the users of the training, against chance
    both          rank the held-out items for the held-out users, against chance

Every item is ranked, and every item that a user took counts. Global hot is the better of two: users per item,
and the recall's own score without the age of items. FOLDER holds `ml-100k.inter`, `.item` and `.user` with
typed headers; without it the demo's world is asked alone, 30 days of it, at each `--signal`.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.vector_catalog import read_catalog
from pairec_cli.components.vector_training import VectorResult, train_vectors
from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.ds import shift
from pairec_cli.domain.model_features import FIRST_KNOWN, OUT_OF_VOCABULARY, Form, ModelFeature
from pairec_cli.domain.solution import Solution
from pairec_cli.evaluation.metrics import Quality, evaluate
from pairec_cli.online.feature_values import bin_of
from pairec_cli.ranking.widths import buckets, width
from pairec_cli.recall.dropoutnet import DropoutNet, DropoutNetRecallConfig
from pairec_cli.recall.vector_features import NUMBER_BOUNDARIES, TAKERS, VectorFeatures

K = 20
HELD_OUT = 0.2
HISTORY = "history"
Column = list[str] | list[float] | list[list[str]]
"""Categories, numbers, or tags, one entry per user or item."""


@dataclass(frozen=True)
class Log:
    """Who took what, in order of time, of users and items numbered from 0, and how often items were shown."""

    name: str
    users: Mapping[str, Column]
    items: Mapping[str, Column]
    taken: np.ndarray
    """(n, 2): user, item."""
    shown: np.ndarray
    """(n, 2)."""

    @property
    def sizes(self) -> tuple[int, int]:
        return len(next(iter(self.users.values()))), len(next(iter(self.items.values())))


def movielens(folder: Path) -> Log:
    """Every rating is shown, those of 4 and 5 are taken."""

    def rows(part: str) -> list[list[str]]:
        with (folder / f"ml-100k.{part}").open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]

    users, items = rows("user"), rows("item")
    user_of, item_of = ({row[0]: place for place, row in enumerate(part)} for part in (users, items))
    events = sorted(rows("inter"), key=lambda row: float(row[3]))
    pairs = np.array([(user_of[row[0]], item_of[row[1]]) for row in events])
    liked = np.array([float(row[2]) >= 4 for row in events])
    return Log(
        "ml-100k",
        {"age": [float(r[1]) for r in users], "gender": [r[2] for r in users], "job": [r[3] for r in users]},
        {"year": [r[2] for r in items], "genres": [r[3].split() for r in items]},
        pairs[liked],
        pairs,
    )


def demo(signal: float, days: int = 30) -> Log:
    """The demo's world: clicks are taken."""
    epoch = "20260101"
    world, last = World(WorldConfig(epoch=epoch, signal=signal)), shift(epoch, days - 1)
    users, items = world.users(last).to_pydict(), world.items(last).to_pydict()
    log = pa.concat_tables([world.behavior(shift(epoch, day)) for day in range(days)]).to_pydict()
    pairs = np.column_stack([np.array(log[f"{side}_id"], np.int64) - 1 for side in ("user", "item")])
    event = np.array(log["event"])
    clicks = pairs[event == "click"]
    _, first = np.unique(clicks, axis=0, return_index=True)
    return Log(
        f"demo, signal {signal:g}",
        {name: list(map(str, users[name])) for name in ("gender", "city")}
        | {"age": list(map(float, users["age"])), "tags": [_tags(text) for text in users["tags"]]},
        {name: list(map(str, items[name])) for name in ("category", "author")}
        | {"tags": [_tags(text) for text in items["tags"]]}
        if "tags" in items
        else {name: list(map(str, items[name])) for name in ("category", "author")},
        clicks[np.sort(first)],
        pairs[event == "expr"],
    )


def _tags(text: str | None) -> list[str]:
    return [one for one in (text or "").split(",") if one]


@dataclass(frozen=True)
class Encoded:
    """Features and the columns of encoded rows of one side, of all users or items."""

    features: list[ModelFeature]
    columns: dict[str, np.ndarray]

    @classmethod
    def of(cls, side: str, columns: Mapping[str, Column], trained: np.ndarray, policy: str) -> Encoded:
        """`trained` tells for each user or item whether training knows its values."""
        found = cls([], {})
        for source, values in columns.items():
            name = f"{side}_{source}"
            if isinstance(values[0], float):
                found.columns[name] = np.array([bin_of(value, NUMBER_BOUNDARIES) for value in values])
                count, form = len(NUMBER_BOUNDARIES) + 2, Form.BINNED
                size = count
            else:
                lists = [one if isinstance(one, list) else [one] for one in values]
                seen = [
                    one for known, entries in zip(trained, lists, strict=True) if known for one in entries
                ]
                ids = {value: FIRST_KNOWN + place for place, value in enumerate(sorted(set(seen)))}
                encoded = [[ids.get(one, OUT_OF_VOCABULARY) for one in entries] or [0] for entries in lists]
                form = Form.TAG if isinstance(values[0], list) else Form.ID
                texts = [",".join(map(str, entries)) for entries in encoded]
                found.columns[name] = np.array(texts if form is Form.TAG else [e[0] for e in encoded])
                count, size = len(ids), buckets(len(ids))
            found.features.append(
                ModelFeature(
                    name,
                    form,
                    side,
                    (name,),
                    vocabulary=name if form is not Form.BINNED else "",
                    num_buckets=size,
                    embedding_dim=width(policy, count),
                )
            )
        return found


class ColdStart:
    """One split of a log, and a model trained on what is left of it."""

    def __init__(self, log: Log, config: DropoutNetRecallConfig, split: int) -> None:
        self.log, self.config = log, config
        random = np.random.default_rng(split)
        self.new_user, self.new_item = (random.random(size) < HELD_OUT for size in log.sizes)
        self.users = Encoded.of("user", log.users, ~self.new_user, config.embed_dim_policy)
        self.items = Encoded.of("item", log.items, ~self.new_item, config.embed_dim_policy)
        known = ~self.new_user[log.taken[:, 0]] & ~self.new_item[log.taken[:, 1]]
        self.taken = log.taken[known]
        met = np.unique(self.taken[:, 1])
        self.item_ids = np.full(log.sizes[1], OUT_OF_VOCABULARY)
        self.item_ids[met] = FIRST_KNOWN + np.arange(len(met))
        self.met = met
        counts = np.bincount(np.unique(self.taken, axis=0)[:, 1], minlength=log.sizes[1])
        self.takers = np.array([bin_of(float(count) or None, NUMBER_BOUNDARIES) for count in counts])
        self.inputs = self._inputs(len(met))

    def _inputs(self, count: int) -> VectorFeatures:
        item = ModelFeature("item_id", Form.ID, "item", ("item_id",), vocabulary="item_id",
                            num_buckets=count + 2, embedding_dim=self.config.id_embed_dim)  # fmt: skip
        name = f"{HISTORY}__item_id"
        history = ModelFeature(name, Form.ID, "user", (name,), vocabulary="item_id", sequence=HISTORY,
                               num_buckets=count + 2, embedding_dim=self.config.id_embed_dim,
                               sequence_length=self.config.sequence_length)  # fmt: skip
        bins = len(NUMBER_BOUNDARIES) + 2
        takers = ModelFeature(TAKERS, Form.BINNED, "item", (TAKERS,), num_buckets=bins,
                              embedding_dim=width(self.config.embed_dim_policy, bins))  # fmt: skip
        return VectorFeatures(tuple(self.users.features), (item, takers, *self.items.features), (history,))

    def rows(self, user: np.ndarray, item: np.ndarray, histories: list[str]) -> pa.Table:
        """Encoded rows; -1 stands for nobody and nothing."""
        columns = {name: values[user] for name, values in self.users.columns.items()}
        columns |= {name: values[item] for name, values in self.items.columns.items()}
        columns |= {
            TAKERS: self.takers[item],
            "item_id": self.item_ids[item],
            f"{HISTORY}__item_id": histories,
        }
        return pa.table(columns | {"sample_weight": np.ones(len(user))})

    def histories(self) -> tuple[list[str], list[str]]:
        """Before each row of `taken`, and of each user, latest first."""
        most, before = self.config.sequence_length, [[] for _ in range(self.log.sizes[0])]
        rows = []
        for user, item in self.taken:
            rows.append(";".join(map(str, before[user][:most])))
            before[user].insert(0, int(self.item_ids[item]))
        return rows, [";".join(map(str, items[:most])) for items in before]

    def train(self) -> VectorResult:
        method = DropoutNet()
        whole = method.pipeline(self.config, Solution(), self.inputs)
        names = [feature.name for feature in self.inputs.item]
        everything = self.rows(np.zeros(len(self.met), int), self.met, [""] * len(self.met))
        texts = [[str(one).replace(",", "\x1d") for one in everything[name].to_pylist()] for name in names]
        sampler = pa.table(
            {
                "id": everything["item_id"],
                "weight": np.ones(len(self.met)),
                "attrs": [":".join(one) for one in zip(*texts, strict=True)],
            }
        )
        catalog = read_catalog(sampler, whole, self.inputs.all)
        before, _ = self.histories()
        rows = self.rows(self.taken[:, 0], self.taken[:, 1], before)
        held_out = (self.taken[:, 0] % 16 == 0) & np.array([text != "" for text in before])
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for name, part in (("train", ~held_out), ("eval", held_out)):
                files.append(Path(folder) / f"{name}.parquet")
                pq.write_table(rows.filter(pa.array(part)), files[-1])
            return train_vectors(whole, self.inputs.all, files[:1], files[1:], catalog)

    @torch.no_grad()
    def vectors(self, result: VectorResult) -> tuple[np.ndarray, np.ndarray]:
        """Of all users and all items; the held-out ones by their content alone."""
        users, items = self.log.sizes
        _, histories = self.histories()
        found = []
        for table in (
            self.rows(np.arange(users), np.zeros(users, int), histories),
            self.rows(np.zeros(items, int), np.arange(items), [""] * items),
        ):
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "rows.parquet"
                pq.write_table(table, file)
                batches = TrainingData.open([file], RowForm(tuple(self.inputs.all))).batches(4096)
                side = result.model.items if found else lambda batch: result.model.users(batch)[:, 0]
                found.append(torch.cat([side(batch) for batch in batches]).numpy())
        return found[0], found[1]

    def quality(self, scores: np.ndarray, users: np.ndarray, items: np.ndarray) -> Quality:
        """Of `scores` (all users × all items) for some users among some items."""
        chosen = scores[np.ix_(np.flatnonzero(users), np.flatnonzero(items))].astype(np.float64)
        place = np.cumsum(items) - 1
        own = self.log.taken[users[self.log.taken[:, 0]] & items[self.log.taken[:, 1]]]
        relevant = [place[own[own[:, 0] == user, 1]] for user in np.flatnonzero(users)]
        ranked = np.argsort(-chosen, axis=1, kind="stable")[:, :K]
        return evaluate(ranked, relevant, k=K, n_items=int(items.sum()))

    def hot(self) -> list[np.ndarray]:
        """Per item: users who took it, and the same squared over exposures, of the training."""
        sizes = self.log.sizes
        shown = self.log.shown[~self.new_user[self.log.shown[:, 0]]]
        uv = np.bincount(np.unique(self.taken, axis=0)[:, 1], minlength=sizes[1]).astype(float)
        expr = np.bincount(shown[:, 1], minlength=sizes[1])
        return [np.broadcast_to(score, sizes) for score in (uv, uv * uv / (expr + 10))]

    def report(self) -> dict[str, dict[str, Quality]]:
        """Case → method → figures."""
        random = np.random.default_rng(7)
        users, items = self.vectors(self.train())
        model, chance = users @ items.T, random.random(self.log.sizes)
        met = np.zeros(self.log.sizes[1], bool)
        met[self.met] = True
        cases = {
            "new users": (self.new_user, met),
            "new items": (~self.new_user, self.new_item),
            "both": (self.new_user, self.new_item),
        }
        found: dict[str, dict[str, Quality]] = {}
        for case, (who, what) in cases.items():
            found[case] = {"DropoutNet": self.quality(model, who, what)}
            if case == "new users":
                both = [self.quality(hot, who, what) for hot in self.hot()]
                found[case]["global hot"] = max(both, key=lambda quality: quality.ndcg)
            found[case]["random"] = self.quality(chance, who, what)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--movielens", type=Path, metavar="FOLDER")
    parser.add_argument("--signal", type=float, nargs="*", default=[1.0, 0.0])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument(
        "--mining", action="store_true", help="EasyRec's loss in place of the sampled softmax"
    )
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=NUMBER", help="of the recall's form")
    arguments = parser.parse_args()
    changes: dict[str, object] = {
        one.partition("=")[0]: float(one.partition("=")[2]) for one in arguments.set
    }
    whole = {name for name, field in DropoutNetRecallConfig.model_fields.items() if field.annotation is int}
    changes = {name: int(value) if name in whole else value for name, value in changes.items()}
    if arguments.mining:
        changes["loss"] = "softmax_cross_entropy_with_negative_mining"
    config = DropoutNetRecallConfig(**changes)
    logs = [movielens(arguments.movielens)] if arguments.movielens else []
    logs += [demo(signal) for signal in arguments.signal]
    for log in logs:
        start = time.perf_counter()
        reports = [ColdStart(log, config, split).report() for split in range(arguments.splits)]
        print(f"\n{log.name}: mean of {arguments.splits} splits, {time.perf_counter() - start:.0f} s")
        for case in reports[0]:
            for method in reports[0][case]:
                all_of = [one[case][method] for one in reports]
                recall, ndcg = (np.array([getattr(q, name) for q in all_of]) for name in ("recall", "ndcg"))
                each = " ".join(f"{value:.4f}" for value in ndcg)
                print(
                    f"{case:10} {method:11} {recall.mean():.4f} / {ndcg.mean():.4f}   ndcg by split: {each}"
                )


if __name__ == "__main__":
    main()
