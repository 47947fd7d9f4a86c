"""The solution's forms, question by question on a terminal, with what is there as the default."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import typer
from pydantic import BaseModel

from pairec_cli.cli.render import notice, warn
from pairec_cli.domain.errors import InvalidConfig, PairecError, Problem
from pairec_cli.workflow import ranking_form, solution_document, solutions

Examine = Callable[[str], list[Problem]]
_ASKED_OTHERWISE = ("version", "name", "recalls", "ranking")


class Form:
    """Asks for every field of a document, form by form. A form that needs no change is skipped whole."""

    def __init__(self, document: str, examine: Examine) -> None:
        self._document, self._examine = document, examine

    def ask(self) -> str:
        """The document with the answers. An answer that is not valid is asked for again."""
        solution = solution_document.read(self._document)
        self._fields(solution, "")
        for name in type(solution).model_fields:
            part = getattr(solution, name)
            if isinstance(part, BaseModel) and name != "ranking":
                self._part(part, name)
        self._recalls()
        self._ranking()
        return self._document

    def _part(self, model: BaseModel, path: str) -> None:
        title = (type(model).__doc__ or path).strip().splitlines()[0].rstrip(".")
        if not typer.confirm(f"Change {title} ({path})?", default=False, err=True):
            return
        self._fields(model, path)
        for name in type(model).model_fields:
            inner = getattr(model, name)
            if isinstance(inner, BaseModel):
                self._part(inner, f"{path}.{name}")

    def _fields(self, model: BaseModel, path: str) -> None:
        fixed = ("type",) if path.startswith("recalls") else () if path else _ASKED_OTHERWISE
        for name, field in type(model).model_fields.items():
            value = getattr(model, name)
            holds_forms = isinstance(value, tuple) and value and isinstance(value[0], BaseModel)
            if name in fixed or holds_forms or isinstance(value, BaseModel):
                continue
            self._ask(f"{path}.{name}" if path else name, value, field.description or "")

    def _recalls(self) -> None:
        current = solution_document.read(self._document).recalls
        names = ", ".join(recall.name for recall in current) or "none"
        known = ", ".join(solutions.recall_titles())
        notice(f"Recalls: {names} (types: {known})")
        while added := _prompt("Add a recall, TYPE or TYPE:NAME (empty: none)", ""):
            self._try(partial(solutions.configure, self._document, {}, add=[added]))
        while removed := _prompt("Take a recall out, by its NAME (empty: none)", ""):
            self._try(partial(solutions.configure, self._document, {}, remove=[removed]))
        for index, recall in enumerate(solution_document.read(self._document).recalls):
            self._part(recall, f"recalls[{index}]")

    def _ranking(self) -> None:
        """The ranking form: whether there is one, its targets, then its fields."""
        before = solution_document.read(self._document).ranking
        if before is None:
            if typer.confirm("Train a ranking model (ranking)?", default=False, err=True):
                self._try(partial(solutions.configure, self._document, {"ranking.enabled": "true"}))
        else:
            self._part(before, "ranking")
        if (ranking := solution_document.read(self._document).ranking) is None:
            return
        notice(f"Targets: {', '.join(target.name for target in ranking.targets)}")
        while added := _prompt(f"Add or replace a target, {ranking_form.TARGET_FORM} (empty: none)", ""):
            self._try(partial(solutions.configure, self._document, {}, add_targets=[added]))
        while removed := _prompt("Take a target out, by its NAME (empty: none)", ""):
            self._try(partial(solutions.configure, self._document, {}, remove_targets=[removed]))

    def _ask(self, path: str, value: object, description: str) -> None:
        shown = _shown(value)
        while True:
            answer = _prompt(f"{description}\n{path}" if description else path, shown)
            if answer == shown or self._try(partial(self._checked, path, answer)):
                return

    def _checked(self, path: str, answer: str) -> str:
        """The document with one more answer; raises PairecError when that answer is wrong."""
        after = solutions.configure(self._document, {path: answer})
        wrong = [p for p in self._examine(after) if p.path == path or p.path.startswith(f"{path}[")]
        solutions.refuse_problems(wrong)
        return after

    def _try(self, change: Callable[[], str]) -> bool:
        try:
            self._document = change()
        except InvalidConfig as error:
            warn("; ".join(problem.message for problem in error.problems))
            return False
        except PairecError as error:
            warn(error.message)
            return False
        return True


def _shown(value: object) -> str:
    """A value as one answers it: lists as `3, 7, 15`, anything else as the document has it."""
    if isinstance(value, tuple) and all(isinstance(entry, (str, int)) for entry in value):
        return ", ".join(map(str, value))
    return solution_document.scalar(value)


def _prompt(question: str, default: str) -> str:
    answer: Any = typer.prompt(question, default=default, err=True, show_default=bool(default))
    return str(answer).strip()
