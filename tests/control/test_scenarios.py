"""Scenarios and their traffic codes."""

from __future__ import annotations

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound


def test_defaults(control: Control) -> None:
    made = control.scenarios.create("main", "HomePage", description="the feed")
    assert made.traffic_codes == ("PAI-REC", "selfhold", "thirdparty")
    assert control.scenarios.get("main", "HomePage") == made
    assert control.scenarios.all("main") == [made]


def test_own_traffic_codes(control: Control) -> None:
    control.scenarios.create("main", "HomePage", traffic_codes=["ours", "theirs"])
    assert control.scenarios.get("main", "HomePage").traffic_codes == ("ours", "theirs")


@pytest.mark.parametrize("codes", [(), ("a", "a"), ("a b",), ("",)])
def test_bad_traffic_codes(control: Control, codes: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match="traffic code"):
        control.scenarios.create("main", "HomePage", traffic_codes=codes)
    assert control.scenarios.all("main") == []


def test_refusals(control: Control) -> None:
    control.scenarios.create("main", "HomePage")
    with pytest.raises(AlreadyExists, match="'HomePage' exists"):
        control.scenarios.create("main", "HomePage")
    with pytest.raises(NotFound, match="did you mean 'HomePage'"):
        control.scenarios.get("main", "Homepage")
    with pytest.raises(NotFound, match="instance"):
        control.scenarios.create("nowhere", "HomePage")


def test_delete(control: Control) -> None:
    for name in ("A", "B"):
        control.scenarios.create("main", name)
        control.solutions.save("main", f"s{name}", name, "x: 1")
    with pytest.raises(InvalidInput, match="still holds solutions: sA"):
        control.scenarios.delete("main", "A")
    control.scenarios.delete("main", "A", cascade=True)
    assert [scenario.name for scenario in control.scenarios.all("main")] == ["B"]
    assert [solution.name for solution in control.solutions.all("main")] == ["sB"]
    with pytest.raises(NotFound):
        control.scenarios.delete("main", "A")
