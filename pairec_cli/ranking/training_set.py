"""The training set: labels of a day with what was known of user and item the day before.

Labels of T join user features of T-1, item features of T-1, and the sequences of the same request. Users and
items that the day before did not know keep their rows, with NULL features. Only columns that a feature of the
model reads are taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features import all_feat
from pairec_cli.features.columns import entity_attributes
from pairec_cli.features.script import Field, Target, days_before, quoted, select_list, sql_node
from pairec_cli.ranking import label_table, sequences

_ABOUT = """\
Training set of ranking model {name}: labels of bizdate with features of the day before.
A user or item without features on that day keeps its row, with NULL features.
Sequences are those of the same request."""

_QUERY = """\
SELECT
    {columns}
FROM (SELECT * FROM {labels} WHERE ds = '${{bizdate}}') label{joins}"""

_JOIN = """
LEFT JOIN (SELECT * FROM {table} WHERE ds = '{day}') {alias}
    ON {keys}"""


@dataclass(frozen=True)
class _Side:
    """A table that the labels are joined with, and its columns under their names in the training set."""

    alias: str
    table: str
    day: str
    keys: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def join(self) -> str:
        keys = " AND ".join(f"label.{key} = {self.alias}.{key}" for key in self.keys)
        return _JOIN.format(table=self.table, day=self.day, alias=self.alias, keys=keys)


def fields(solution: Solution, ranking: Ranking, features: Sequence[ModelFeature]) -> list[Field]:
    """Columns with their expressions over label, user_features, item_features and sequence."""
    labels = label_table.fields(solution, ranking)
    found = [Field(field.name, field.type, f"label.{quoted(field.name)}", field.comment) for field in labels]
    return found + [field for side in _sides(solution, features) for field in side.fields]


def node(solution: Solution, ranking: Ranking, features: Sequence[ModelFeature]) -> Node:
    """The node that writes the training rows of one day."""
    names = TableNames(solution)
    labels, table = names.ranking(ranking.name, "label_table"), names.training_set(ranking.name)
    sides = _sides(solution, features)
    columns = fields(solution, ranking, features)
    query = _QUERY.format(
        columns=select_list(columns), labels=labels, joins="".join(side.join for side in sides)
    )
    about = _ABOUT.format(name=ranking.name)
    target = Target(table, columns, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    inputs = [labels, *(side.table for side in sides)]
    return sql_node(solution, table, target.filled_by(query), about=about, inputs=inputs)


def _sides(solution: Solution, features: Sequence[ModelFeature]) -> list[_Side]:
    """Those tables that a feature reads from."""
    names = TableNames(solution)
    read = {column for feature in features for column in feature.columns}
    sides = [
        _entity(solution, TableRole.USER, read),
        _entity(solution, TableRole.ITEM, read),
        _Side(
            "sequence",
            names.sequence(sequences.WHOLE),
            days_before(0),
            (names.user_id, "request_id"),
            tuple(
                Field(column.name, column.type, f"sequence.{column.name}", column.comment)
                for column in sequences.columns(solution)
                if column.name in read
            ),
        ),
    ]
    return [side for side in sides if side.fields]


def _entity(solution: Solution, role: TableRole, read: set[str]) -> _Side:
    """Attributes are named as in the wide table, where two sides' names cannot clash."""
    alias = f"{role}_features"
    wide = {attribute.field.name: attribute.wide for attribute in entity_attributes(solution, role)}
    key, *rest = all_feat.fields(solution, role)
    found = [
        Field(
            wide.get(field.name, field.name),
            field.type,
            f"{alias}.{quoted(field.name)}",
            field.comment,
        )
        for field in rest
        if wide.get(field.name, field.name) in read
    ]
    table = TableNames(solution).all_feat(role)
    return _Side(alias, table, days_before(1), (key.name,), tuple(found))
