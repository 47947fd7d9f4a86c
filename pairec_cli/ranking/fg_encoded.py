"""Training rows as a trainer reads them: every feature an id, a list of ids or a number.

Columns are those of TorchEasyRec's fg_mode FG_NONE, named as the features: ids BIGINT, tags ids joined by
`,`, sequence fields ids joined by `;` (empty without a sequence), numbers DOUBLE and never NULL. Then the
labels, the weight, and whose row it is: `request_id`, `__<user id>__`, `__<item id>__`, `label_ds`.

A text that holds several values (tags, sequences) is encoded once however many rows have it, and joined back
by the text itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pairec_cli.domain.model_features import MISSING, Form, ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, RankingTarget, Solution
from pairec_cli.features.script import Field, Target, indent, literal, quoted, select_list, sql_node
from pairec_cli.ranking import encoding, training_set
from pairec_cli.ranking.encoding import Columns, is_list
from pairec_cli.ranking.label_table import SAMPLE_WEIGHT
from pairec_cli.ranking.vocabulary import training_window

TRAIN, EVAL = "fg_encoded", "fg_encoded_eval"
TAG_JOIN = ","

_ABOUT = """\
Encoded rows of ranking model {name}: {what}.
Ids are those of the vocabulary of bizdate: 0 missing, 1 out of vocabulary.
Columns are named as the features, as TorchEasyRec reads them in fg_mode FG_NONE."""

_QUERY = """\
SELECT
    {columns}
FROM (
    {rows}
) training{joins}"""

_ROWS = """\
SELECT
    {columns}
FROM {training}
WHERE {window}"""

_KNOWN = "SELECT value, id FROM {vocabularies} WHERE ds = '${{bizdate}}' AND vocabulary = {name}"

_ID_JOIN = """
LEFT JOIN ({known}) {alias}
    ON {text} = {alias}.value"""

_LIST_JOIN = """
LEFT JOIN (
    {query}
) {alias}
    ON {column} = {alias}.raw"""

_IDS = """\
SELECT listed.raw, WM_CONCAT({separator}, {value}) WITHIN GROUP (ORDER BY listed.place) AS ids
FROM (
    SELECT texts.raw, entries.place, entries.entry
    FROM (
        SELECT {column} AS raw
        FROM {training}
        WHERE {window}
            AND {column} IS NOT NULL
        GROUP BY {column}
    ) texts
    LATERAL VIEW POSEXPLODE({split}) entries AS place, entry
) listed{known}{given}
GROUP BY listed.raw"""

_SUM_JOIN = """
LEFT JOIN (
    SELECT
        {columns}
    FROM {training}
    LATERAL VIEW EXPLODE({split}) entries AS entry
    WHERE {window}
    GROUP BY {keys}
) {alias}
    ON {on}"""


@dataclass(frozen=True)
class Encoder:
    """Writes the encoding of the rows of `window` (a condition on ds)."""

    solution: Solution
    ranking: Ranking
    features: Sequence[ModelFeature]
    window: str

    @property
    def training(self) -> str:
        return TableNames(self.solution).training_set(self.ranking.name)

    @property
    def vocabularies(self) -> str:
        return TableNames(self.solution).ranking(self.ranking.name, "vocabulary")

    @cached_property
    def types(self) -> dict[str, str]:
        """Columns of the training set and their MaxCompute types."""
        columns = training_set.fields(self.solution, self.ranking, self.features)
        return {field.name: field.type for field in columns}

    @property
    def row_keys(self) -> list[str]:
        names = TableNames(self.solution)
        return ["ds", "request_id", names.user_id, names.item_id]

    def query(self) -> str:
        return _QUERY.format(
            columns=select_list(self.columns()), rows=indent(self.rows()), joins="".join(self.joins())
        )

    def columns(self) -> list[Field]:
        """Features, labels, weight, and whose row it is."""
        names = TableNames(self.solution)
        return [
            *map(self.encoded, self.features),
            *map(label_field, self.ranking.targets),
            Field(SAMPLE_WEIGHT, "DOUBLE", f"training.{SAMPLE_WEIGHT}", "Weight of the row"),
            Field("request_id", "STRING", "training.request_id", "Request that showed the item"),
            Field(f"__{names.user_id}__", "STRING", f"training.{names.user_id}", "User ID as it is"),
            Field(f"__{names.item_id}__", "STRING", f"training.{names.item_id}", "Item ID as it is"),
            Field("label_ds", "STRING", "training.ds", "Day of the labels"),
        ]

    def encoded(self, feature: ModelFeature) -> Field:
        """A feature's column, over training and what is joined to it."""
        columns, about = Columns(self.types, "training"), f"{feature.form}: {', '.join(feature.columns)}"
        first = feature.columns[0]
        if is_list(feature):
            nothing = literal("" if feature.sequence else str(MISSING))
            return Field(feature.name, "STRING", f"COALESCE({_ids(feature)}.ids, {nothing})", about)
        if feature.form is Form.LOOKUP:
            found = f"{_sums(feature) if feature.separator else 'training'}.{quoted(feature.name)}"
            return Field(feature.name, "DOUBLE", encoding.transformed(feature, found), about)
        if feature.form is Form.RAW:
            return Field(feature.name, "DOUBLE", encoding.transformed(feature, columns.double(first)), about)
        if feature.form is Form.BINNED:
            text = encoding.binned(feature.boundaries, columns.double(first))
        elif feature.form is Form.WHOLE:
            text = encoding.whole(feature, columns.value(first))
        else:
            text = encoding.known_id(f"{_ids(feature)}.id", encoding.raw_text(feature, columns))
        return Field(feature.name, "BIGINT", text, about)

    def rows(self) -> str:
        """Rows of the window: the columns that are encoded as they stand, and the numbers looked up."""
        columns = Columns(self.types)
        labels = [target.name for target in self.ranking.targets]
        read = [column for f in self.features if f.form is not Form.LOOKUP for column in f.columns]
        numbers = [
            Field(f.name, "DOUBLE", encoding.looked_up(f, columns.text(f.columns[1])))
            for f in self.features
            if f.form is Form.LOOKUP and not f.separator
        ]
        kept = map(quoted, dict.fromkeys([*self.row_keys, *labels, SAMPLE_WEIGHT, *read]))
        return _ROWS.format(
            columns=select_list([*kept, *numbers]), training=self.training, window=self.window
        )

    def joins(self) -> Iterator[str]:
        """Ids of single values, ids of texts with several, and look-ups by tags."""
        columns = Columns(self.types, "training")
        for feature in self.features:
            if is_list(feature):
                column = columns.value(feature.columns[0])
                yield _LIST_JOIN.format(query=indent(self.ids(feature)), alias=_ids(feature), column=column)
            elif feature.vocabulary:
                text = encoding.raw_text(feature, columns)
                yield _ID_JOIN.format(known=self.known(feature), alias=_ids(feature), text=text)
        by_key = {f.columns[1]: f for f in self.features if f.form is Form.LOOKUP and f.separator}
        for feature in by_key.values():
            yield self.sums(feature)

    def known(self, feature: ModelFeature) -> str:
        return _KNOWN.format(vocabularies=self.vocabularies, name=literal(feature.vocabulary))

    def ids(self, feature: ModelFeature) -> str:
        """Rows raw (a text with several values), ids (the text with their ids)."""
        if feature.form is Form.BINNED:
            value, known = encoding.binned(feature.boundaries, "CAST(listed.entry AS DOUBLE)"), ""
        else:
            value = encoding.known_id("known.id", "listed.entry")
            known = f"\nLEFT JOIN ({self.known(feature)}) known\n    ON listed.entry = known.value"
        return _IDS.format(
            separator=literal(encoding.ENTRY_SEPARATOR if feature.sequence else TAG_JOIN),
            value=value,
            column=quoted(feature.columns[0]),
            training=self.training,
            window=self.window,
            split=encoding.entries(feature, "texts.raw"),
            known=known,
            given="" if feature.sequence else "\nWHERE listed.entry <> ''",
        )

    def sums(self, feature: ModelFeature) -> str:
        """All look-ups by the tags that `feature` is looked up by: per row, the sum over its tags."""
        key = feature.columns[1]
        same = [f for f in self.features if f.form is Form.LOOKUP and f.columns[1] == key]
        numbers = [Field(f.name, "DOUBLE", f"SUM({encoding.looked_up(f, 'entries.entry')})") for f in same]
        alias = _sums(feature)
        return _SUM_JOIN.format(
            columns=indent(select_list([*self.row_keys, *numbers])),
            training=self.training,
            split=encoding.entries(feature, quoted(key)),
            window=self.window,
            keys=", ".join(self.row_keys),
            alias=alias,
            on=" AND ".join(f"training.{name} = {alias}.{name}" for name in self.row_keys),
        )


