"""File diff of a package against what is deployed, with hand edits told from generated changes.

Three texts decide: `base`, what was last deployed; `disk`, what stands there now; `new`, what the package
holds.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """`edited`: changed by hand only. `conflict`: changed by hand and by the package."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    EDITED = "edited"
    CONFLICT = "conflict"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class FileDiff:
    """One file: `disk` and `new` are None where the file does not exist."""

    path: str
    change: Change
    disk: str | None
    new: str | None

    @property
    def node(self) -> str:
        """The node whose folder holds the file."""
        parts = self.path.split("/")
        return parts[-2] if len(parts) > 1 else parts[0]

    def unified(self) -> list[str]:
        """Lines of the unified diff from the deployed file to the package's."""
        return list(
            difflib.unified_diff(
                (self.disk or "").splitlines(),
                (self.new or "").splitlines(),
                f"deployed/{self.path}",
                f"package/{self.path}",
                lineterm="",
            )
        )

    @property
    def counts(self) -> tuple[int, int]:
        """(lines added, lines removed)."""
        body = self.unified()[2:]
        return sum(line[0] == "+" for line in body), sum(line[0] == "-" for line in body)


def file_diff(base: Mapping[str, str], disk: Mapping[str, str], new: Mapping[str, str]) -> list[FileDiff]:
    """Every file of the three, sorted by path."""
    paths = sorted({*base, *disk, *new})
    found = [_compare(path, base.get(path), disk.get(path), new.get(path)) for path in paths]
    return [diff for diff in found if diff is not None]


def _compare(path: str, base: str | None, disk: str | None, new: str | None) -> FileDiff | None:
    by_hand = base is not None and disk != base
    if new is None and disk is None:
        return None
    if new == disk:
        change = Change.UNCHANGED
    elif new is None:
        change = Change.CONFLICT if by_hand or base is None else Change.REMOVED
    elif disk is None:
        change = Change.ADDED
    elif not by_hand and base is not None:
        change = Change.CHANGED
    else:
        change = Change.EDITED if new == base else Change.CONFLICT
    return FileDiff(path, change, disk, new)


def to_apply(diffs: list[FileDiff], *, overwrite_edits: bool) -> list[FileDiff]:
    """What a deployment changes: hand edits survive unless `overwrite_edits`."""
    wanted = {Change.ADDED, Change.CHANGED, Change.REMOVED}
    if overwrite_edits:
        wanted |= {Change.EDITED, Change.CONFLICT}
    return [diff for diff in diffs if diff.change in wanted]
