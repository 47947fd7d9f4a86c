"""User towers in service: vectors from features, history and recent items; what cannot be served."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pairec_cli.domain.errors import DataError, NotFound, PairecError
from pairec_cli.online.in_service import InService
from pairec_cli.online.user_towers import ServedTower, UserTower
from tests.online.tower_folders import serve_tower


def made(folder: Path, **keys: object) -> UserTower:
    service = serve_tower(folder, **keys)  # type: ignore[arg-type]
    return UserTower(folder / "home_dssm", service)


def test_features_and_history_make_the_vector(tmp_path: Path) -> None:
    tower = made(tmp_path)
    user = {"boost": "1.5", "h__item_id": "a;c;unknown"}
    assert tower.vectors("u", user, {}, (), 0).tolist() == [[2 + 4 + 1 + 1.5, 7.0]], "zeros are left out"
    assert tower.vectors("u", {}, {}, (), 0).tolist() == [[0.0, 0.0]], "but for the first vector"


def test_recent_items_come_first_and_once(tmp_path: Path) -> None:
    tower = made(tmp_path)
    user = {"h__item_id": "a;b;c"}
    assert tower.vectors("u", user, {}, ("d", "b", "d"), 0)[0, 1] == 5 + 3 + 2, "cut to three"
    assert tower.vectors("u", user, {}, ("b",), 0)[0, 1] == 3 + 2 + 4
    assert tower.vectors("u", {}, {}, ("d", "new"), 0)[0, 1] == 5 + 1


def test_the_nearest_items_without_some(tmp_path: Path) -> None:
    tower = made(tmp_path)
    vectors = np.array([[2, 1], [0, 3]], np.float32)
    assert tower.nearest(vectors, 2) == [("b", 3.0), ("c", 3.0)]
    assert tower.nearest(vectors, 2, {"b", "x"}) == [("c", 3.0), ("a", 2.0)]
    assert tower.nearest(vectors, 9, {"b"})[-1] == ("d", 0.0)


def test_a_tower_of_another_width_than_its_index(tmp_path: Path) -> None:
    with pytest.raises(PairecError, match=r"gives \(1, 2, 3\), the index has 2 dimensions"):
        made(tmp_path, width=3).vectors("u", {}, {}, (), 0)


def test_vectors_that_are_not_finite(tmp_path: Path) -> None:
    with pytest.raises(PairecError, match="is not finite"):
        made(tmp_path, factor=3e38).vectors("u", {"h__item_id": "a"}, {}, (), 0)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    service = serve_tower(tmp_path)
    export = tmp_path / "home_dssm/20260101/export"
    with pytest.raises(DataError, match="no time zone 'Mars'"):
        UserTower(tmp_path / "home_dssm", service.replace(timezone="Mars"))
    (export / "items.vectors").rename(export / "other.vectors")
    with pytest.raises(NotFound, match="vector index 'items'"):
        UserTower(tmp_path / "home_dssm", service)
    shutil.rmtree(export)
    with pytest.raises(DataError, match="cannot be read"):
        UserTower(tmp_path / "home_dssm", service)


def test_another_model_takes_over_and_a_bad_one_does_not(tmp_path: Path) -> None:
    serve_tower(tmp_path)
    served = ServedTower(tmp_path / "home_dssm")
    first, doubt = served.now()
    assert (first.description.ds, doubt) == ("20260101", "")
    serve_tower(tmp_path, ds="20260102")
    assert served.now()[0].description.ds == "20260102"
    InService("20260103", "20260103", "UTC", "user_id", "item_id").write(tmp_path / "home_dssm")
    model, doubt = served.now()
    assert model.description.ds == "20260102"
    assert doubt.endswith("the model of 20260102 keeps serving")
