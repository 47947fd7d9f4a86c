"""Encoded Parquet files as batches: in memory where they fit, else a window of row groups at a time.

Row groups come in an order drawn for each epoch; as many as a window holds are decoded together, and their
rows are drawn without replacement. Rows that fit in memory are one window, decoded once. A window of n rows
gives ceil(n / batch size) batches whose sizes differ by one at most, so none is a small remainder. The order
depends on seed and epoch alone: an interrupted epoch goes on without reading again what it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.components.batch import Batch
from pairec_cli.components.encoded_rows import RowForm, Rows, decode, finite
from pairec_cli.components.list_columns import BadNumbers
from pairec_cli.domain.errors import DataError

MEMORY = 1 << 30
"""Bytes of decoded rows that are kept."""
WINDOW_BYTES = MEMORY // 4
DECODED_AT_ONCE = 1 << 17
"""Rows: row groups of other writers may be as large as their files."""


@dataclass(frozen=True)
class RowGroup:
    """One row group of one file; its first row is number `first` of all files."""

    path: Path
    number: int
    rows: int
    first: int


@dataclass
class TrainingData:
    """The rows of some files, in the files' order."""

    form: RowForm
    groups: tuple[RowGroup, ...]
    users: npt.NDArray[np.int64] | None = None
    """Per row the number of its user."""
    memory: int = MEMORY
    _kept: Rows | None = field(default=None, repr=False)
    _too_large: bool = False

    @classmethod
    def open(
        cls,
        files: Sequence[Path],
        form: RowForm,
        *,
        user: str | None = None,
        memory: int = MEMORY,
        what: str = "rows",
    ) -> TrainingData:
        """Raises DataError for no rows, files that are missing or no Parquet, and missing columns."""
        groups: list[RowGroup] = []
        total = 0
        for path in files:
            for number, rows in enumerate(_row_groups(path, form, user)):
                groups.append(RowGroup(path, number, rows, total))
                total += rows
        if not total:
            raise DataError(f"there are no {what}", hint="run the nodes that encode the training set")
        users = None if user is None else _numbered(files, user)
        return cls(form, tuple(groups), users, memory)

    @property
    def rows(self) -> int:
        return sum(group.rows for group in self.groups)

    def column(self, name: str) -> npt.NDArray[np.float32]:
        """One column of numbers, whole. Raises DataError for NULL, NaN and infinity, with their number."""
        parts, bad = [], 0
        for path in dict.fromkeys(group.path for group in self.groups):
            for chunk in pq.read_table(path, columns=[name], partitioning=None).column(0).chunks:
                try:
                    parts.append(finite(chunk, name))
                except BadNumbers as error:
                    bad += error.count
        if bad:
            raise BadNumbers(name, bad)
        return np.concatenate(parts)

    def whole(self) -> Rows:
        """All rows, whatever they take. Raises DataError as `decode` does."""
        return self._kept if self._kept is not None else self._decoded(self.groups)

    def batches(
        self, batch_size: int, *, seed: int | None = None, epoch: int = 0, skip: int = 0
    ) -> Iterator[Batch]:
        """One epoch without its first `skip` batches; without a seed in the files' order.

        Raises DataError as `decode` does.
        """
        random = None if seed is None else np.random.default_rng([seed, epoch])
        if (rows := self._resident()) is not None:
            yield from _drawn(rows, self.users, batch_size, random, skip)
            return
        order = np.arange(len(self.groups)) if random is None else random.permutation(len(self.groups))
        for number, (window, rows_in_window) in enumerate(self._windows(order)):
            steps = -(-rows_in_window // batch_size)
            if skip >= steps:
                skip -= steps
                continue
            inner = None if seed is None else np.random.default_rng([seed, epoch, number])
            yield from _drawn(self._decoded(window), self._users_of(window), batch_size, inner, skip)
            skip = 0

    def _resident(self) -> Rows | None:
        """All rows, where they fit; each decoded piece tells how large all of them are."""
        if self._kept is None and not self._too_large:
            parts, known, size = [], 0, 0
            for part in self._pieces(self.groups):
                parts.append(part)
                known, size = known + len(part), size + part.nbytes
                if size * (self.rows / known) > self.memory:
                    self._too_large = True
                    return None
            self._kept = Rows.joined(parts)
        return self._kept

    def _windows(self, order: npt.NDArray[np.int64]) -> Iterator[tuple[list[RowGroup], int]]:
        """Row groups that are decoded together, in this order, and their rows."""
        limit = WINDOW_BYTES // self._bytes_of_a_row()
        window: list[RowGroup] = []
        for number in order:
            group = self.groups[number]
            if window and sum(one.rows for one in window) + group.rows > limit:
                yield window, sum(one.rows for one in window)
                window = []
            window.append(group)
        yield window, sum(one.rows for one in window)

    def _bytes_of_a_row(self) -> int:
        """At most, apart from tags, where no two rows share a list."""
        lists = sum(
            feature.sequence_length or 8 for feature in self.form.features if feature.name in self.form.lists
        )
        return 4 * (len(self.form.ids) + len(self.form.numbers) + lists) + 8

    def _decoded(self, groups: Sequence[RowGroup]) -> Rows:
        return Rows.joined(list(self._pieces(groups)))

    def _pieces(self, groups: Sequence[RowGroup]) -> Iterator[Rows]:
        for group in groups:
            with pq.ParquetFile(group.path, read_dictionary=_texts(group.path, self.form)) as file:
                for batch in file.iter_batches(DECODED_AT_ONCE, [group.number], list(self.form.columns)):
                    try:
                        yield decode(batch, self.form)
                    except BadNumbers as error:
                        if error.column in self.form.numbers:
                            self.column(error.column)
                        raise
                    except DataError as error:
                        where = f"{group.path.parent.name}/{group.path.name}"
                        raise DataError(f"{where}: {error.message}", hint=error.hint) from error

    def _users_of(self, groups: Sequence[RowGroup]) -> npt.NDArray[np.int64] | None:
        if self.users is None:
            return None
        return np.concatenate([self.users[group.first : group.first + group.rows] for group in groups])


def _drawn(
    rows: Rows,
    users: npt.NDArray[np.int64] | None,
    batch_size: int,
    random: np.random.Generator | None,
    skip: int,
) -> Iterator[Batch]:
    """All rows once, in random order where `random` is given, without the first `skip` batches."""
    order = np.arange(len(rows)) if random is None else random.permutation(len(rows))
    for chosen in np.array_split(order, -(-len(rows) // batch_size))[skip:]:
        yield rows.batch(chosen, None if users is None else users[chosen])


def _row_groups(path: Path, form: RowForm, user: str | None) -> list[int]:
    """Rows of each row group. Raises DataError for a missing, unreadable or incomplete file."""
    try:
        with pq.ParquetFile(path) as file:
            known, data = set(file.schema_arrow.names), file.metadata
            sizes = [data.row_group(number).num_rows for number in range(data.num_row_groups)]
    except FileNotFoundError:
        raise DataError(f"{path} does not exist", hint="run the node that writes this partition") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path} is no Parquet file: {error}") from error
    wanted = form.columns if user is None else (*form.columns, user)
    if missing := [name for name in wanted if name not in known]:
        raise DataError(
            f"{path.parent.name}/{path.name} has no column {', '.join(missing)}",
            hint="generate and run the nodes again: config, features and encoded tables belong together",
        )
    return sizes


def _texts(path: Path, form: RowForm) -> list[str]:
    """List columns that are stored as text, which are read as their distinct values."""
    schema = pq.read_schema(path)
    return [name for name in form.lists if pa.types.is_string(schema.field(name).type)]


def _numbered(files: Sequence[Path], column: str) -> npt.NDArray[np.int64]:
    """Per row a number of its value, the same for equal values of all files."""
    chunks = [
        chunk
        for path in files
        for chunk in pq.read_table(path, columns=[column], partitioning=None).column(0).chunks
    ]
    coded = pa.chunked_array([chunk.cast(pa.string()) for chunk in chunks]).dictionary_encode()
    parts = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in coded.chunks]
    return np.concatenate(parts).astype(np.int64)
