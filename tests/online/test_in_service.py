"""Which model is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.online.in_service import CURRENT, InService

SERVICE = InService("20260102", "20260103", "Asia/Shanghai", "user_id", "item_id")


def test_what_is_written_is_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    SERVICE.write(tmp_path)
    assert InService.read(tmp_path) == SERVICE
    assert [path.name for path in tmp_path.iterdir()] == [CURRENT]
    assert SERVICE.snapshot(tmp_path) == tmp_path / "20260102" / "items-20260103"


def test_nothing_is_in_service(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no model is in service") as caught:
        InService.read(tmp_path)
    assert caught.value.hint == "pairec rank train"


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"model": "20260102"}'])
def test_a_file_that_says_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / CURRENT).write_text(text)
    with pytest.raises(DataError, match="does not name a model"):
        InService.read(tmp_path)
