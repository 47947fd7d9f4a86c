"""The vocabularies: which values have an embedding of their own, and its row.

They are learned from the days that train; the last day, which is held out, adds nothing. Features that share
a vocabulary (an item and the items of a sequence) take the values of the first that is no sequence field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pairec_cli.domain.model_features import FIRST_KNOWN, ModelFeature, vocabularies
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.domain.tables import Column
from pairec_cli.features.script import Target, indent, literal, sql_node
from pairec_cli.ranking import training_set
from pairec_cli.ranking.encoding import Columns, entries, is_list, raw_text

_ABOUT = """\
Vocabularies of ranking model {name}: values of the {days} days before bizdate, in ids from {first}.
Most frequent first; values in fewer than {least} rows, and what exceeds the embedding table, have no id."""

_QUERY = """\
SELECT
    vocabulary,
    value,
    place + {offset} AS id,
    cnt
FROM (
    SELECT
        vocabulary,
        value,
        cnt,
        most,
        ROW_NUMBER() OVER (PARTITION BY vocabulary ORDER BY cnt DESC, value) AS place
    FROM (
        {counts}
    ) counted
) placed
WHERE place <= most"""

_COUNT = """\
SELECT {name} AS vocabulary, value, COUNT(*) AS cnt, {most} AS most
FROM (
    SELECT {value} AS value
    FROM {training} training{exploded}
    WHERE {window}
) seen
WHERE value <> ''
GROUP BY value
HAVING COUNT(*) >= {least}"""

COLUMNS = (
    Column("vocabulary", "STRING", "Name of the vocabulary"),
    Column("value", "STRING", "Value"),
    Column("id", "BIGINT", "Row of the embedding table; 0 is missing, 1 out of vocabulary"),
    Column("cnt", "BIGINT", "Training rows with the value"),
)


def node(solution: Solution, ranking: Ranking, features: Sequence[ModelFeature]) -> Node:
    """The node that writes every vocabulary of the model that is trained on bizdate."""
    names = TableNames(solution)
    table, training = names.ranking(ranking.name, "vocabulary"), names.training_set(ranking.name)
    types = {field.name: field.type for field in training_set.fields(solution, ranking, features)}
    text = query(features, types, training, window=training_window(ranking), least=ranking.min_count)
    about = _ABOUT.format(
        name=ranking.name, days=ranking.training_days - 1, first=FIRST_KNOWN, least=ranking.min_count
    )
    target = Target(table, COLUMNS, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    inputs = [training] if vocabularies(features) else []
    return sql_node(solution, table, target.filled_by(text), about=about, inputs=inputs)


def query(
    features: Sequence[ModelFeature], types: Mapping[str, str], training: str, *, window: str, least: int
) -> str:
    """Rows COLUMNS of every vocabulary, from the rows of `window` (a condition) in the table `training`,
    whose columns have the MaxCompute `types`; values in fewer than `least` rows are left out."""
    counts = [
        _count(feature, Columns(types, "training"), training, window, least)
        for feature in vocabularies(features).values()
    ]
    return _QUERY.format(
        offset=FIRST_KNOWN - 1, counts=indent("\nUNION ALL\n".join(counts) if counts else _none(), 2)
    )


def training_window(ranking: Ranking, column: str = "ds") -> str:
    """The condition for the days that train: all of the window but the last, which is held out."""
    return f"{column} > '${{bizdate_{ranking.training_days}}}' AND {column} < '${{bizdate}}'"


def _count(feature: ModelFeature, columns: Columns, training: str, window: str, least: int) -> str:
    exploded, value = "", raw_text(feature, columns)
    if is_list(feature):
        exploded = f"\n    LATERAL VIEW EXPLODE({entries(feature, value)}) listed AS entry"
        value = "listed.entry"
    return _COUNT.format(
        name=literal(feature.vocabulary),
        most=feature.num_buckets - FIRST_KNOWN,
        value=value,
        training=training,
        exploded=exploded,
        window=window,
        least=least,
    )


def _none() -> str:
    """No rows, for a model without vocabularies."""
    return "SELECT '' AS vocabulary, '' AS value, 0 AS cnt, 0 AS most WHERE 1 = 0"
