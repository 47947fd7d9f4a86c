"""`pairec`: the table of commands, and the way from an argument list to an exit code.

A command's module is imported when the command runs, never for `--help` or for another command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command, get_group

from pairec_cli import __version__
from pairec_cli.cli.coercion import PlainGroup, lighten
from pairec_cli.cli.failures import report
from pairec_cli.cli.options import Settings
from pairec_cli.cli.render import begin, is_terminal, set_quiet

SIGPIPE = 141


@dataclass(frozen=True)
class Entry:
    """Where a command lives, its line in the help, and the section it stands in. A group has sub-commands."""

    module: str
    help: str
    section: str
    group: bool = False


COMMANDS: Mapping[str, Entry] = {
    "init": Entry("pairec_cli.cli.init", "Create a workspace and its first instance here.", "Start"),
    "quickstart": Entry("pairec_cli.cli.quickstart", "Steps 3 to 7 in one command, with defaults.", "Start"),
    "status": Entry(
        "pairec_cli.cli.status", "Where you stand in the seven steps, and what comes next.", "Start"
    ),
    "instance": Entry(
        "pairec_cli.cli.instance", "Instances, their edition and resources (step 1).", "Prepare", group=True
    ),
    "data": Entry(
        "pairec_cli.cli.data", "Generate, clone, import and preview tables (step 2).", "Prepare", group=True
    ),
    "table": Entry(
        "pairec_cli.cli.table", "Check and register the tables of a solution (step 3).", "Prepare", group=True
    ),
    "scenario": Entry(
        "pairec_cli.cli.scenario", "Places where recommendations are shown (step 4).", "Prepare", group=True
    ),
    "solution": Entry(
        "pairec_cli.cli.solution",
        "The solution document: create, configure, validate (step 5).",
        "Build",
        group=True,
    ),
    "feature": Entry(
        "pairec_cli.cli.feature", "Features that a solution derives (step 5.3).", "Build", group=True
    ),
    "script": Entry(
        "pairec_cli.cli.script",
        "Generate the deployment script of a solution (step 5.6).",
        "Build",
        group=True,
    ),
    "deploy": Entry(
        "pairec_cli.cli.deploy", "Preview, deploy and import packages (step 6).", "Build", group=True
    ),
    "backfill": Entry(
        "pairec_cli.cli.backfill",
        "Plan and run the backfill of a deployed solution (step 6.4).",
        "Run",
        group=True,
    ),
    "node": Entry("pairec_cli.cli.node", "Deployed nodes: edit, run, freeze (step 7).", "Run", group=True),
    "recall": Entry(
        "pairec_cli.cli.recall",
        "The recalls: list, run, look into, measure.",
        "Run",
        group=True,
    ),
    "rank": Entry(
        "pairec_cli.cli.rank",
        "The ranking model: train, measure, check, explain.",
        "Run",
        group=True,
    ),
    "run": Entry("pairec_cli.cli.run", "Run one day's schedule.", "Run"),
    "recommend": Entry("pairec_cli.cli.recommend", "Recommend items to one user, or to many.", "Serve"),
    "serve": Entry("pairec_cli.cli.serve", "Serve PAI-Rec's HTTP API over what is published.", "Serve"),
    "engine": Entry(
        "pairec_cli.cli.engine",
        "Try filters, sorts and conditions before they are shipped.",
        "Serve",
        group=True,
    ),
    "sql": Entry("pairec_cli.cli.sql", "Run MaxCompute SQL over all projects.", "Serve"),
}


class LazyGroup(PlainGroup):
    """The root: knows every command by its entry, and imports one when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=entry.help, rich_help_panel=entry.section)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, (load(name) if name else command), rest


def load(name: str) -> Any:
    """The command `name`, imported, with the global options added and typer's conversions lightened."""
    entry = COMMANDS[name]
    app: typer.Typer = import_module(entry.module).app
    app.rich_markup_mode = _markup()
    app.info.name = name
    group = get_group(app)
    command = group if entry.group else next(iter(group.commands.values()))
    command.name, command.short_help = name, entry.help
    command.help = command.help or entry.help
    lighten(command)
    _add_globals(command)
    return command


def _markup() -> Any:
    """Boxes and colours for a person's terminal, plain text for pipes: typer's two ways to print help."""
    return "rich" if is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") else None


def _add_globals(command: Any) -> None:
    """Let the global options stand after the command too."""
    if hasattr(command, "commands"):
        command.no_args_is_help = True
        for child in command.commands.values():
            _add_globals(child)
    else:
        trailing = typer.Typer(add_completion=False)
        trailing.command()(_trailing)
        command.params.extend(get_command(trailing).params)


def _set(context: typer.Context, param: typer.CallbackParam, value: Any) -> Any:
    """Keep a global option's value in this run's settings, wherever on the line it stood."""
    settings = context.find_object(Settings)
    if value and settings is not None and param.name is not None:
        setattr(settings, param.name, value)
        if param.name == "quiet":
            set_quiet(True)
    return value


def _trailing(
    home: Annotated[Path | None, typer.Option(callback=_set, expose_value=False, hidden=True)] = None,
    debug: Annotated[bool, typer.Option("--debug", callback=_set, expose_value=False, hidden=True)] = False,
    quiet: Annotated[bool, typer.Option("--quiet", callback=_set, expose_value=False, hidden=True)] = False,
) -> None:
    """Carries the parameters only; the command they are added to runs."""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"pairec {__version__}")
        raise typer.Exit


def root() -> typer.Typer:
    """The whole application."""
    app = typer.Typer(
        name="pairec",
        cls=LazyGroup,
        rich_markup_mode=_markup(),
        help="PAI-Rec's custom recommendation workflow, whole, on one machine.",
        epilog="The options above may also stand after a command. `pairec COMMAND --help` tells more.",
    )
    app.callback(invoke_without_command=True)(_start)
    return app


def _start(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(envvar="PAIREC_HOME", metavar="DIR", callback=_set, help="The workspace to work in."),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", callback=_set, help="Show the traceback of an error.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", callback=_set, help="Print results and errors only.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every error ends here."""
    settings = Settings()
    begin()
    group = get_command(root())
    if "_PAIREC_COMPLETE" in os.environ:
        group.main(prog_name="pairec")
    try:
        with group.make_context("pairec", list(arguments), obj=settings) as context:
            group.invoke(context)
        sys.stdout.flush()
    except typer.Exit as exit:
        return exit.exit_code
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            # A group alone: the error carries its help, unless a terminal has shown it already.
            typer.echo(error.format_message(), nl=bool(error.message))
            return 0
        return report(error, arguments, debug=settings.debug)
    except BrokenPipeError:
        # Nobody reads any more. Python would complain once again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SIGPIPE
    except (Exception, KeyboardInterrupt) as error:
        return report(error, arguments, debug=settings.debug)
    return 0


def main() -> None:
    """The entry point of the `pairec` command."""
    sys.exit(run(sys.argv[1:]))
