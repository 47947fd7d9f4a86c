"""The samples as a model with two towers reads them, and the catalog as its sampler does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pairec_cli.domain.model_features import FIRST_KNOWN, Form, ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.domain.tables import Column
from pairec_cli.features.script import Field, Target, number, quoted, sql_node
from pairec_cli.ranking import vocabulary
from pairec_cli.ranking.fg_encoded import Encoder, label_field
from pairec_cli.ranking.label_table import SAMPLE_WEIGHT
from pairec_cli.recall.vector import (
    EVAL_ROWS,
    ITEMS,
    POSITIVES,
    SAMPLER,
    SAMPLES,
    TRAIN_ROWS,
    USERS,
    VOCABULARY,
    VectorRecallConfig,
    label,
    table,
)
from pairec_cli.recall.vector_features import VectorFeatures
from pairec_cli.recall.vector_samples import sample_fields

ATTRIBUTE_DELIMITER = ":"
"""Between the features of an item in the sampler's table."""
TAG_DELIMITER = 29
"""Code of the character between the ids of a tag there."""

_VOCABULARY_ABOUT = """\
Vocabularies of recall {name}: values of the training samples, in ids from 2.
Most frequent first; values in fewer than {least} samples have no id."""

_ABOUT = """\
Encoded rows of recall {name}: {what}.
Ids are those of the vocabulary of bizdate: 0 missing, 1 out of vocabulary."""

_SAMPLER = """\
SELECT
    {id} AS id,
    POW(users, {exponent}) AS weight,
    CONCAT_WS('{delimiter}', {attributes}) AS attrs
FROM (SELECT * FROM {items} WHERE ds = '${{bizdate}}'{known}) item
JOIN (
    SELECT {iid}, CAST(COUNT(*) AS DOUBLE) AS users
    FROM {positives}
    WHERE ds = '${{bizdate}}'
    GROUP BY {iid}
) met
    ON item.__{iid}__ = met.{iid}"""

_SAMPLER_COLUMNS = (
    Column("id", "BIGINT", "Encoded item id"),
    Column("weight", "DOUBLE", "How often the item is drawn as a negative"),
    Column("attrs", "STRING", "Encoded features of the item, joined"),
)


@dataclass(frozen=True)
class _SampleEncoder(Encoder):
    """Rows of the samples instead of the ranking's training set."""

    config: VectorRecallConfig = field(default_factory=lambda: VectorRecallConfig(type="", name="recall"))
    fields: tuple[Field, ...] = ()
    with_label: bool = True

    @property
    def training(self) -> str:
        return table(self.config, self.solution, SAMPLES)

    @property
    def vocabularies(self) -> str:
        return table(self.config, self.solution, VOCABULARY)

    @cached_property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.fields}

    @property
    def row_keys(self) -> list[str]:
        names = TableNames(self.solution)
        return ["request_id", names.user_id, names.item_id, "label_ds"]

    def columns(self) -> list[Field]:
        """Features, then whose row it is; rows to learn from also have the label and its weight."""
        names = TableNames(self.solution)
        user, item = (
            Field(f"__{key}__", "STRING", f"training.{key}", f"{what} as it is")
            for key, what in ((names.user_id, "User ID"), (names.item_id, "Item ID"))
        )
        encoded = [self.encoded(feature) for feature in self.features]
        if not self.with_label:
            return [*encoded, user if any(f.side == "user" for f in self.features) else item]
        return [
            *encoded,
            label_field(self.ranking.targets[0]),
            Field(SAMPLE_WEIGHT, "DOUBLE", f"training.{SAMPLE_WEIGHT}", "Weight of the row"),
            user,
            item,
            Field("label_ds", "STRING", "training.label_ds", "Day of the event"),
        ]


