"""Registries import on first use, and take dotted paths as plug-ins."""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict

import pytest

from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.registry import Registry

KINDS = Registry(
    "kind", {"ordered": "collections:OrderedDict", "gone": "no_such_module:Thing", "bare": "json:Nope"}
)


def test_a_name_and_a_path_lead_to_the_object() -> None:
    assert KINDS.load("ordered") is OrderedDict
    assert KINDS.load("collections:Counter") is Counter
    assert list(KINDS) == ["ordered", "gone", "bare"] and "ordered" in KINDS and "x" not in KINDS


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    sys.modules.pop("this_is_never_imported", None)
    Registry("kind", {"late": "this_is_never_imported:X"})
    assert "this_is_never_imported" not in sys.modules


def test_an_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(NotFound, match="kind 'orderd' does not exist; did you mean 'ordered'"):
        KINDS.load("orderd")


@pytest.mark.parametrize("name", ["gone", "bare", "no_such_module:Thing", "json:Nope"])
def test_what_cannot_be_imported_says_why(name: str) -> None:
    with pytest.raises(NotFound) as caught:
        KINDS.load(name)
    assert "cannot be imported" in (caught.value.hint or "")
