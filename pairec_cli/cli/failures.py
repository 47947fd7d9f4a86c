"""The one place where an error becomes words and an exit code.

0    done
1    failed: a PairecError, told as `error: …` and `hint: …`
2    wrong usage
3    a bug of ours
130  interrupted
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise

import typer

from pairec_cli.cli.render import has_answered, paint, to_json
from pairec_cli.domain.errors import PairecError

FAILED, USAGE, BUG, INTERRUPTED = 1, 2, 3, 130


def report(error: BaseException, arguments: Sequence[str], *, debug: bool) -> int:
    """Tell the person about `error` and return the exit code. With `--format json`, standard output gets
    the one JSON document `{"error": {"message", "hint", "type"}}`, unless it has its document already."""
    message, hint, code = _describe(error)
    if wants_json(arguments) and not has_answered():
        document = {"error": {"message": message, "hint": hint, "type": type(error).__name__}}
        sys.stdout.write(to_json(document) + "\n")
    if debug and code in (FAILED, BUG):
        traceback.print_exception(error)
    _say(message, hint)
    return code


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, also when it is too wrong to be parsed."""
    pairs = pairwise([*arguments, ""])
    return any(
        word in ("--format=json", "-fjson") or (word in ("--format", "-f") and value == "json")
        for word, value in pairs
    )


def _describe(error: BaseException) -> tuple[str, str | None, int]:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "run the same command again to go on", INTERRUPTED
    if isinstance(error, typer.Abort):
        return "cancelled; nothing was changed", None, INTERRUPTED
    if isinstance(error, PairecError):
        return error.message, error.hint, FAILED
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        hint = f"{context.command_path} --help" if context else None
        return error.format_message(), hint, error.exit_code
    return (
        f"this is a bug: {type(error).__name__}: {error}",
        "run the same command with --debug to see the traceback, and report it",
        BUG,
    )


def _say(message: str, hint: str | None) -> None:
    lines = [f"{paint('error:', '1;31', sys.stderr)} {message}"]
    if hint:
        lines.append(f"{paint('hint:', '1', sys.stderr)} {hint}")
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - this is the place that prints