def encoding_nodes(config: VectorRecallConfig, solution: Solution, features: VectorFeatures) -> list[Node]:
    """Vocabulary, rows to train on, rows held out, users where they get vectors, items, sampler."""
    of_user, of_item = [*features.user, *features.history], features.item
    known = "" if config.for_cold_start else _known(config, solution, features.item[0].name)
    parts: list[tuple[str, str, str, Sequence[ModelFeature], str]] = [
        (TRAIN_ROWS, "train", "to train on", features.all, ""),
        (EVAL_ROWS, "eval", "held out", features.all, ""),
        (USERS, "user", "users with their history", of_user, ""),
        (ITEMS, "item", "the items that are recalled", of_item, known),
    ]
    fields = tuple(sample_fields(config, solution, features))
    if config.is_online_mode:
        parts = [one for one in parts if one[0] != USERS]
    nodes = [_vocabulary_node(config, solution, features, fields)]
    for part, what, about, read, more in parts:
        ranking = Ranking(name=config.name, targets=(label(config),), rank_score="${x}")
        encoder = _SampleEncoder(
            solution,
            ranking,
            read,
            f"ds = '${{bizdate}}' AND part = '{what}'{more}",
            config,
            fields,
            part in (TRAIN_ROWS, EVAL_ROWS),
        )
        nodes.append(_rows_node(encoder, part, about))
    return [*nodes, _sampler_node(config, solution, features)]


def _known(config: VectorRecallConfig, solution: Solution, item_id: str) -> str:
    """The condition for items that have an id of their own."""
    vocabularies = table(config, solution, VOCABULARY)
    return (
        f"\n    AND {item_id} IN (SELECT value FROM {vocabularies} "
        f"WHERE ds = '${{bizdate}}' AND vocabulary = '{item_id}')"
    )


def _vocabulary_node(
    config: VectorRecallConfig, solution: Solution, features: VectorFeatures, fields: Sequence[Field]
) -> Node:
    name, samples = table(config, solution, VOCABULARY), table(config, solution, SAMPLES)
    text = vocabulary.query(
        features.all,
        {column.name: column.type for column in fields},
        samples,
        window="ds = '${bizdate}' AND part = 'train'",
        least=config.min_count,
    )
    about = _VOCABULARY_ABOUT.format(name=config.name, least=config.min_count)
    target = Target(name, vocabulary.COLUMNS, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    return sql_node(solution, name, target.filled_by(text), about=about, inputs=[samples])


def _rows_node(encoder: _SampleEncoder, part: str, what: str) -> Node:
    solution, name = encoder.solution, table(encoder.config, encoder.solution, part)
    about = _ABOUT.format(name=encoder.config.name, what=what)
    lifecycle = solution.data_tables.behavior.lifecycle
    target = Target(name, encoder.columns(), about.split("\n")[0], lifecycle)
    inputs = [encoder.training, encoder.vocabularies]
    return sql_node(solution, name, target.filled_by(encoder.query()), about=about, inputs=inputs)


def _sampler_node(config: VectorRecallConfig, solution: Solution, features: VectorFeatures) -> Node:
    """TorchEasyRec's sampler table: each item with its weight and its features in one text."""
    name, iid = table(config, solution, SAMPLER), features.item[0].name
    items, positives = table(config, solution, ITEMS), table(config, solution, POSITIVES)
    query = _SAMPLER.format(
        id=f"item.{iid}",
        iid=iid,
        exponent=number(config.negative_sampler.popularity),
        delimiter=ATTRIBUTE_DELIMITER,
        attributes=", ".join(_attribute(feature) for feature in features.item),
        items=items,
        positives=positives,
        known=f" AND {iid} >= {FIRST_KNOWN}" if config.for_cold_start else "",
    )
    about = f"Items that recall {config.name} draws its negatives from, each with its encoded features."
    target = Target(name, _SAMPLER_COLUMNS, about, solution.data_tables.behavior.lifecycle)
    inputs = [items, positives]
    return sql_node(solution, name, target.filled_by(query), about=about, inputs=inputs)


def _attribute(feature: ModelFeature) -> str:
    value = f"item.{quoted(feature.name)}"
    if feature.form is Form.TAG:
        return f"REPLACE({value}, ',', CHR({TAG_DELIMITER}))"
    return f"CAST({value} AS STRING)"
