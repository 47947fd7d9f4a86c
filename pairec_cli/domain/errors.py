"""Every error a user can meet, in one tree.

    PairecError                 the root; doors print `error: …` and `hint: …` and exit 1
    ├── WorkspaceError          no workspace here, or one that cannot be opened
    ├── NotFound                a named thing does not exist; names the nearest one that does
    ├── AlreadyExists           a named thing exists and may not be replaced
    ├── InvalidConfig           a document with problems, each with its path, value and what is allowed
    ├── InvalidInput            a value given on the command line or in a request is malformed
    ├── DataError               the data itself is not what it must be (keys, columns, partitions, units)
    ├── SourceFailed            a data source does not answer, or refuses
    ├── SqlError                a script that cannot run; knows its line
    │   └── UnsupportedSql      valid elsewhere, but not known to our MaxCompute dialect
    ├── NodeFailed              a node ran and failed; carries the log's path
    ├── PartialFailure          some tasks of a plan failed, others did not run
    ├── Busy                    another process holds what this one needs
    ├── EditionRefused          the service type of the instance does not include this feature
    └── NotDeployed             nothing is deployed to serve with

Every error carries the fact (`message`) and the next step (`hint`, a command or a sentence).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class PairecError(Exception):
    """A failure that the user can act on. `hint` says what to do next, usually `pairec …`."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WorkspaceError(PairecError):
    """There is no workspace, or it cannot be opened."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`, or None when none is close."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


class NotFound(PairecError):
    """`kind` `name` does not exist among `known`."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), *, hint: str | None = None) -> None:
        names = sorted(known)
        close = nearest(name, names)
        message = f"{kind} {name!r} does not exist"
        if close:
            message += f"; did you mean {close!r}?"
        elif names:
            shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
            message += f"; known: {shown}"
        super().__init__(message, hint=hint)
        self.kind, self.name, self.known, self.nearest = kind, name, names, close


class AlreadyExists(PairecError):
    """The name is taken."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a document: where, what was found, what is allowed."""

    path: str
    message: str
    value: object = None
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.path} (line {self.line})" if self.line else self.path
        return f"{where}: {self.message}"


class InvalidConfig(PairecError):
    """A document has problems; all of them are reported at once."""

    def __init__(self, what: str, problems: list[Problem], *, hint: str | None = None) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{what} has {len(problems)} problem(s):\n{lines}", hint=hint)
        self.problems = problems


class InvalidInput(PairecError):
    """A value is malformed."""


class DataError(PairecError):
    """The data is not what it must be."""


class SourceFailed(PairecError):
    """A data source does not answer, or refuses."""


class SqlError(PairecError):
    """A script cannot run. `line` counts from 1 in the script as the user sees it."""

    def __init__(self, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message, hint=hint)
        self.line = line


class UnsupportedSql(SqlError):
    """The MaxCompute dialect does not know this construct, and says so instead of guessing."""


class NodeFailed(PairecError):
    """A node ran and failed."""


class PartialFailure(PairecError):
    """Some tasks failed, so the command must not exit 0."""


class Busy(PairecError):
    """Another process is at work on the same thing."""


class EditionRefused(PairecError):
    """The instance's service type does not include this feature."""


class NotDeployed(PairecError):
    """There is nothing deployed to serve with."""
