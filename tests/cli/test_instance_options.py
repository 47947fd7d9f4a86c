"""What a new instance is asked for is asked alike by `init` and by `instance create`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Pairec


@pytest.mark.parametrize("command", [("init",), ("instance", "create")])
def test_the_help_of_both_commands_names_them(pairec: Pairec, command: tuple[str, ...]) -> None:
    shown = pairec(*command, "--help").out
    for option in ("--region", "--service-type <premium|standard>", "--timezone ZONE"):
        assert option in shown
