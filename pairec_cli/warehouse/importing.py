"""CSV and Parquet files from outside as typed Arrow batches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.domain.tables import Column
from pairec_cli.warehouse.maxcompute.values import show
from pairec_cli.warehouse.types import MaxComputeType, arrow_type

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": ","}
_BLOCK = 8 << 20
_SHOWN = 3
# A number with a leading zero is a code (007), and one too long for BIGINT an id: neither may lose digits.
_WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"
_REAL = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"
_CODE = r"^-?(0[0-9]+|[0-9]{19,})$"


@dataclass(frozen=True)
class SourceFile:
    """A readable file: its columns with MaxCompute types, and its rows in batches of those types."""

    path: Path
    columns: tuple[Column, ...]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order. Raises DataError naming the first bad rows."""
        schema = pa.schema([(column.name, arrow_type(column.type)) for column in self.columns])
        row = 0
        for batch in _raw_batches(self.path):
            yield _typed(self.path, batch, schema, row)
            row += batch.num_rows

    def table(self) -> pa.Table:
        schema = pa.schema([(column.name, arrow_type(column.type)) for column in self.columns])
        return pa.Table.from_batches(self.batches(), schema)


def open_source(path: Path, types: Mapping[str, str] | None = None) -> SourceFile:
    """Look at a file. `types` fixes the MaxCompute types of columns (by name, in any case); others are
    inferred from every row: BIGINT, DOUBLE, else STRING. Ids that are not all whole numbers stay STRING.

    Raises NotFound for a missing file, DataError for a file that cannot be read or whose rows are uneven.
    """
    if not path.is_file():
        raise NotFound("file", str(path), hint="give the path of a CSV or Parquet file")
    fixed = {name.lower(): kind for name, kind in (types or {}).items()}
    if _is_parquet(path):
        columns = _parquet_columns(path, fixed)
    elif path.suffix.lower() in _DELIMITERS:
        columns = _csv_columns(path, fixed)
    else:
        raise DataError(f"{path} is neither CSV nor Parquet", hint="name it .csv, .tsv or .parquet")
    return SourceFile(path, columns)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _raw_batches(path: Path) -> Iterator[pa.RecordBatch]:
    if _is_parquet(path):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches()
    else:
        yield from _csv_batches(path)


# CSV


def _header(path: Path) -> list[str]:
    with path.open("rb") as file:
        line = file.readline()
    if not line.strip():
        raise DataError(f"{path} is empty", hint="the first line must name the columns")
    parse = pa_csv.ParseOptions(delimiter=_DELIMITERS[path.suffix.lower()])
    first = pa_csv.read_csv(pa.BufferReader(line), pa_csv.ReadOptions(autogenerate_column_names=True), parse)
    names = [
        "" if cell is None else str(cell).strip()
        for cell in next(zip(*first.to_pydict().values(), strict=True))
    ]
    for name in names:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise DataError(
                f"{path}: {name!r} in the first line is no column name",
                hint="the first line must name the columns: letters, digits and _",
            )
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise DataError(f"{path} names {', '.join(twins)} twice")
    return names


