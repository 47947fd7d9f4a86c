"""`pairec recommend --users`: lists for many users, to a file or the standard output."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pairec_cli.cli.options import UsageError
from pairec_cli.cli.progress import Progress
from pairec_cli.cli.render import Format, notice
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.engine.batch import recommend_batch
from pairec_cli.project import Project

SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".json": "jsonl", ".parquet": "parquet"}


def check(users: str, output: Path | None, format: Format) -> None:
    """Raises InvalidInput for a file of users that is not there, UsageError for an unknown kind of output."""
    _kind(output, format)
    if users != "all" and not Path(users).is_file():
        raise InvalidInput(f"there is no file {users!r}", hint="--users all, or a file with one id per line")


def run_batch(
    project: Project, users: str, scene: str, size: int, output: Path | None, format: Format
) -> None:
    """Write the lists and say how many. `users` is `all` or a file with one id per line."""
    ids = _users(project, users, scene)
    kind = _kind(output, format)
    with Progress() as progress:
        task = progress.task("recommend", total=len(ids))
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            task.advance(count - done)
            done = count

        summary = recommend_batch(
            project.engine_config(),
            project.featuredb_path,
            ids,
            models=project.models,
            scene=scene,
            size=size,
            output=output,
            format=kind,
            progress=advance,
        )
        task.done("ok", f"{summary.users} users, {summary.rows} rows")
    if summary.short:
        notice(f"note: {summary.short} users got fewer than {size} items, {summary.empty} of them none")
    if output is not None:
        notice(f"wrote {output}")


def _kind(output: Path | None, format: Format) -> str:
    if output is None:
        known = {Format.JSON: "jsonl", Format.CSV: "csv", Format.TABLE: "tsv"}
        if format not in known:
            raise UsageError("--users writes csv, json (lines) or, as a table, tab-separated text.")
        return known[format]
    if output.suffix not in SUFFIXES:
        raise UsageError(f"{output}: the file's name must end in {', '.join(SUFFIXES)}.")
    return SUFFIXES[output.suffix]


def _users(project: Project, users: str, scene: str) -> list[str]:
    if users == "all":
        return project.known_users(scene)
    return list(_lines(Path(users).read_text().splitlines()))


def _lines(lines: Iterable[str]) -> Iterable[str]:
    return (line.strip() for line in lines if line.strip())
