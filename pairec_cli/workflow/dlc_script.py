"""The shell script of a training node, read: which TorchEasyRec programs it runs, on what, to where.

Only what such a script needs is known: comments, `set`, `export NAME=value`, and these programs under
`torchrun` or `python`. Any other line is an error with its number, never something that is left out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pairec_cli.domain.errors import InvalidInput, SqlError, nearest
from pairec_cli.domain.tables import TableName

_TABLE = re.compile(r"odps://(?P<project>\w+)/tables/(?P<table>\w+)/(?P<parts>ds=.+)")
_MODEL = re.compile(r"oss://[^/]+/models/(?P<name>\w+)/(?P<ds>\d{8})(?:/(?P<inner>.*))?")
_PARAMETER = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Program:
    """A module of TorchEasyRec: the arguments that are known here, and those that it must have."""

    arguments: frozenset[str]
    required: frozenset[str]


PROGRAMS: Mapping[str, Program] = {
    "tzrec.train_eval": Program(
        frozenset(
            {
                "pipeline_config_path",
                "train_input_path",
                "eval_input_path",
                "model_dir",
                "continue_train",
                "fine_tune_checkpoint",
                "odps_data_quota_name",
                "edit_config_json",
            }
        ),
        frozenset({"pipeline_config_path", "train_input_path", "model_dir"}),
    ),
    "tzrec.export": Program(
        frozenset({"pipeline_config_path", "export_dir", "checkpoint_path", "odps_data_quota_name"}),
        frozenset({"pipeline_config_path", "export_dir"}),
    ),
    "tzrec.predict": Program(
        frozenset(
            {
                "scripted_model_path",
                "predict_input_path",
                "predict_output_path",
                "reserved_columns",
                "output_columns",
                "batch_size",
                "odps_data_quota_name",
            }
        ),
        frozenset({"scripted_model_path", "predict_input_path", "predict_output_path"}),
    ),
}
_SWITCHES = frozenset({"continue_train"})
"""Arguments that may stand without a value."""


@dataclass(frozen=True)
class Command:
    """One program with its arguments; `line` counts from 1 in the script."""

    program: str
    arguments: Mapping[str, str]
    line: int


def read_commands(script: str, parameters: Mapping[str, str]) -> list[Command]:
    """The programs in order, `${name}` replaced by the parameter. Raises SqlError with the line."""
    commands = []
    for line, text in _joined(script):
        try:
            words = shlex.split(_filled(text, parameters), comments=True)
        except ValueError as error:
            raise SqlError(f"cannot read this line: {error}", line=line) from error
        if not words or words[0] in ("set", "export"):
            continue
        commands.append(_command(words, line))
    if not commands:
        raise SqlError("the script trains nothing", line=1, hint="torchrun … -m tzrec.train_eval …")
    return commands


def _joined(script: str) -> Iterator[tuple[int, str]]:
    """Each line with those that a backslash joins to it, under the number of the first."""
    start = 1
    parts: list[str] = []
    for number, text in enumerate(script.splitlines(), start=1):
        start = start if parts else number
        parts.append(text.removesuffix("\\"))
        if not text.endswith("\\") or text.lstrip().startswith("#"):
            yield start, " ".join(parts)
            parts = []
    if parts:
        yield start, " ".join(parts)


def _filled(text: str, parameters: Mapping[str, str]) -> str:
    """Scheduling parameters replaced; other `${NAME}` are the shell's, such as torchrun's addresses."""
    return _PARAMETER.sub(lambda match: parameters.get(match[1], match[0]), text)


def _command(words: list[str], line: int) -> Command:
    launcher = words[0].rpartition("/")[2]
    if not (launcher == "torchrun" or re.fullmatch(r"python[\d.]*", launcher)) or "-m" not in words[:-1]:
        raise SqlError(
            f"cannot run {words[0]!r} here", line=line, hint="a training node runs torchrun … -m tzrec.…"
        )
    at = words.index("-m")
    program = words[at + 1]
    if program not in PROGRAMS:
        raise SqlError(
            f"cannot run {program!r} here{_guess(program, PROGRAMS)}",
            line=line,
            hint=f"known: {', '.join(PROGRAMS)}",
        )
    return Command(program, _arguments(program, words[at + 2 :], line), line)


def _guess(name: str, known: Mapping[str, object] | frozenset[str]) -> str:
    close = nearest(name, known)
    return f"; did you mean {close!r}?" if close else ""


def _arguments(program: str, words: list[str], line: int) -> dict[str, str]:
    form, found = PROGRAMS[program], dict[str, str]()
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in form.arguments:
            told = f"{program} has no argument {word!r} here{_guess(name, form.arguments)}"
            raise SqlError(told, line=line, hint=f"known: --{', --'.join(sorted(form.arguments))}")
        if name in _SWITCHES and not equals:
            value = "true"
        elif not equals:
            value = next(rest, "")
        if not value or value.startswith("--"):
            raise SqlError(f"--{name} needs a value", line=line)
        if "${" in value:
            raise SqlError(f"--{name} names an unknown parameter: {value}", line=line)
        found[name] = value
    if missing := sorted(form.required - found.keys()):
        raise SqlError(f"{program} needs --{missing[0]}", line=line)
    return found


def table_path(path: str) -> tuple[TableName, list[str]]:
    """The table and days of `odps://<project>/tables/<table>/ds=20260101[&ds=…]`. Raises InvalidInput."""
    match = _TABLE.fullmatch(path)
    days = re.findall(r"ds=(\d{8})(?:&|$)", match["parts"]) if match else []
    if match is None or "&".join(f"ds={ds}" for ds in days) != match["parts"]:
        raise InvalidInput(
            f"{path!r} names no partition of a table", hint="write odps://project/tables/table/ds=YYYYMMDD"
        )
    return TableName(match["project"], match["table"]), days


@dataclass(frozen=True)
class ModelPath:
    """A trained model of one day; `inner` is a place inside its folder, "" the folder itself."""

    name: str
    ds: str
    inner: str = ""


def model_path(path: str) -> ModelPath:
    """The model of `oss://<bucket>/models/<name>/<ds>[/…]`. Raises InvalidInput."""
    match = _MODEL.fullmatch(path.rstrip("/"))
    if match is None or ".." in path.split("/"):
        raise InvalidInput(
            f"{path!r} is no place of a model", hint="write oss://bucket/models/<model>/${bizdate}"
        )
    return ModelPath(match["name"], match["ds"], match["inner"] or "")
