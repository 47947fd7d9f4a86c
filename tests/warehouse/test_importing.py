"""Files from outside: inferred types, fixed types, and what is wrong with a bad file."""

from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.warehouse.importing import open_source


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def test_types_are_inferred_from_every_row(tmp_path: Path) -> None:
    rows = 'user,code,score,late,note,empty\n1,007,1,1,"a,b",\n2,8,2.5,x,,\n'
    source = open_source(write(tmp_path / "a.csv", rows))
    assert {column.name: column.type for column in source.columns} == {
        "user": "BIGINT",
        "code": "STRING",  # 007 is a code
        "score": "DOUBLE",
        "late": "STRING",  # only its last row is no number
        "note": "STRING",
        "empty": "STRING",
    }
    assert source.table().to_pylist() == [
        {"user": 1, "code": "007", "score": 1.0, "late": "1", "note": "a,b", "empty": None},
        {"user": 2, "code": "8", "score": 2.5, "late": "x", "note": None, "empty": None},
    ]


def test_fixed_types_win_in_any_case(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "a.tsv", "DS\tid\n20260101\t1\n"), {"ds": "STRING", "ID": "DOUBLE"})
    assert source.table().to_pylist() == [{"DS": "20260101", "id": 1.0}]


def test_a_number_too_long_for_bigint_stays_text(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "a.csv", "id\n12345678901234567890\n"))
    assert source.columns[0].type == "STRING"


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "a.csv", "id\n1\n", "utf-8-sig"))
    assert [column.name for column in source.columns] == ["id"]


def test_a_header_alone_gives_no_rows(tmp_path: Path) -> None:
    assert open_source(write(tmp_path / "a.csv", "id,x\n")).table().num_rows == 0


def test_bad_values_are_shown_with_their_rows(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "a.csv", "id\n1\nx\n2\ny\n"), {"id": "BIGINT"})
    with pytest.raises(DataError, match=r"column id .*\n  row 2: 'x'\n  row 4: 'y'"):
        source.table()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("1,2\n3,4\n", "'1' in the first line is no column name"),
        ("a,a\n1,2\n", "names a twice"),
        ("a,b\n1,2\n1,2,3\n4\n", r"row 3: 3 fields, not 2: 1,2,3\n  row 4: 1 fields"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path / "a.csv", text)
    with pytest.raises(DataError, match=said):
        open_source(path).table()


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n\xff\xfe\n")
    with pytest.raises(DataError, match=r"UTF-?8"):
        open_source(tmp_path / "a.csv").table()


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither CSV nor Parquet"):
        open_source(write(tmp_path / "a.json", "{}"))
    with pytest.raises(NotFound):
        open_source(tmp_path / "b.csv")


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    data = pa.table(
        {
            "i": pa.array([1, None], pa.int32()),
            "f": pa.array([1.5, 2], pa.float32()),
            "s": pa.array(["a", "b"]).dictionary_encode(),
            "d": pa.array([datetime.date(2026, 1, 1), None]),
            "l": pa.array([[1], []]),
        }
    )
    pq.write_table(data, tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert [column.type for column in source.columns] == [
        "BIGINT",
        "DOUBLE",
        "STRING",
        "DATE",
        "ARRAY<BIGINT>",
    ]
    assert source.table().column("i").to_pylist() == [1, None]
    assert source.table().column("s").to_pylist() == ["a", "b"]


def test_broken_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="cannot be read"):
        open_source(tmp_path / "a.parquet")