def label_field(target: RankingTarget) -> Field:
    """TorchEasyRec's AUC takes whole numbers only, so that a class is no DOUBLE."""
    name, about = f"training.{quoted(target.name)}", f"Label: {target.expression}"
    if target.type == "classification":
        return Field(target.name, "BIGINT", f"CAST({name} AS BIGINT)", about)
    return Field(target.name, "DOUBLE", name, about)


def _ids(feature: ModelFeature) -> str:
    return f"ids_{feature.name}"


def _sums(feature: ModelFeature) -> str:
    return f"by_{feature.columns[1]}"


def nodes(solution: Solution, ranking: Ranking, features: Sequence[ModelFeature]) -> list[Node]:
    """The nodes that encode the days that train, and the day that is held out."""
    days = ranking.training_days - 1
    train = f"{days} day{'s' if days > 1 else ''} before bizdate, to train on"
    return [
        _node(Encoder(solution, ranking, features, training_window(ranking)), TRAIN, train),
        _node(Encoder(solution, ranking, features, "ds = '${bizdate}'"), EVAL, "bizdate, held out"),
    ]


def _node(encoder: Encoder, part: str, what: str) -> Node:
    solution, name = encoder.solution, encoder.ranking.name
    about = _ABOUT.format(name=name, what=what)
    table = TableNames(solution).ranking(name, part)
    lifecycle = solution.data_tables.behavior.lifecycle
    target = Target(table, encoder.columns(), about.split("\n")[0], lifecycle)
    inputs = [encoder.training]
    inputs += [encoder.vocabularies] if any(feature.vocabulary for feature in encoder.features) else []
    return sql_node(solution, table, target.filled_by(encoder.query()), about=about, inputs=inputs)
