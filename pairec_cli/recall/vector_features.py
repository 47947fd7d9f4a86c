"""What a model with two towers reads: ids, attributes, and the user's history.

    user    categorical and tag attributes; numbers, in bins, where the method reads them
    item    its id, categorical and tag attributes; numbers that the form names, and how many users took it,
            likewise
    history the items that the user took before, latest first: id and categorical attributes

Counters and statistics are left out: towers compare all items with all users, and what is popular the ids
learn. Users have no id here, so that a user of yesterday and one of today are the same to the model but for
what they did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pairec_cli.domain.errors import InvalidConfig, Problem, nearest
from pairec_cli.domain.model_features import Form, ModelFeature, Side
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.columns import Attribute, Kind, entity_attributes
from pairec_cli.ranking.feature_list import UNKNOWN_IDS, UNKNOWN_VALUES
from pairec_cli.ranking.widths import buckets, width
from pairec_cli.recall.vector import VectorRecallConfig

READ = (Kind.CATEGORICAL, Kind.TAG)
TAKERS = "item_users"
"""How many users took an item within the training days, where the method reads it."""
_RENARD = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
NUMBER_BOUNDARIES = (0.0, *(round(step * 10.0**power, 4) for power in range(-1, 6) for step in _RENARD), 1e6)
"""Bins of any number: preferred numbers (ISO 3, R10), ten to a decade, so that ages fall apart too."""


@dataclass(frozen=True)
class VectorFeatures:
    """The inputs of one recall's model, by what they belong to."""

    user: tuple[ModelFeature, ...]
    item: tuple[ModelFeature, ...]
    """The id first."""
    history: tuple[ModelFeature, ...]
    """Fields of one sequence, the item id first."""

    @property
    def all(self) -> list[ModelFeature]:
        return [*self.user, *self.item, *self.history]

    @property
    def item_preference(self) -> tuple[ModelFeature, ...]:
        """What was seen of an item: nothing of a new one."""
        return tuple(f for f in self.item if f.name in (self.item[0].name, TAKERS))

    @property
    def item_content(self) -> tuple[ModelFeature, ...]:
        return tuple(f for f in self.item if f not in self.item_preference)

    @property
    def sequence(self) -> str:
        return self.history[0].sequence


def chosen(config: VectorRecallConfig, solution: Solution, role: TableRole) -> list[Attribute]:
    """The attributes of one side that the form asks for. Raises InvalidConfig for one that there is not."""
    field = "user_attributes" if role is TableRole.USER else "item_attributes"
    wanted: tuple[str, ...] = getattr(config, field)
    kinds = (*READ, Kind.NUMERIC) if config.for_cold_start else READ
    known = {a.field.name: a for a in entity_attributes(solution, role) if a.kind in kinds}
    problems = [
        Problem(f"{config.name}.{field}", _unknown(name, known), name) for name in wanted if name not in known
    ]
    if problems:
        raise InvalidConfig("recall", problems, hint=f"name {' or '.join(kinds)} attributes")
    if wanted:
        return [attribute for name, attribute in known.items() if name in wanted]
    usual = READ if role is TableRole.ITEM else kinds
    return [attribute for attribute in known.values() if attribute.kind in usual]


def _unknown(name: str, known: Mapping[str, Attribute]) -> str:
    close = nearest(name, known)
    return f"{name!r} is no attribute" + (f"; did you mean {close!r}?" if close else "")


def vector_features(
    config: VectorRecallConfig, solution: Solution, sizes: Mapping[str, int] | None = None
) -> VectorFeatures:
    """The model's inputs. `sizes` maps vocabularies to distinct values in the data, where they are counted.

    Raises InvalidConfig as `chosen` does.
    """
    item_id, counted = TableNames(solution).item_id, sizes or {}
    users, items = (chosen(config, solution, role) for role in (TableRole.USER, TableRole.ITEM))
    item = [_id(item_id, "item"), *(_attribute(attribute, "item") for attribute in items)]
    if config.for_cold_start:
        item.insert(1, _binned(_id(TAKERS, "item")))
    found = VectorFeatures(
        tuple(_attribute(attribute, "user") for attribute in users),
        tuple(item),
        tuple(_history(config, item)),
    )
    return VectorFeatures(
        *(
            tuple(_sized(feature, config, item_id, counted) for feature in part)
            for part in (found.user, found.item, found.history)
        )
    )


def history_name(config: VectorRecallConfig) -> str:
    """The sequence's name; a field's column is `<name>__<field>`."""
    return f"history_{config.sequence_length}_seq"


def _id(name: str, side: Side, source: str = "") -> ModelFeature:
    return ModelFeature(
        name, Form.ID, side, (name,), sources=(source or name,), sides=(side,), vocabulary=name
    )


def _attribute(attribute: Attribute, side: Side) -> ModelFeature:
    feature = _id(attribute.wide, side, attribute.field.name)
    if attribute.kind is Kind.TAG:
        return replace(feature, form=Form.TAG, separator=attribute.tag_separator)
    if attribute.kind is Kind.NUMERIC:
        return _binned(feature)
    return feature


def _binned(feature: ModelFeature) -> ModelFeature:
    return replace(
        feature,
        form=Form.BINNED,
        vocabulary="",
        boundaries=NUMBER_BOUNDARIES,
        num_buckets=len(NUMBER_BOUNDARIES) + 2,
    )


def _history(config: VectorRecallConfig, item: list[ModelFeature]) -> Iterator[ModelFeature]:
    name = history_name(config)
    for own in item:
        if own.form is Form.ID:
            field = _id(f"{name}__{own.name}", "user")
            yield replace(
                field, vocabulary=own.vocabulary, sequence=name, sequence_length=config.sequence_length
            )


def _sized(
    feature: ModelFeature, config: VectorRecallConfig, item_id: str, sizes: Mapping[str, int]
) -> ModelFeature:
    if feature.form is Form.BINNED:
        return replace(feature, embedding_dim=width(config.embed_dim_policy, feature.num_buckets))
    is_id = feature.vocabulary == item_id
    count = sizes.get(feature.vocabulary, UNKNOWN_IDS if is_id else UNKNOWN_VALUES)
    dim = config.id_embed_dim if is_id and config.id_embed_dim else width(config.embed_dim_policy, count)
    return replace(feature, num_buckets=buckets(count), embedding_dim=dim)
