"""`PAI -name … -project … -Dkey=value …` as a value (PAI component reference, "PAI command")."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from pairec_cli.domain.errors import SqlError


@dataclass(frozen=True)
class PaiCommand:
    """A component's name, the project it is published in, and its `-D` parameters as written."""

    name: str
    project: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, *, line: int | None = None) -> PaiCommand:
        """Parse one command, without its closing `;`. Raises SqlError when it is malformed."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise SqlError(f"PAI command: {error}", line=line) from None
        if not words or words[0].lower() != "pai":
            raise SqlError("a PAI command begins with PAI", line=line)
        name: str | None = None
        project: str | None = None
        parameters: dict[str, str] = {}
        index = 1
        while index < len(words):
            word = words[index]
            if word in ("-name", "-project"):
                if index + 1 == len(words):
                    raise SqlError(f"PAI command: {word} needs a value", line=line)
                if word == "-name":
                    name = words[index + 1]
                else:
                    project = words[index + 1]
                index += 2
            elif word.startswith("-D") and "=" in word:
                key, _, value = word[2:].partition("=")
                parameters[key] = value
                index += 1
            else:
                raise SqlError(
                    f"PAI command: cannot read {word!r}", line=line, hint="parameters are -Dkey=value"
                )
        if name is None:
            raise SqlError("PAI command: -name is missing", line=line)
        return cls(name, project, parameters)
