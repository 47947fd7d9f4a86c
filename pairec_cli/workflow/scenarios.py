"""Scenarios: the places where recommendations are shown, and the traffic codes that clients log there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pairec_cli.domain.errors import AlreadyExists
from pairec_cli.domain.instance import DEFAULT_TRAFFIC_CODES, Scenario

if TYPE_CHECKING:
    from pairec_cli.workflow.workspace import Workspace


def create_scenario(
    workspace: Workspace,
    instance: str,
    name: str,
    *,
    description: str = "",
    traffic_codes: Sequence[str] = (),
) -> tuple[Scenario, bool]:
    """The scenario, and whether it is new: one that exists as it is asked for is no change.

    Raises AlreadyExists when it exists otherwise, InvalidInput (the name, a traffic code).
    """
    scenarios = workspace.control.scenarios
    codes = tuple(traffic_codes) or DEFAULT_TRAFFIC_CODES
    for found in scenarios.all(instance):
        if found.name != name:
            continue
        if (found.description, found.traffic_codes) == (description, codes):
            return found, False
        raise AlreadyExists(
            f"scenario {name!r} exists with other settings", hint=f"pairec scenario show {name}"
        )
    return scenarios.create(instance, name, description=description, traffic_codes=codes), True
