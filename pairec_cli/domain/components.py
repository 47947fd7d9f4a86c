"""What a `PAI -name … -D…` command runs: the contract of every file in `components/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from pairec_cli.domain.errors import SqlError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

NOTES = b"pairec.notes"
"""Key in an output table's schema metadata: what the run's log should say, one sentence per line."""


class ComponentParameters(BaseModel):
    """A component's `-D` parameters, named in Python as PAI names them in camel case."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    @classmethod
    def parse(cls, component: str, texts: Mapping[str, str]) -> Self:
        """Parameters from the texts of a command; raises SqlError for an unknown name or a bad value."""
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for name in texts:
            if name not in known:
                raise _unknown(component, name, known)
        try:
            return cls.model_validate(dict(texts), by_alias=True, by_name=False)
        except ValidationError as error:
            raise SqlError(f"{component}: {_sentences(error)}") from None


def _unknown(component: str, name: str, known: list[str]) -> SqlError:
    by_lower = {entry.lower(): entry for entry in known}
    close = nearest(name.lower(), by_lower)
    hint = f"did you mean -D{by_lower[close]}?" if close else f"known: {', '.join(sorted(known))}"
    return SqlError(f"{component} has no parameter {name!r}", hint=hint)


def _sentences(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors():
        where = "-D" + str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "missing":
            sentences.append(f"{where} is missing")
        else:
            value = f"={problem['input']}" if where else ""
            sentences.append(
                f"{where}{value}: {problem['msg'].removeprefix('Value error, ')}".removeprefix(": ")
            )
    return "; ".join(sentences)


class Component(Protocol):
    """Arrays in, arrays out: what to read and where to write is the caller's matter.

    The caller reads `input_columns` of `input_table_name`, calls `run` and writes its answer to
    `output_table_name`; the answer's schema metadata may hold `NOTES` for the log.
    """

    name: ClassVar[str]
    Parameters: ClassVar[type[ComponentParameters]]

    def input_columns(self, parameters: ComponentParameters) -> tuple[str, ...]:
        """The columns of the input table that `run` needs."""
        ...

    def run(self, inputs: pa.Table, parameters: ComponentParameters, *, threads: int) -> pa.Table:
        """The output table; raises DataError when the input cannot be used."""
        ...
