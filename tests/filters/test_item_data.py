"""What stands for items and users."""

from __future__ import annotations

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.filters.item_data import item_keys, items_data, user_data
from tests.filters.contract import context, item


def tagged(uid: str, item: Item) -> str:
    """A function that a configuration may name."""
    return f"{uid}/{item.id}"


def test_the_id_stands_for_an_item_by_default() -> None:
    assert items_data("", "")([item("a")], context()) == ["a"]
    assert items_data("", "not_registered")([item("a")], context()) == ["a"]


def test_a_function_by_its_path() -> None:
    assert items_data("", f"{__name__}:tagged")([item("a")], context()) == ["u1/a"]
    for path in (f"{__name__}:nothing", "no.such.module:f"):
        with pytest.raises(InvalidConfig, match="GenerateItemDataFuncName: cannot be imported"):
            items_data("", path)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("item_id + '_' + uid", "a_u1"),
        ("sprintf('%v', item.price)", "3"),
        ("item.absent", "u1/a"),
        ("''", "u1/a"),
        ("item.absent.deeper", "u1/a"),
        ("item.price", "3"),
    ],
)
def test_an_expression_and_the_function_where_it_gives_nothing(expression: str, expected: str) -> None:
    make = items_data(expression, f"{__name__}:tagged")
    assert make([item("a", price=3)], context()) == [expected]


def test_an_expression_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="GenerateItemDataExpr"):
        items_data("item.", "")
    with pytest.raises(InvalidConfig, match="GenerateUserDataExpr"):
        user_data("uid +")


def test_users() -> None:
    asked = RequestContext(RecommendRequest("u1", "home", features={"d": "pc"}, item_id="i9"), {})
    assert user_data("")(asked) == "u1"
    assert user_data("uid + context.features.d + context.item_id")(asked) == "u1pci9"
    assert user_data("context.features.absent")(asked) == ""
    assert user_data("context.absent.deeper")(asked) == ""


def test_keys_of_rows() -> None:
    asked = context(city="hz")
    one = item("a", retrieve_id="hot", cat="x")
    assert item_keys("")([one], asked) == ["a"]
    assert item_keys("user.city + item.cat + item.item_id + item.recall_name")([one], asked) == ["hzxahot"]
    assert item_keys("item.absent.deeper")([one], asked) == ["a"]
