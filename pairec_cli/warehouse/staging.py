"""Files on their way into the warehouse: built aside, renamed into place, recorded, and only then tidied.

A writer that is killed leaves either a staging folder whose lock nobody holds, or renamed files that the
ledger does not name. Neither is ever read; the next writer removes both.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.fingerprints import of_file, of_text
from pairec_cli.domain.ledger import Ledger, Partition
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.layout import Layout


@dataclass(frozen=True)
class Staged:
    """A partition's new files, still in the staging folder. With `append` they join the present version's."""

    table: TableName
    ds: str
    files: tuple[Path, ...]
    rows: int
    fingerprint: str
    append: bool = False


def digest(files: Sequence[Path]) -> str:
    """The fingerprint of data that came from outside: of the bytes of its files."""
    return of_text(*(of_file(path) for path in files))


@contextmanager
def staging_folder(layout: Layout) -> Iterator[Path]:
    """A folder that belongs to this writer while it lives; folders of dead writers are removed on the way."""
    layout.staging.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(layout.staging)
    lock, descriptor = _claim(layout.staging)
    folder = lock.with_suffix("")
    try:
        folder.mkdir()
        yield folder
    finally:
        try:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


def _claim(staging: Path) -> tuple[Path, int]:
    """A new lock file, held. Tried again when a sweeper took the file between its creation and our lock."""
    while True:
        path = staging / f"{secrets.token_hex(6)}.lock"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return path, descriptor
        os.close(descriptor)


def _remove_abandoned(staging: Path) -> None:
    """Remove folders whose lock is free: their writers are dead, as locks go with the process."""
    for path in staging.glob("*.lock"):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


@contextmanager
def commit_lock(layout: Layout) -> Iterator[None]:
    """One commit at a time: while it is held, a file that the ledger does not name is an orphan."""
    layout.root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(layout.commit_lock, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def commit(layout: Layout, ledger: Ledger, staged: Sequence[Staged], written_at: float) -> list[Partition]:
    """Put all staged partitions in place, visible together in one ledger transaction."""
    moved: list[Path] = []
    with commit_lock(layout):
        try:
            partitions = []
            for item in staged:
                old = ledger.partitions(item.table).get(item.ds) if item.append else None
                partitions.append(_place(layout, item, old, moved, written_at))
            ledger.record(partitions)
        except BaseException:
            for path in moved:
                path.unlink(missing_ok=True)
            raise
        for partition in partitions:
            remove_unnamed(layout.partition(partition.table, partition.ds), partition.files)
    return partitions


def _place(layout: Layout, item: Staged, old: Partition | None, moved: list[Path], now: float) -> Partition:
    """Rename the files into the partition's folder. `old` is the version they join, if they join one."""
    folder = layout.partition(item.table, item.ds)
    folder.mkdir(parents=True, exist_ok=True)
    names, size = list(old.files if old else ()), old.bytes if old else 0
    for path in item.files:
        target = folder / layout.fresh_name()
        size += path.stat().st_size
        path.rename(target)
        moved.append(target)
        names.append(target.name)
    fingerprint = item.fingerprint
    if old and old.fingerprint != fingerprint:
        fingerprint = of_text(old.fingerprint, fingerprint)
    rows = item.rows + (old.rows if old else 0)
    return Partition(item.table, item.ds, tuple(names), rows, size, fingerprint, now)


def remove_unnamed(folder: Path, names: Sequence[str]) -> None:
    """Delete the folder's part files that the ledger does not name. Call with the commit lock held."""
    keep = set(names)
    for path in folder.glob("part-*.parquet"):
        if path.name not in keep:
            path.unlink(missing_ok=True)
