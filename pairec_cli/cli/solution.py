"""`pairec solution`: step 5 of the tutorial, one typed document instead of its forms."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pairec_cli.cli.forms import Form
from pairec_cli.cli.options import DryRun, Format, UsageError, assignments, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, show, timestamp
from pairec_cli.cli.texts import read_text, write_diff, write_text
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.instance import SolutionRecord, SolutionVersion
from pairec_cli.domain.solution import Solution
from pairec_cli.project import Project
from pairec_cli.workflow import solution_document, solutions
from pairec_cli.workflow.ranking_form import TARGET_FORM

app = typer.Typer()

FILE = "solution.yaml"
Name = Annotated[str | None, typer.Argument(help="The solution; the only one by default.")]
File = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="The document, such as solution.yaml.")
]
RecallNames = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Take a recall out.")]
EnabledNames = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Switch a recall on.")]
DisabledNames = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Switch a recall off; it keeps its settings.")
]
NoRanking = Annotated[bool, typer.Option("--no-ranking", help="Order by recall scores, without a model.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="The solution, prefix of its tables; home by default.")
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="The scenario it serves; HomePage by default.")] = None,
    file: File = None,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where solution.yaml goes; the current folder.")
    ] = None,
    comment: Annotated[str, typer.Option(help="What to remember of this version.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Create a solution with the tutorial's defaults, or from a file, and write solution.yaml to edit.

    Beside it stands solution.schema.json, with which editors complete and check the document.
    """
    project = open_project(context)
    if file is not None:
        document = read_text(file)
        parsed = _refuse_other(document, file, name=name, scenario=scenario)
        name = parsed.name
    else:
        name = name or Solution().name
        default = solutions.default_solution(project.instance, name, scenario or Solution().scenario)
        document = solution_document.write(default)
    if any(record.name == name for record in project.control.solutions.all(project.instance.name)):
        notice(f"solution {name!r} exists already")
        next_step(f"pairec solution configure {name}" + (f" --file {file}" if file else ""))
        return
    folder = None if file is not None and output is None else output or Path()
    if folder is not None:
        solutions.refuse_overwriting(folder, document)
    if dry_run:
        solutions.refuse_problems(solutions.examine(project, document))
        notice(f"would create solution {name!r}" + (f" and write {folder / FILE}" if folder else ""))
        return
    version, solution = solutions.save(project, document, comment=comment)
    recalls = ", ".join(recall.name for recall in solution.enabled_recalls)
    notice(f"solution {name!r} version {version.number}, scenario {solution.scenario}, recalls {recalls}")
    if folder is not None:
        written = solutions.write_files(folder, document)
        notice(f"wrote {', '.join(str(path) for path in written)}")
    next_step("pairec script generate")


