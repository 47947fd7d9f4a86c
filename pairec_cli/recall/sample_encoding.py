"""Samples of a recall's own model as encoded rows: their vocabulary, and one table for each use of them.

A samples table has the columns `part` (what the row is for), the keys of its rows, the model's raw inputs,
the label and its weight; encoded rows have the inputs, the label where there is one, and what is kept as it
is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pairec_cli.domain.model_features import FIRST_KNOWN, Form, ModelFeature, Side
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, RankingTarget, Solution
from pairec_cli.features.columns import Attribute, Kind
from pairec_cli.features.script import Field, Target, sql_node
from pairec_cli.ranking import vocabulary
from pairec_cli.ranking.fg_encoded import Encoder, label_field
from pairec_cli.ranking.label_table import SAMPLE_WEIGHT

READ = (Kind.CATEGORICAL, Kind.TAG)
"""Attributes that models of recalls read."""

_VOCABULARY_ABOUT = """\
Vocabularies of recall {name}: values of the training samples, in ids from {first}.
Most frequent first; values in fewer than {least} samples have no id."""

_ROWS_ABOUT = """\
Encoded rows of recall {name}: {what}.
Ids are those of the vocabulary of bizdate: 0 missing, 1 out of vocabulary."""


@dataclass(frozen=True)
class Samples:
    """A samples table, and what is read of it."""

    recall: str
    """Name of the recall."""
    table: str
    vocabularies: str
    fields: tuple[Field, ...]
    """Columns of the table."""
    keys: tuple[str, ...]
    """Columns that tell rows apart."""
    label: str

    @property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.fields}


@dataclass(frozen=True)
class _SampleEncoder(Encoder):
    """Rows of a samples table instead of the ranking's training set."""

    samples: Samples = field(default_factory=lambda: Samples("", "", "", (), (), ""))
    kept: tuple[Field, ...] = ()
    with_label: bool = True

    @property
    def training(self) -> str:
        return self.samples.table

    @property
    def vocabularies(self) -> str:
        return self.samples.vocabularies

    @cached_property
    def types(self) -> dict[str, str]:
        return self.samples.types

    @property
    def row_keys(self) -> list[str]:
        return [*self.samples.keys]

    def columns(self) -> list[Field]:
        """Features, label and weight where the rows are learned from, then what is kept."""
        found = [self.encoded(feature) for feature in self.features]
        if self.with_label:
            found += [
                label_field(self.ranking.targets[0]),
                Field(SAMPLE_WEIGHT, "DOUBLE", f"training.{SAMPLE_WEIGHT}", "Weight of the row"),
            ]
        return [*found, *self.kept]


def raw_id(name: str, what: str) -> Field:
    """An id as it is, kept beside the encoded inputs as `__<name>__`."""
    return Field(f"__{name}__", "STRING", f"training.{name}", f"{what} as it is")


def vocabulary_node(
    solution: Solution, samples: Samples, features: Sequence[ModelFeature], window: str, least: int
) -> Node:
    """The node that gives values of the rows of `window` (a condition) their ids."""
    name = samples.vocabularies
    text = vocabulary.query(features, samples.types, samples.table, window=window, least=least)
    about = _VOCABULARY_ABOUT.format(name=samples.recall, first=FIRST_KNOWN, least=least)
    target = Target(name, vocabulary.COLUMNS, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    return sql_node(solution, name, target.filled_by(text), about=about, inputs=[samples.table])


def rows_node(
    solution: Solution,
    samples: Samples,
    name: str,
    features: Sequence[ModelFeature],
    window: str,
    what: str,
    kept: Sequence[Field],
    *,
    with_label: bool = True,
) -> Node:
    """The node that encodes the rows of `window` into the table `name`."""
    ranking = Ranking(
        name=samples.recall,
        targets=(RankingTarget(name=samples.label, expression="1"),),
        rank_score="${x}",
    )
    encoder = _SampleEncoder(solution, ranking, features, window, samples, tuple(kept), with_label)
    about = _ROWS_ABOUT.format(name=samples.recall, what=what)
    target = Target(name, encoder.columns(), about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    return sql_node(
        solution,
        name,
        target.filled_by(encoder.query()),
        about=about,
        inputs=[samples.table, samples.vocabularies],
    )


def id_feature(name: str, owner: Side, vocabulary_name: str = "") -> ModelFeature:
    """An id; its size is not known yet."""
    return ModelFeature(
        name, Form.ID, owner, (name,), sources=(name,), sides=(owner,), vocabulary=vocabulary_name or name
    )


def attribute_feature(attribute: Attribute, owner: Side) -> ModelFeature:
    """A categorical or tag attribute, under its name in the wide table."""
    tag = attribute.kind is Kind.TAG
    return ModelFeature(
        attribute.wide,
        Form.TAG if tag else Form.ID,
        owner,
        (attribute.wide,),
        sources=(attribute.field.name,),
        sides=(owner,),
        vocabulary=attribute.wide,
        separator=attribute.tag_separator if tag else "",
    )


def project_table(solution: Solution, recall: str, part: str) -> str:
    """`project.table` of one of the recall's tables."""
    names = TableNames(solution)
    return names.qualified(names.recall(recall, part))
