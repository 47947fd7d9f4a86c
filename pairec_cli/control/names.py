"""What may be a name that users type on the command line."""

from __future__ import annotations

import re

from pairec_cli.domain.errors import InvalidInput

_NAME = re.compile(r"[^\W_][\w.-]{0,63}")
_DISPLAY_NAME = re.compile(r"\S(?:[^\n\r\t]{0,62}\S)?")


def checked_name(kind: str, name: str) -> str:
    """`name` when it is one word of letters, digits, `_`, `.`, `-`; raises InvalidInput otherwise."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot name a {kind}",
            hint="begin with a letter or digit; letters, digits, _ . - follow, 64 at most",
        )
    return name


def checked_display_name(kind: str, name: str) -> str:
    """`name` when it is one line without spaces around it; raises InvalidInput otherwise."""
    if not _DISPLAY_NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} cannot name a {kind}", hint="one line, 64 characters at most")
    return name
