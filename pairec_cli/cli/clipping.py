"""Long cells, cut for a person's screen. Pipes and the other formats get them whole."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from pairec_cli.cli.render import Format, is_terminal

LONGEST = 60


def clipped(rows: Sequence[dict[str, Any]], format: Format) -> list[dict[str, Any]]:
    """The rows, with texts of more than LONGEST characters cut where a terminal shows them as a table."""
    if format is not Format.TABLE or not is_terminal(sys.stdout):
        return list(rows)
    return [{name: _clip(value) for name, value in row.items()} for row in rows]


def _clip(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}… ({len(value):,} characters)"
    return value
