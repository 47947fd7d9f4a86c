"""The inputs of the ranking model, from the solution's form.

    id        user and item, categorical attributes, categorical columns of the behavior log (context)
    tag       tag attributes
    numbers   numerical attributes, days since registration and publication, counts, ratios, sums and means
    lookup    `user__kv_<attribute>_…` looked up by the item's attribute, `item__kv_…` by the user's
    whole     hour of the day, day of the week
    sequence  per event of `sequence_events`: item id, the item's categorical attributes, time since (`ts`)
    combo     the pairs of the form

A column is named in the training set as in the wide table (`features/columns.py`); a feature of one column is
named as its column. What the behavior log tells of an item is taken as the request's own, as the request must
carry it when the model serves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pairec_cli.domain.errors import InvalidConfig, Problem, nearest
from pairec_cli.domain.model_features import Form, ModelFeature, Side
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.columns import (
    Attribute,
    Kind,
    context_attributes,
    entity_attributes,
)
from pairec_cli.features.spec import SIDES, FeatureKind, FeatureSpec, slug, statistics
from pairec_cli.ranking import label_table
from pairec_cli.ranking.widths import buckets, width

UNKNOWN_IDS, UNKNOWN_VALUES = 50_000, 1_000
"""Distinct values taken for ids of users and items, and for anything else, where nobody has counted."""

NUMBER_BOUNDARIES = tuple(
    [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
    + [base * 10.0**power for power in range(6) for base in (1, 2, 5)]
    + [1e6]
)
"""Bins of any number: 1-2-5 steps, so that shares, counts and sums all fall apart."""

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
AGE_BOUNDARIES = (
    *(n * _MINUTE for n in (1, 5, 15, 30)),
    *(n * _HOUR for n in (1, 2, 4, 8)),
    *(n * _DAY for n in (1, 2, 3, 5, 7, 10, 15, 30)),
)
"""Bins of the seconds since an event of a sequence."""

CLOCK = {"day_h": 24, "week_day": 7}
"""Context columns that are whole numbers below a bound."""


TIME_FIELD = "ts"
"""Field of a sequence with the seconds since each event."""


@dataclass(frozen=True)
class Sequence:
    """A user's latest items of one event: columns `<name>__<field>` of the sequence tables.

    `fields` maps a field to the item attribute that it holds; the item id and TIME_FIELD are not among them.
    """

    event: str
    length: int
    item_id: str
    fields: Mapping[str, Attribute]

    @property
    def name(self) -> str:
        return f"{slug(self.event)}_{self.length}_seq"

    def column(self, field: str) -> str:
        return f"{self.name}__{field}"


def sequences(solution: Solution) -> list[Sequence]:
    """The sequences of the form, one per event."""
    ranking = _ranking(solution)
    fields = {a.wide: a for a in entity_attributes(solution, TableRole.ITEM) if a.kind is Kind.CATEGORICAL}
    item_id = TableNames(solution).item_id
    return [Sequence(event, ranking.sequence_length, item_id, fields) for event in ranking.sequence_events]


def model_features(solution: Solution, sizes: Mapping[str, int] | None = None) -> list[ModelFeature]:
    """The inputs that the form asks for. `sizes` maps vocabularies to distinct values in the data.

    Raises InvalidConfig when the form names columns or features that there are not.
    """
    if problems := feature_problems(solution):
        raise InvalidConfig("solution", problems, hint="pairec solution validate")
    return _sized(
        [f for f in _all_features(solution) if _wanted(f, _ranking(solution))], solution, sizes or {}
    )


def feature_problems(solution: Solution) -> list[Problem]:
    """What the ranking form names and is not there, and what would be named twice."""
    ranking = _ranking(solution)
    return _unknown_combos(solution, ranking) or _unknown_selected(solution, ranking) + _unknown_events(
        solution, ranking
    ) + _repeated(solution, ranking)


def _unknown_combos(solution: Solution, ranking: Ranking) -> list[Problem]:
    known = {f.name for f in _plain_features(solution) if f.form in (Form.ID, Form.WHOLE) and not f.sequence}
    return [
        Problem("ranking.combos", _unknown("categorical column", name, known), name)
        for pair in ranking.combos
        for name in pair
        if name not in known
    ]


def _unknown_selected(solution: Solution, ranking: Ranking) -> list[Problem]:
    known = {name for f in _all_features(solution) for name in (f.name, f.sequence) if name}
    return [
        Problem("ranking.select", _unknown("model feature", name, known), name)
        for name in ranking.select
        if name not in known
    ]


def _unknown_events(solution: Solution, ranking: Ranking) -> list[Problem]:
    behavior = solution.data_tables.behavior
    known = {*behavior.event_values, *solution.features.key_behaviors}
    problems = [
        Problem("ranking.sequence_events", _unknown("behavior event", event, known), event)
        for event in ranking.sequence_events
        if event not in known
    ]
    if ranking.scenes and not behavior.scene:
        message = "the behavior table has no scenario field (data_tables.behavior.scene)"
        problems.append(Problem("ranking.scenes", message, list(ranking.scenes)))
    return problems


def _repeated(solution: Solution, ranking: Ranking) -> list[Problem]:
    """Columns of the training rows that would have one name; capitals make no difference."""
    fixed = [field.name for field in label_table.fields(solution, ranking)]
    features = _all_features(solution)
    inputs = [feature.name for feature in features]
    taken = {*fixed[: -1 - len(ranking.targets)], *inputs, *(c for f in features for c in f.columns)}
    taken = {name.lower() for name in (*taken, "ds", "label_ds", label_table.SAMPLE_WEIGHT)}
    problems = [
        Problem(
            f"ranking.targets[{index}].name",
            f"{target.name!r} is the name of another column of the training set",
            target.name,
        )
        for index, target in enumerate(ranking.targets)
        if target.name.lower() in taken
    ]
    return problems + [
        Problem("ranking", f"{count} model features would be named {name!r}", name)
        for name, count in Counter(name.lower() for name in inputs).items()
        if count > 1
    ]


def _unknown(kind: str, name: str, known: set[str]) -> str:
    close = nearest(name, known)
    return f"{name!r} is no {kind}" + (f"; did you mean {close!r}?" if close else "")


def _wanted(feature: ModelFeature, ranking: Ranking) -> bool:
    """Whether the form keeps it: an excluded column takes every feature with it that reads the column."""
    names = {feature.name, feature.sequence}
    if {*names, *feature.columns, *feature.sources} & set(ranking.exclude):
        return False
    return not ranking.select or bool(names & set(ranking.select))


def _ranking(solution: Solution) -> Ranking:
    return solution.ranking or Ranking()


def _all_features(solution: Solution) -> list[ModelFeature]:
    plain = _plain_features(solution)
    by_name = {feature.name: feature for feature in plain}
    return [*plain, *(_combo(by_name[a], by_name[b]) for a, b in _ranking(solution).combos)]


def _plain_features(solution: Solution) -> list[ModelFeature]:
    return [
        *_entity(solution, TableRole.USER),
        *_entity(solution, TableRole.ITEM),
        *_context(solution),
        *_lookups(solution),
        *_sequence_features(solution),
    ]


def _single(name: str, form: Form, side: Side, source: str = "", vocabulary: str = "") -> ModelFeature:
    return ModelFeature(
        name, form, side, (name,), sources=(source or name,), sides=(side,), vocabulary=vocabulary
    )


def _entity(solution: Solution, role: TableRole) -> Iterator[ModelFeature]:
    """A side's id, attributes, and those statistics that are numbers."""
    names = TableNames(solution)
    side: Side = "user" if role is TableRole.USER else "item"
    key = names.user_id if role is TableRole.USER else names.item_id
    yield _single(key, Form.ID, side, vocabulary=key)
    for attribute in entity_attributes(solution, role):
        yield _attribute(attribute, side, solution)
    for spec in statistics(solution, role):
        if spec.kind in (FeatureKind.COUNT, FeatureKind.RATIO, FeatureKind.NUMERIC):
            yield _number(_single(spec.name, Form.RAW, side), solution)


