"""`pairec engine`: try recalls, a filter chain, sorts, conditions and scores before they are shipped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from pairec_cli.cli.engine_config import commands as configuration
from pairec_cli.cli.options import Format, UsageError, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, lines, notice, show, warn
from pairec_cli.domain.errors import InvalidInput, PairecError, WorkspaceError

app = typer.Typer()
app.add_typer(configuration, name="config", help="Show, check and edit what the engine serves with.")

Input = Annotated[
    list[Path] | None,
    typer.Option("--input", "-i", metavar="FILE", help="A case, or a list of cases; - is standard input."),
]
More = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="More files, in order.")]
Config = Annotated[
    Path | None, typer.Option(metavar="FILE", help="An engine configuration whose entries the case may name.")
]
Seed = Annotated[int | None, typer.Option(help="Makes what is left to chance repeatable.")]
Live = Annotated[
    bool,
    typer.Option("--live", help="Read and write the real data sources of --config, or of this workspace."),
]
Explain = Annotated[bool, typer.Option("--explain", help="Show the funnel, and who dropped what and why.")]


@app.command("filter")
def filter_(
    context: typer.Context,
    input: Input = None,
    files: More = None,
    config: Config = None,
    live: Live = False,
    explain: Explain = False,
    seed: Seed = None,
    format: Format = FormatName.TABLE,
) -> None:
    """Run a filter chain on the candidates of a case.

    The data sources that filters name are the case's state, held in memory, unless --live is given.
    """
    from pairec_cli.engine.filter_case import CaseRun, FilterCase

    with _sources(context, config, live) as (base, sources):

        def answer(document: Any) -> dict[str, Any]:
            case = FilterCase.read(_case(document, live))
            run = CaseRun(case, base, sources=sources, seed=seed)
            for problem in run.config.warnings:
                warn(str(problem))
            steps = [_step(result, explain, live) for result in run.results()]
            return {"steps": steps} if case.steps else steps[0]

        _answer(_paths(input, files), answer, format)


@app.command("sort")
def sort(
    context: typer.Context,
    input: Input = None,
    files: More = None,
    config: Config = None,
    live: Live = False,
    explain: Explain = False,
    seed: Seed = None,
    format: Format = FormatName.TABLE,
) -> None:
    """Run the sorts of a case on its candidates.

    The data sources that sorts name are the case's state, held in memory, unless --live is given.
    """
    from pairec_cli.engine.sort_case import SortCase

    with _sources(context, config, live) as (base, sources):

        def answer(document: Any) -> dict[str, Any]:
            case = SortCase.read(_case(document, live))
            return _step(case.run(base, sources=sources, seed=seed), explain, live)

        _answer(_paths(input, files), answer, format)


@app.command("recall")
def recall(
    context: typer.Context,
    input: Input = None,
    files: More = None,
    config: Config = None,
    live: Live = False,
    explain: Explain = False,
    seed: Seed = None,
    format: Format = FormatName.TABLE,
) -> None:
    """Run the recalls of a case for its request.

    The data sources that recalls name are the case's state, held in memory, unless --live is given.
    """
    from pairec_cli.engine.recall_case import RecallCase

    with _sources(context, config, live) as (base, sources):

        def answer(document: Any) -> dict[str, Any]:
            case = RecallCase.read(_case(document, live))
            return _step(case.run(base, sources=sources, seed=seed), explain, live)

        _answer(_paths(input, files), answer, format)


@app.command("eval-condition")
def eval_condition(input: Input = None, files: More = None, format: Format = FormatName.TABLE) -> None:
    """Say of each condition of a file whether it holds: true, false or error."""
    from pairec_cli.engine.condition_case import conditions

    _results(_paths(input, files), conditions, format)


@app.command("eval-rankscore")
def eval_rankscore(input: Input = None, files: More = None, format: Format = FormatName.TABLE) -> None:
    """Compute each RankScore expression of a file."""
    from pairec_cli.engine.rank_score_case import rank_scores

    _results(_paths(input, files), rank_scores, format)


def _paths(options: Sequence[Path] | None, arguments: Sequence[Path] | None) -> list[Path]:
    paths = [*(options or ()), *(arguments or ())]
    if not paths:
        raise UsageError("Name a file with --input.")
    return paths


def _document(path: Path) -> Any:
    """Raises InvalidInput for a file that cannot be read or is no JSON."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidInput(f"{path} is not JSON: {error}") from error


