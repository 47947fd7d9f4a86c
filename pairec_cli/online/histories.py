"""What the items of a catalog are as entries of a user's history: ids of the sequence's fields, item by item.

A history that goes online with the day knows the attributes of its items; what a user took a moment ago is
only an item id. Files beside the item snapshot that holds the items' rows:

    history.npy     int32 (items + 1, fields) in the order of the fields; the last row is of an unknown item
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import MISSING, OUT_OF_VOCABULARY, ModelFeature
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.text_index import mapped

FILE = "history.npy"


def write_entries(
    folder: Path, fields: Sequence[ModelFeature], columns: Sequence[NDArray[Any]], item_id: str
) -> None:
    """`columns` are the fields' ids of each item, in the order of the snapshot in `folder`; of an unknown
    item the field of vocabulary `item_id` is out of vocabulary, the others are missing."""
    unknown = [OUT_OF_VOCABULARY if field.vocabulary == item_id else MISSING for field in fields]
    rows = np.stack([np.append(column, last) for column, last in zip(columns, unknown, strict=True)], 1)
    np.save(folder / FILE, rows.astype(np.int32))


class HistoryEntries:
    """The file, opened. Raises DataError for one that does not fit the snapshot and the fields."""

    def __init__(self, folder: Path, items: ItemSnapshot, fields: Sequence[ModelFeature]) -> None:
        self.items = items
        try:
            self.rows = mapped(folder / FILE)
        except (OSError, ValueError) as error:
            raise DataError(f"{folder / FILE} cannot be read: {error}") from error
        if self.rows.shape != (items.count + 1, len(fields)):
            raise DataError(f"{folder / FILE} is {self.rows.shape}, not {(items.count + 1, len(fields))}")

    def of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """(ids, fields)."""
        found: NDArray[np.int64] = self.rows[self.items.places(ids)].astype(np.int64)
        return found
