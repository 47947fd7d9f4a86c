"""What no tower may be published with."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.workflow.tower_folder import TowerFolder


@pytest.mark.parametrize("item", ["a:b", "a,b", "a;b"])
def test_an_item_id_that_histories_cannot_hold_is_refused(tmp_path: Path, item: str) -> None:
    made = TowerFolder(tmp_path, "home_dropoutnet", "20260131", "item_id")
    texts = pa.chunked_array([["0.5,1", "1,0"]])
    with pytest.raises(DataError, match=f"item id '{item}' holds one of"):
        made.write_index(["plain", item], texts, 100)
    assert not list(tmp_path.rglob("*.vectors")), "nothing is half written"
    made.write_index(["plain", "other"], texts, 100)
    assert list(tmp_path.rglob("*.vectors"))
