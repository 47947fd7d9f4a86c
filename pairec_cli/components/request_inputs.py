"""One request as a model reads it: a row of the user, N rows of items.

    user_ids, user_dense        (1, K)      features of the user and of the request itself
    item_ids, item_dense        (N, K)
    cross_ids, cross_dense      (N, K)      features of several sides
    tag:<feature>               (N|1, W)    ids of several a row, padded with -1
    sequence:<feature>          (1, T)      padded with 0
    length:<sequence>           (1,)

Ids are int64, numbers float32. Inputs that would have no columns are absent; a user tower has those of the
user alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from pairec_cli.components.batch import Batch, Ragged, block
from pairec_cli.components.embedding_tables import Padded
from pairec_cli.components.group_inputs import BatchInputs, Block
from pairec_cli.domain.model_features import Form, ModelFeature

MATRICES = ("user", "item", "cross")
TAG, SEQUENCE, LENGTH = "tag:", "sequence:", "length:"
NO_TAG = -1


def is_of_user(feature: ModelFeature) -> bool:
    """Whether all items of a request share it."""
    return bool(feature.sequence) or feature.side in ("user", "context")


@dataclass(frozen=True)
class RequestForm:
    """Input name → its features, in the order of its columns."""

    inputs: Mapping[str, tuple[str, ...]]
    of_user: frozenset[str]
    """Names of the inputs that have one row."""

    @classmethod
    def of(cls, features: Sequence[ModelFeature]) -> RequestForm:
        found: dict[str, list[str]] = {}
        for side in MATRICES:
            for kind in ("ids", "dense"):
                found[f"{side}_{kind}"] = [f.name for f in features if _matrix(f) == f"{side}_{kind}"]
        of_user = {"user_ids", "user_dense"}
        for feature in features:
            if feature.sequence:
                found[SEQUENCE + feature.name] = [feature.name]
                found[LENGTH + feature.sequence] = [feature.sequence]
                of_user |= {SEQUENCE + feature.name, LENGTH + feature.sequence}
            elif feature.form is Form.TAG:
                found[TAG + feature.name] = [feature.name]
                of_user |= {TAG + feature.name} if is_of_user(feature) else set()
        inputs = {name: tuple(names) for name, names in found.items() if names}
        return cls(inputs, frozenset(of_user & inputs.keys()))

    @property
    def of_items(self) -> list[str]:
        """Names of the inputs that have a row per item."""
        return [name for name in self.inputs if name not in self.of_user]

    def arrays(self, batch: Batch, user: int, items: slice) -> dict[str, Tensor]:
        """The user of row `user` and the items of rows `items` as one request."""
        return {
            name: self._array(batch, name, slice(user, user + 1) if name in self.of_user else items)
            for name in self.inputs
        }

    def _array(self, batch: Batch, name: str, rows: slice) -> Tensor:
        kind, _, of = name.rpartition(":")
        if f"{kind}:" == TAG:
            lists = batch.lists[of]
            offsets = lists.offsets[rows.start : rows.stop + 1]
            values = lists.values[offsets[0] : offsets[-1]]
            return pad_sequence(values.split(offsets.diff().tolist()), batch_first=True, padding_value=NO_TAG)
        if kind:
            return (batch.sequences if f"{kind}:" == SEQUENCE else batch.lengths)[of][rows]
        read: Callable[[Sequence[str]], Tensor]
        read = batch.id_block if name.endswith("_ids") else batch.dense_block
        return read(self.inputs[name])[rows].contiguous()


def _matrix(feature: ModelFeature) -> str:
    """The matrix that a feature is a column of, or empty."""
    if feature.sequence or feature.form is Form.TAG:
        return ""
    side = "user" if is_of_user(feature) else feature.side
    return f"{side}_{'dense' if feature.is_dense else 'ids'}"


class RequestInputs:
    """The arrays of a request, read by feature groups."""

    def __init__(self, form: RequestForm, arrays: Mapping[str, Tensor]) -> None:
        self.form, self.arrays = form, arrays
        of_items = form.of_items
        self.rows: int | None = arrays[of_items[0]].shape[0] if of_items else None

    def is_single(self, name: str) -> bool:
        return TAG + name not in self.form.inputs

    def ids(self, names: Sequence[str]) -> list[Block]:
        return list(self._blocks(names, "ids"))

    def numbers(self, names: Sequence[str]) -> list[Block]:
        return list(self._blocks(names, "dense"))

    def _blocks(self, names: Sequence[str], kind: str) -> Iterator[Block]:
        for side in MATRICES:
            columns = self.form.inputs.get(f"{side}_{kind}", ())
            chosen = [place for place, name in enumerate(names) if name in columns]
            if chosen:
                places = [columns.index(names[place]) for place in chosen]
                yield block(self.arrays[f"{side}_{kind}"], places), chosen

    def several(self, name: str) -> Padded:
        ids = self.arrays[TAG + name]
        return Padded(ids, ids != NO_TAG)

    def entries(self, name: str, sequence: str) -> Padded:
        values = self.arrays[SEQUENCE + name]
        steps = torch.ones_like(values, dtype=torch.int64).cumsum(1)
        return Padded(values, steps <= self.arrays[LENGTH + sequence].unsqueeze(1))

    def pooled_entries(self, name: str, sequence: str) -> Padded:
        return self.entries(name, sequence)


class Recorded(BatchInputs):
    """A batch that notes which features are read."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self.seen: set[str] = set()

    def ids(self, names: Sequence[str]) -> list[Block]:
        self.seen |= set(names)
        return super().ids(names)

    def numbers(self, names: Sequence[str]) -> list[Block]:
        self.seen |= set(names)
        return super().numbers(names)

    def several(self, name: str) -> Ragged:
        self.seen.add(name)
        return super().several(name)

    def entries(self, name: str, sequence: str) -> Padded:
        self.seen.add(name)
        return super().entries(name, sequence)
