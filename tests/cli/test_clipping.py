"""Long cells on a screen."""

from __future__ import annotations

import pytest

from pairec_cli.cli import clipping
from pairec_cli.cli.clipping import LONGEST, clipped
from pairec_cli.cli.render import Format

ROWS = [{"id": 10**70, "list": "x" * 5_000, "short": "y" * LONGEST}]


@pytest.mark.parametrize(
    ("terminal", "format", "cut"),
    [(True, Format.TABLE, True), (False, Format.TABLE, False), (True, Format.JSON, False)],
)
def test_only_a_table_on_a_terminal_is_cut(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, format: Format, cut: bool
) -> None:
    monkeypatch.setattr(clipping, "is_terminal", lambda _stream: terminal)
    shown = f"{'x' * LONGEST}… (5,000 characters)" if cut else ROWS[0]["list"]
    assert clipped(ROWS, format) == [{**ROWS[0], "list": shown}]