def _attribute(attribute: Attribute, side: Side, solution: Solution) -> ModelFeature:
    name, source = attribute.wide, attribute.field.name
    if attribute.kind is Kind.CATEGORICAL:
        return _single(name, Form.ID, side, source, name)
    if attribute.kind is Kind.TAG:
        return replace(_single(name, Form.TAG, side, source, name), separator=attribute.tag_separator)
    return _number(_single(name, Form.RAW, side, source), solution)


def _number(feature: ModelFeature, solution: Solution) -> ModelFeature:
    if _ranking(solution).numeric == "binned":
        return replace(feature, form=Form.BINNED, boundaries=NUMBER_BOUNDARIES)
    return replace(feature, transform="log")


def _context(solution: Solution) -> Iterator[ModelFeature]:
    """What the request itself tells."""
    for role in SIDES:
        for attribute in context_attributes(solution, role):
            yield _attribute(attribute, "context", solution)
    for name, bound in CLOCK.items():
        yield replace(_single(name, Form.WHOLE, "context"), num_buckets=bound)


def _lookups(solution: Solution) -> Iterator[ModelFeature]:
    """Preferred-attribute statistics of each side, looked up by the other side's attribute."""
    chosen = solution.ranking.lookup_periods if solution.ranking else ()
    periods = chosen or (max(solution.features.periods),)
    for role in SIDES:
        other = TableRole.ITEM if role is TableRole.USER else TableRole.USER
        keys: dict[str, tuple[Attribute, Side]] = {
            attribute.wide: (attribute, "context") for attribute in context_attributes(solution, other)
        }
        keys |= {a.wide: (a, _side(other)) for a in entity_attributes(solution, other)}
        for spec in statistics(solution, role):
            if spec.kind in (FeatureKind.KV, FeatureKind.KV_RATIO) and spec.window in periods:
                yield _lookup(spec, _side(role), *keys[spec.attribute or ""])


