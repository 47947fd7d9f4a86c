"""File diff of a package against what is deployed, with hand edits told from generated changes.

Three texts decide: `base`, what was last deployed; `disk`, what stands there now; `new`, what the package
holds.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
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

    @property
    def by_hand(self) -> bool:
        return self in (Change.EDITED, Change.CONFLICT)


@dataclass(frozen=True)
class FileDiff:
    """One file: `disk` and `new` are None where the file does not exist."""

    path: str
    change: Change
    disk: str | None
    new: str | None

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def node(self) -> str:
        """The node whose folder holds the file."""
        parts = self.path.split("/")
        return parts[-2] if len(parts) > 1 else parts[0]

    @property
    def foreign(self) -> bool:
        """A file that no package brought: somebody put it beside ours, and deployments leave it alone."""
        return self.change is Change.EDITED and self.new is None

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
    """Every file on disk or in the package, sorted by path."""
    paths = sorted({*disk, *new})
    return [_compare(path, base.get(path), disk.get(path), new.get(path)) for path in paths]


def _compare(path: str, base: str | None, disk: str | None, new: str | None) -> FileDiff:
    if disk == new:
        change = Change.UNCHANGED
    elif disk is None:
        change = Change.ADDED
    elif disk == base:
        change = Change.REMOVED if new is None else Change.CHANGED
    else:
        change = Change.EDITED if new == base else Change.CONFLICT
    return FileDiff(path, change, disk, new)


def to_apply(diffs: Sequence[FileDiff], *, overwrite_edits: bool) -> list[FileDiff]:
    """What a deployment changes: hand edits survive unless `overwrite_edits`.

    A node that the package drops goes whole or stays whole: while one of its files is kept for its edits, so
    are the others.
    """
    wanted = {Change.ADDED, Change.CHANGED, Change.REMOVED}
    if overwrite_edits:
        wanted |= {Change.EDITED, Change.CONFLICT}
    kept = {diff.folder for diff in diffs if diff.new is None and diff.change not in wanted}
    return [
        diff
        for diff in diffs
        if diff.change in wanted
        and not diff.foreign
        and not (diff.change is Change.REMOVED and diff.folder in kept)
    ]
