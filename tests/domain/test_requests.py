"""Requests and answers."""

from __future__ import annotations

import uuid

import pytest

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.requests import RecommendRequest, StageTrace, new_request_id


def test_defaults_are_pai_recs() -> None:
    request = RecommendRequest("u1", "home")
    assert (request.size, request.category, request.debug, request.features) == (10, "default", False, {})
    assert [RecommendRequest("u1", "home", size).size for size in (0, -3, 5)] == [10, 10, 5]


def test_a_request_id_is_kept_or_made() -> None:
    assert RecommendRequest("u1", "home", request_id="mine").request_id == "mine"
    first, second = RecommendRequest("u1", "home"), RecommendRequest("u1", "home")
    assert first.request_id != second.request_id


def test_made_ids_are_random_uuids() -> None:
    made = uuid.UUID(new_request_id())
    assert (made.version, made.variant) == (4, uuid.RFC_4122)


@pytest.mark.parametrize("uid", ["", "\udcff"])
def test_what_is_no_user_id_is_refused(uid: str) -> None:
    with pytest.raises(InvalidInput):
        RecommendRequest(uid, "home")


def test_user_ids_may_be_any_text() -> None:
    assert RecommendRequest("用户 1", "home").uid == "用户 1"


def test_a_funnel_row_as_it_is_printed() -> None:
    row = StageTrace("filter", "UniqueFilter", 6, 5, 1.23456, "")
    assert row.as_dict() == {
        "stage": "filter",
        "name": "UniqueFilter",
        "in": 6,
        "out": 5,
        "ms": 1.235,
        "note": "",
    }