@app.command()
def configure(
    context: typer.Context,
    name: Name = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Such as features.periods=3,7; may be repeated."),
    ] = None,
    add_recall: Annotated[
        list[str] | None, typer.Option(metavar="TYPE[:NAME]", help="Add a recall with its defaults.")
    ] = None,
    remove_recall: RecallNames = None,
    enable_recall: EnabledNames = None,
    disable_recall: DisabledNames = None,
    ranking_model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Rank with this model, such as dbmtl.")
    ] = None,
    ranking_days: Annotated[
        int | None, typer.Option(metavar="N", help="Days of labels that the model is trained on.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(metavar=TARGET_FORM, help="Add or replace a ranking target.")
    ] = None,
    remove_target: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Take a ranking target out.")
    ] = None,
    no_ranking: NoRanking = False,
    file: File = None,
    comment: Annotated[str, typer.Option(help="What to remember of this version.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Change a solution: by paths, by a file, or question by question on a terminal.

    Every change is a new version; what is not valid is refused with all its problems at once. A target is a
    MaxCompute aggregate of the behavior rows of one request, user and item:
    --target "is_click=max(if(event='click',1,0)):classification"
    """
    project = open_project(context)
    record = _record(project, name, file)
    before = record.latest.document
    values = assignments(set_ or [], "features.periods=3,7")
    values |= _ranking_values(ranking_model, ranking_days, none=no_ranking)
    lists = _lists(add=add_recall, remove=remove_recall, add_targets=target, remove_targets=remove_target)
    lists |= _lists(enable=enable_recall, disable=disable_recall)
    changes = bool(values or any(lists.values()))
    if file is not None and changes:
        raise UsageError("Change the document by --file, or by --set, not both.")
    if file is not None:
        after = read_text(file)
        _refuse_other(after, file, name=record.name)
    elif changes:
        after = solutions.configure(before, values, **lists)
    elif sys.stdin.isatty() and sys.stderr.isatty():
        after = Form(before, lambda text: solutions.examine(project, text)).ask()
    else:
        raise UsageError("Say what to change with --set PATH=VALUE or --file FILE.")
    _save(project, record, after, comment=comment, dry_run=dry_run, source=file)


def _lists(**given: list[str] | None) -> dict[str, list[str]]:
    return {name: entries or [] for name, entries in given.items()}


def _ranking_values(model: str | None, days: int | None, *, none: bool) -> dict[str, str]:
    """The ranking's options as `--set` would give them."""
    given = {"ranking.model": model, "ranking.training_days": None if days is None else str(days)}
    values = {path: value for path, value in given.items() if value is not None}
    if none and values:
        raise UsageError("Say how to rank, or --no-ranking, not both.")
    return {"ranking": "null"} if none else values


def _save(
    project: Project,
    record: SolutionRecord,
    after: str,
    *,
    comment: str,
    dry_run: bool,
    source: Path | None,
) -> None:
    before = record.latest.document
    if dry_run:
        solutions.refuse_problems(solutions.examine(project, after, str(source or FILE)))
        write_diff(_changed_lines(before, after))
        return
    version, _ = solutions.save(project, after, comment=comment)
    if version.number == record.latest.number:
        notice(f"solution {record.name!r} is as it was, version {version.number}")
    else:
        notice(f"solution {record.name!r} version {version.number}")
    if source is None and Path(FILE).exists():
        _refresh(before, after)
    next_step("pairec script generate")


def _refresh(before: str, after: str) -> None:
    """Bring the current folder's solution.yaml up to date, unless it holds changes of its own."""
    if Path(FILE).read_bytes().decode() in (before, after):
        solutions.write_files(Path(), after)
        notice(f"wrote {FILE}")
    else:
        notice(f"{FILE} here has changes of its own and stays as it is")


@app.command("show")
def show_(
    context: typer.Context,
    name: Name = None,
    version: Annotated[int | None, typer.Option(help="An earlier version.")] = None,
    format: Format = FormatName.TABLE,
) -> None:
    """Print a solution's document; with --format json, its values."""
    project = open_project(context)
    record = solutions.current_record(project, name)
    document = record.latest.document
    if version is not None:
        document = project.control.solutions.version(record.instance, record.name, version).document
    if format is FormatName.TABLE:
        write_text(document)
    else:
        show(solutions.plain(solution_document.read(document)), format=format)


@app.command()
def validate(
    context: typer.Context, name: Name = None, file: File = None, format: Format = FormatName.TABLE
) -> None:
    """Check a document: every problem at once, with its line, what is allowed and the nearest known name.

    Without a name or a file it is solution.yaml of the current folder where there is one, else the saved one.
    """
    project = open_project(context)
    source = file or (Path(FILE) if name is None and Path(FILE).exists() else None)
    if source is not None:
        text, shown = read_text(source), str(source)
    else:
        record = solutions.current_record(project, name)
        text, shown = record.latest.document, f"solution {record.name}"
    problems = solutions.examine(project, text, shown)
    if format is not FormatName.TABLE:
        columns = ("path", "line", "value", "message")
        emit([_problem_row(problem) for problem in problems], columns=columns, format=format)
        raise typer.Exit(1 if problems else 0)
    if problems:
        raise InvalidConfig(shown, problems, hint=solution_document.MEND)
    notice(f"{shown} is valid")
    if source is not None:
        next_step(f"pairec solution configure --file {source}")


@app.command("list")
def list_(context: typer.Context, format: Format = FormatName.TABLE) -> None:
    """List the solutions of the current instance."""
    project = open_project(context)
    rows = [_row(record) for record in project.control.solutions.all(project.instance.name)]
    columns = ("name", "scenario", "version", "changed", "comment")
    emit(rows, columns=columns, format=format, title="Solutions")
    if not rows:
        next_step("pairec solution create")


@app.command()
def history(context: typer.Context, name: Name = None, format: Format = FormatName.TABLE) -> None:
    """List the versions of a solution, oldest first."""
    project = open_project(context)
    record = solutions.current_record(project, name)
    rows = [_version_row(version) for version in solutions.history(project, record.name)]
    emit(rows, columns=("version", "saved", "comment"), format=format, title=f"Versions of {record.name}")


@app.command()
def diff(
    context: typer.Context,
    name: Name = None,
    version: Annotated[int | None, typer.Option(help="From this version; the one before by default.")] = None,
    to: Annotated[int | None, typer.Option(help="To this version; the newest by default.")] = None,
) -> None:
    """Show what changed between two versions of a solution."""
    project = open_project(context)
    record = solutions.current_record(project, name)
    newer = record.latest.number if to is None else to
    older = max(1, newer - 1) if version is None else version
    texts = [
        project.control.solutions.version(record.instance, record.name, number).document
        for number in (older, newer)
    ]
    names = [f"{record.name} version {number}" for number in (older, newer)]
    lines = _changed_lines(texts[0], texts[1], *names)
    write_diff(lines)
    if not lines:
        notice(f"versions {older} and {newer} are equal")


@app.command()
def schema() -> None:
    """Print the JSON Schema of solution.yaml, for editors."""
    write_text(solution_document.json_schema_text())


def _record(project: Project, name: str | None, file: Path | None) -> SolutionRecord:
    """The named solution; the one a file names; else the only one."""
    if name is None and file is not None:
        name = solution_document.read(read_text(file), str(file)).name
    return solutions.current_record(project, name)


def _refuse_other(document: str, file: Path, **given: str | None) -> Solution:
    """The file's solution. Raises InvalidConfig when it says otherwise than the command."""
    solution = solution_document.read(document, str(file))
    problems = [
        Problem(field, f"is {getattr(solution, field)!r}, but the command says {value!r}", value)
        for field, value in given.items()
        if value not in (None, getattr(solution, field))
    ]
    if problems:
        raise InvalidConfig(str(file), problems, hint="leave it out of the command, or change the file")
    return solution


def _changed_lines(before: str, after: str, old: str = "saved", new: str = "changed") -> list[str]:
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm=""))


def _problem_row(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "value": problem.value,
        "message": problem.message,
    }


def _row(record: SolutionRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "scenario": record.scenario,
        "version": record.latest.number,
        "created": timestamp(record.created_at),
        "changed": timestamp(record.latest.created_at),
        "comment": record.latest.comment,
        "fingerprint": record.latest.fingerprint,
    }


def _version_row(version: SolutionVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "saved": timestamp(version.created_at),
        "comment": version.comment,
        "fingerprint": version.fingerprint,
    }
