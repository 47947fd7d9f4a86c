"""`pairec engine config`: show, check and edit what the engine serves with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pairec_cli.cli.options import Format, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, notice, show, warn
from pairec_cli.domain.errors import NotDeployed

if TYPE_CHECKING:
    from pairec_cli.engine.config_document import Report

commands = typer.Typer()

File = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="Another file than this workspace's engine.json."),
]
Where = Annotated[str, typer.Argument(metavar="PATH", help="Such as FilterConfs[top1].RetainNum.")]


@commands.command("show")
def show_(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="Only what lies here.")] = "",
    file: File = None,
) -> None:
    """Print the configuration as JSON. Secrets are hidden."""
    from pairec_cli.engine.config_document import at, masked, read_document

    document = masked(read_document(_file(context, file)))
    typer.echo(json.dumps(at(document, path), indent=2, ensure_ascii=False))


@commands.command("check")
def check_(
    context: typer.Context,
    given: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Another file than this workspace's engine.json.")
    ] = None,
    file: File = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are problems too.")] = False,
    format: Format = FormatName.TABLE,
) -> None:
    """Say everything that is wrong with the configuration, each with its path. No data source is asked."""
    from pairec_cli.engine.config_document import check, read_document

    report = check(read_document(_file(context, given or file)))
    failed = bool(report.problems or (strict and report.warnings))
    if format is FormatName.JSON:
        show({"ok": not failed, **_findings(report)}, format=format)
    else:
        rows = [{"level": level, **one} for level, found in _findings(report).items() for one in found]
        if rows:
            emit(rows, columns=("level", "path", "message"), format=format, title="Findings")
        notice(f"{len(report.problems)} problem(s), {len(report.warnings)} warning(s)")
    if failed:
        raise typer.Exit(1)


@commands.command("set")
def set_(
    context: typer.Context,
    path: Where,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="JSON; what is none is a text.")],
    file: File = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, write nothing.")] = False,
) -> None:
    """Set one value. A configuration that would not load is not written."""
    from pairec_cli.engine.config_document import read_document, with_value

    target = _file(context, file)
    before = read_document(target)
    _replace(target, before, with_value(before, path, _value(value)), dry_run=dry_run)


@commands.command("unset")
def unset(
    context: typer.Context,
    path: Where,
    file: File = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, write nothing.")] = False,
) -> None:
    """Take one value out. A configuration that would not load is not written."""
    from pairec_cli.engine.config_document import read_document, without_value

    target = _file(context, file)
    before = read_document(target)
    _replace(target, before, without_value(before, path), dry_run=dry_run)


def _file(context: typer.Context, file: Path | None) -> Path:
    """The file named, else the workspace's. Raises NotDeployed when there is none."""
    if file is not None:
        return file
    path = open_project(context).engine_path
    if not path.exists():
        raise NotDeployed("no solution is deployed in this workspace", hint="pairec quickstart")
    return path


def _replace(target: Path, before: Any, after: Any, *, dry_run: bool) -> None:
    """Writes `after` when it loads, or when it is `before` with fewer problems."""
    from pairec_cli.engine.config_document import check, write_document

    report = check(after)
    known = {str(problem) for problem in check(before).problems}
    still = {str(problem) for problem in report.problems}
    if not still < known:
        report.refuse()
    for problem in (*report.problems, *report.warnings):
        warn(str(problem))
    if dry_run:
        notice(f"{target} would be changed" if after != before else f"{target} would stay as it is")
        return
    if after != before:
        write_document(target, after)
    notice(f"{target} is changed" if after != before else f"{target} is as it was")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _findings(report: Report) -> dict[str, list[dict[str, Any]]]:
    return {
        "problems": [{"path": one.path, "message": one.message} for one in report.problems],
        "warnings": [{"path": one.path, "message": one.message} for one in report.warnings],
    }