def _csv_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Every cell as text; an empty cell is NULL, a quoted empty one is an empty string."""
    names = _header(path)
    uneven: list[str] = []

    def refuse(row: pa_csv.InvalidRow) -> str:
        uneven.append(
            f"row {row.number}: {row.actual_columns} fields, not {row.expected_columns}: {row.text}"
        )
        return "skip"

    parse = pa_csv.ParseOptions(
        delimiter=_DELIMITERS[path.suffix.lower()], newlines_in_values=True, invalid_row_handler=refuse
    )
    convert = pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    read = pa_csv.ReadOptions(
        column_names=names, skip_rows=1, block_size=_BLOCK, use_threads=False, encoding="utf8"
    )
    try:
        with pa_csv.open_csv(path, read, parse, convert) as reader:
            for batch in reader:
                _check_even(path, uneven)
                yield batch
        _check_even(path, uneven)
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise DataError(
            f"{path}: {error}", hint="the file must be UTF-8 text with one row per line"
        ) from error


def _check_even(path: Path, uneven: list[str]) -> None:
    if uneven:
        shown = "\n".join(f"  {row}" for row in uneven[:_SHOWN])
        raise DataError(f"{path} has uneven rows:\n{shown}", hint="quote fields that hold the delimiter")


def _csv_columns(path: Path, fixed: Mapping[str, str]) -> tuple[Column, ...]:
    """Column types: the fixed ones, others narrowed by every row in one pass."""
    names = _header(path)
    kinds = {name: "BIGINT" for name in names if name.lower() not in fixed}
    filled: set[str] = set()
    for batch in _csv_batches(path):
        for name in [name for name, kind in kinds.items() if kind != "STRING"]:
            cells = batch.column(name)
            if cells.null_count < len(cells):
                filled.add(name)
                kinds[name] = _narrow(kinds[name], cells)
    return tuple(
        Column(name, fixed.get(name.lower(), kinds.get(name, "STRING") if name in filled else "STRING"))
        for name in names
    )


def _narrow(kind: str, cells: pa.Array) -> str:
    if kind == "BIGINT" and _all_match(cells, _WHOLE):
        return "BIGINT"
    whole_codes = pc.any(pc.match_substring_regex(cells, _CODE)).as_py()
    return "DOUBLE" if not whole_codes and _all_match(cells, _REAL) else "STRING"


def _all_match(cells: pa.Array, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(cells, pattern), min_count=0).as_py() is True


# Parquet


def _parquet_columns(path: Path, fixed: Mapping[str, str]) -> tuple[Column, ...]:
    try:
        schema = pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    return tuple(
        Column(field.name, fixed.get(field.name.lower()) or show(_type_of(path, field.name, field.type)))
        for field in schema
    )


def _type_of(path: Path, name: str, kind: pa.DataType) -> MaxComputeType:
    """The MaxCompute type that holds an Arrow type: whole numbers become BIGINT, real ones DOUBLE."""
    if pa.types.is_dictionary(kind):
        return _type_of(path, name, kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return MaxComputeType("ARRAY", (), (_type_of(path, name, kind.value_type),))
    if pa.types.is_map(kind):
        inner = (_type_of(path, name, kind.key_type), _type_of(path, name, kind.item_type))
        return MaxComputeType("MAP", (), inner)
    if pa.types.is_decimal(kind):
        return MaxComputeType("DECIMAL", (kind.precision, kind.scale))
    tests = (
        (pa.types.is_integer, "BIGINT"),
        (pa.types.is_floating, "DOUBLE"),
        (pa.types.is_boolean, "BOOLEAN"),
        (pa.types.is_date, "DATE"),
        (pa.types.is_timestamp, "DATETIME"),
        (pa.types.is_binary, "BINARY"),
    )
    for test, found in tests:
        if test(kind):
            return MaxComputeType(found)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return MaxComputeType("STRING")
    raise DataError(f"{path}: column {name} has the type {kind}, which no MaxCompute type holds")


# Types


def _typed(path: Path, batch: pa.RecordBatch, schema: pa.Schema, before: int) -> pa.RecordBatch:
    arrays = [_converted(path, field, batch.column(field.name), before) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _converted(path: Path, field: pa.Field, cells: pa.Array, before: int) -> pa.Array:
    try:
        return cells.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        bad = _bad_rows(cells, field.type)
        shown = "\n".join(f"  row {before + index + 1}: {cells[index].as_py()!r}" for index in bad)
        raise DataError(
            f"{path}: column {field.name} holds values that are not {field.type}:\n{shown}",
            hint="rows are counted after the header",
        ) from error


def _bad_rows(cells: pa.Array, kind: pa.DataType) -> list[int]:
    """The first few rows that cannot be converted."""
    found: list[int] = []
    for index in range(len(cells)):
        try:
            cells.slice(index, 1).cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            found.append(index)
            if len(found) == _SHOWN:
                break
    return found
