"""Values without code generation."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar

import pytest

from pairec_cli.domain.records import Record


class Point(Record):
    """Two numbers."""

    unit: ClassVar[str] = "m"

    x: int
    y: int = 2


class Named(Point):
    name: str = "?"
    y: int = 5


def test_fields_are_given_by_place_by_name_or_by_default() -> None:
    for made in (Point(1), Point(1, 2), Point(x=1), Point(1, y=2), Point(y=2, x=1)):
        assert (made.x, made.y) == (1, 2)
    assert Point.field_names == ("x", "y")


def test_a_subclass_adds_fields_and_changes_defaults() -> None:
    assert Named.field_names == ("x", "y", "name")
    made = Named(1, name="a")
    assert (made.x, made.y, made.name, made.unit) == (1, 5, "a", "m")


@pytest.mark.parametrize(
    ("values", "named", "message"),
    [
        ((), {}, "needs 'x'"),
        ((1, 2, 3), {}, "has the fields x, y"),
        ((1,), {"x": 1}, "has the fields x, y"),
        ((1,), {"z": 1}, "no field 'z'"),
        ((1,), {"unit": "km"}, "no field 'unit'"),
    ],
)
def test_wrong_fields_are_type_errors(values: tuple[Any, ...], named: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Point(*values, **named)


def test_it_is_frozen() -> None:
    made = Point(1)
    for name in ("x", "z"):
        with pytest.raises(AttributeError, match="frozen"):
            setattr(made, name, 2)
    with pytest.raises(AttributeError, match="frozen"):
        del made.x
    assert made == Point(1)


def test_equality_and_hash_go_by_type_and_fields() -> None:
    assert Point(1) == Point(1, 2) != Point(1, 3)
    assert Named(1, 2) != Point(1, 2)
    assert len({Point(1), Point(1, 2), Point(2)}) == 2


def test_replace_leaves_the_first_as_it_was() -> None:
    made = Point(1)
    assert (made.replace(y=9), made) == (Point(1, 9), Point(1, 2))
    with pytest.raises(TypeError):
        made.replace(z=1)


def test_it_shows_its_fields() -> None:
    assert repr(Named(1, name="a")) == "Named(x=1, y=5, name='a')"


def test_it_can_be_copied_and_sent() -> None:
    made = Point(1, 7)
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301  # our own bytes