@app.command("ddl")
def ddl(
    context: typer.Context,
    config: Config = None,
    hologres: Annotated[
        bool,
        typer.Option("--hologres", help="With Hologres's table properties, the time to live among them."),
    ] = False,
) -> None:
    """Print the SQL that makes the tables which the configuration's filters read and write."""
    from pairec_cli.engine.config import EngineConfig
    from pairec_cli.engine.ddl import statements

    document = _document(config) if config else open_project(context).engine_config()
    found = list(statements(EngineConfig.read(document), hologres=hologres))
    for statement in found:
        typer.echo(statement)
    if not found:
        notice("no filter of the configuration has a table of exposures or of lists of users")


@contextmanager
def _sources(context: typer.Context, config: Path | None, live: bool) -> Iterator[tuple[Any, Any]]:
    """The configuration that a case may name, and with --live its data sources. Without --config that is the
    workspace's engine.json, in which the embedded store is."""
    base = _document(config) if config else None
    if not live:
        yield base, None
        return
    from pairec_cli.engine.live import live_sources

    try:
        project = open_project(context)
    except WorkspaceError:
        if base is None:
            raise
        featuredb = None
    else:
        featuredb = project.featuredb
        base = project.engine_config() if base is None else base
    with live_sources(base, featuredb) as sources:
        yield base, sources


def _case(document: Any, live: bool) -> Any:
    """The case to try: for real sources without the content that it brings."""
    from pairec_cli.engine.live import without_state

    if not live:
        return document
    case, had = without_state(document)
    if had:
        warn("the case's state and sql_before are left out: real sources are not filled from a case")
    return case


def _step(result: Any, explain: bool, live: bool = False) -> dict[str, Any]:
    """A result as it is shown. Real sources may fail: what they say is told also without --explain."""
    from pairec_cli.engine.cases import item_document

    if live:
        for row in result.trace:
            if row.note:
                warn(f"{row.name}: {row.note}")
    document: dict[str, Any] = {"items": [item_document(item) for item in result.items]}
    if explain:
        document["trace"] = [row.as_dict() for row in result.trace]
        document["dropped"] = [
            {"filter": one.filter, "items": list(one.ids), "why": one.why}
            for one in result.dropped
            if one.ids
        ]
        document["failures"] = result.failures
    return document


def _answer(paths: Sequence[Path], answer: Callable[[Any], dict[str, Any]], format: FormatName) -> None:
    """One document for one case; for several files, and a file that is a list of cases, a line each. One that
    is refused is an error object."""
    only = _document(paths[0]) if len(paths) == 1 else None
    if only is not None and not isinstance(only, list):
        document = answer(only)
        if format is FormatName.JSON:
            show(document, format=format)
        else:
            _print(document, format)
        return
    refused = 0
    for name, read in _cases(paths, only):
        try:
            document = answer(read())
        except PairecError as error:
            refused += 1
            notice(f"{name}: {error.message}")
            document = {"error": {"message": error.message, "hint": error.hint, "type": type(error).__name__}}
        lines([document])
    if refused:
        raise typer.Exit(1)


def _cases(paths: Sequence[Path], only: list[Any] | None) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every case with its name, read when it is its turn: `only` are those of the one file."""
    for path in paths:
        try:
            found = _document(path) if only is None else only
        except PairecError:
            yield str(path), partial(_document, path)
            continue
        if isinstance(found, list):
            yield from ((f"{path}[{place}]", partial(_same, case)) for place, case in enumerate(found))
        else:
            yield str(path), partial(_same, found)


def _same(case: Any) -> Any:
    return case


def _print(document: dict[str, Any], format: FormatName) -> None:
    for number, step in enumerate(document.get("steps", [document]), 1):
        if "steps" in document:
            notice(f"step {number}")
        if "trace" in step and format is FormatName.TABLE:
            columns = ("stage", "name", "in", "out", "ms", "note")
            emit(step["trace"], columns=columns, format=format, title="Funnel")
            emit(step["dropped"], columns=("filter", "items", "why"), format=format, title="Dropped")
        rows = [{"rank": rank, **item} for rank, item in enumerate(step["items"], 1)]
        emit(rows, columns=("rank", "id", "retrieve_id", "score"), format=format, title="Items")


def _results(paths: Iterable[Path], evaluate: Callable[[Any], list[Any]], format: FormatName) -> None:
    """The results of all files in order."""
    documents = [evaluate(_document(path)) for path in paths]
    if format is FormatName.JSON:
        lines(documents)
        return
    rows = [{"row": row, "result": result} for found in documents for row, result in enumerate(found, 1)]
    emit(rows, columns=("row", "result"), format=format, title="Results")