def _lookup(spec: FeatureSpec, side: Side, key: Attribute, key_side: Side) -> ModelFeature:
    return ModelFeature(
        spec.name,
        Form.LOOKUP,
        "cross",
        (spec.name, key.wide),
        sources=(spec.name, key.field.name),
        sides=(side, key_side),
        separator=key.tag_separator,
        transform="log",
    )


def _side(role: TableRole) -> Side:
    return "user" if role is TableRole.USER else "item"


def _sequence_features(solution: Solution) -> Iterator[ModelFeature]:
    for sequence in sequences(solution):
        for field in (sequence.item_id, *sequence.fields):
            name = sequence.column(field)
            yield _of(sequence, _single(name, Form.ID, "user", vocabulary=field))
        since = replace(_single(sequence.column(TIME_FIELD), Form.BINNED, "user"), boundaries=AGE_BOUNDARIES)
        yield _of(sequence, since)


def _of(sequence: Sequence, feature: ModelFeature) -> ModelFeature:
    return replace(feature, sequence=sequence.name, sequence_length=sequence.length)


def _combo(first: ModelFeature, second: ModelFeature) -> ModelFeature:
    name = f"{first.name}_x_{second.name}"
    return ModelFeature(
        name,
        Form.COMBO,
        first.side if first.side == second.side else "cross",
        (*first.columns, *second.columns),
        sources=(*first.sources, *second.sources),
        sides=(*first.sides, *second.sides),
        vocabulary=name,
    )


def _sized(features: list[ModelFeature], solution: Solution, sizes: Mapping[str, int]) -> list[ModelFeature]:
    """With embedding tables as large as the data asks for.

    DeepFM multiplies embeddings with each other: there all are as wide as the widest.
    """
    ranking = _ranking(solution)
    counts = {feature.name: _distinct(feature, solution, sizes) for feature in features}
    widths = {name: width(ranking.embed_dim_policy, count) for name, count in counts.items()}
    if ranking.model == "deepfm":
        widest = max((widths[f.name] for f in features if not f.is_dense), default=0)
        widths = dict.fromkeys(widths, widest)
    return [
        feature
        if feature.is_dense
        else replace(
            feature,
            num_buckets=_buckets(feature, counts[feature.name]),
            embedding_dim=widths[feature.name],
        )
        for feature in features
    ]


def _buckets(feature: ModelFeature, distinct: int) -> int:
    return buckets(distinct) if feature.vocabulary else distinct


def _distinct(feature: ModelFeature, solution: Solution, sizes: Mapping[str, int]) -> int:
    """Values of a feature: counted, known from its form, or a guess.

    A combination that is not counted has as many as its parts have pairs, when those are counted.
    """
    if feature.form is Form.BINNED:
        return len(feature.boundaries) + 2
    if feature.form is Form.WHOLE:
        return feature.num_buckets
    if feature.vocabulary in sizes:
        return sizes[feature.vocabulary]
    if feature.form is Form.COMBO:
        parts = [CLOCK.get(column) or sizes.get(column) for column in feature.columns]
        return parts[0] * parts[1] if parts[0] and parts[1] else UNKNOWN_VALUES
    names = TableNames(solution)
    return UNKNOWN_IDS if feature.vocabulary in (names.user_id, names.item_id) else UNKNOWN_VALUES
