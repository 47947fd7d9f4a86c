"""How feature groups read encoded rows."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Protocol

import torch
from torch import Tensor

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.embedding_tables import Padded
from pairec_cli.domain.errors import DataError

Block = tuple[Tensor, list[int]]
"""Values (R, K), and which of the names asked for their columns are."""


class Inputs(Protocol):
    """Encoded rows: of a batch, or of a request, whose user has one row and whose items have N."""

    rows: int | None
    """N where some blocks have a single row, None where all have all rows."""

    def is_single(self, name: str) -> bool:
        """Whether each row has one id of this feature."""
        ...

    def ids(self, names: Sequence[str]) -> list[Block]:
        """Ids of features of one id a row, int64."""
        ...

    def numbers(self, names: Sequence[str]) -> list[Block]:
        """float32."""
        ...

    def several(self, name: str) -> Ragged | Padded:
        """Ids of a feature of several a row."""
        ...

    def entries(self, name: str, sequence: str) -> Padded:
        """A sequence's field: ids, or numbers."""
        ...

    def pooled_entries(self, name: str, sequence: str) -> Ragged | Padded:
        """A sequence's field of ids, for readers that do not care for the order."""
        ...


class BatchInputs:
    """The rows of a batch: all blocks have all rows."""

    rows: int | None = None

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.masks: dict[tuple[str, int], Tensor] = {}

    def is_single(self, name: str) -> bool:
        return name in self.batch.id_names

    def ids(self, names: Sequence[str]) -> list[Block]:
        return [(self.batch.id_block(names), list(range(len(names))))]

    def numbers(self, names: Sequence[str]) -> list[Block]:
        for name in names:
            expect(name, self.batch.dense_names)
        return [(self.batch.dense_block(names), list(range(len(names))))]

    def several(self, name: str) -> Ragged:
        expect(name, self.batch.lists)
        return self.batch.lists[name]

    def entries(self, name: str, sequence: str) -> Padded:
        expect(name, self.batch.sequences)
        values = self.batch.sequences[name]
        key = (sequence, values.shape[1])
        if key not in self.masks:
            lengths = self.batch.lengths[sequence]
            self.masks[key] = torch.arange(values.shape[1], device=values.device) < lengths.unsqueeze(1)
        return Padded(values, self.masks[key])

    def pooled_entries(self, name: str, sequence: str) -> Ragged:
        """Without the padding, which is most of a batch of short histories."""
        padded = self.entries(name, sequence)
        lengths = padded.present.sum(1)
        return Ragged(
            padded.ids.masked_select(padded.present), torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        )


def expect(name: str, names: Container[str]) -> None:
    """Raises DataError when the rows have no such feature."""
    if name not in names:
        raise DataError(
            f"pipeline.config reads the feature {name!r}, which the encoded rows lack in that form",
            hint="pairec script generate writes pipeline.config and features.json to match",
        )
