"""Registries are literals: a name and where its object lives, imported on first use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from pairec_cli.domain.errors import NotFound


class Registry:
    """`{"etrec_u2i": "pairec_cli.recall.etrec_u2i:EtrecU2I"}` and its lookup.

    A name that holds a colon is taken as a dotted path itself: that is the whole plug-in mechanism.
    """

    def __init__(self, kind: str, entries: Mapping[str, str]) -> None:
        self.kind, self.entries = kind, dict(entries)

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def load(self, name: str) -> Any:
        """The object behind `name`; raises NotFound with the nearest known name."""
        path = name if ":" in name else self.entries.get(name)
        if path is None:
            raise NotFound(self.kind, name, self.entries)
        module, attribute = path.split(":")
        try:
            return getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise NotFound(
                self.kind, name, self.entries, hint=f"{path} cannot be imported: {error}"
            ) from error
