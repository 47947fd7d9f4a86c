"""Which columns the generated tables have, and which of them the statistics run over.

A name is unique in the wide table: behavior columns keep theirs; a column of the user or item table whose
name is taken by another table gets its side in front, `user_city`, `item_city`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DerivedFeature, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.script import Field, quoted, source_form

RESERVED = ":,;#"
"""Characters that separate keys, values and list entries in the generated texts."""


class Kind(StrEnum):
    """How statistics treat a column."""

    CATEGORICAL = "categorical"
    NUMERIC = "numeric"
    TAG = "tag"
    DAYS = "days"


@dataclass(frozen=True)
class Attribute:
    """A column of a preprocess table that describes a user or an item; the wide table calls it `wide`."""

    field: Field
    kind: Kind
    wide: str
    tag_separator: str = ""


def event_fields(solution: Solution) -> list[Field]:
    """What every row of the preprocessed behavior log tells of the event itself.

    The scene and value columns are kept under their original names too, as labels are written with them.
    """
    form, names = solution.data_tables.behavior, TableNames(solution)
    time = _cast(form.event_time, "BIGINT")
    value, request = _cast(form.event_value, "DOUBLE"), _cast(form.request_id, "STRING")
    scene = _clean(_cast(form.scene, "STRING")) if form.scene else _cast(None, "STRING")
    fields = [
        Field("request_id", "STRING", request, "Request that showed the item"),
        Field(names.user_id, "STRING", _cast(form.user_id, "STRING"), "User ID"),
        Field(names.item_id, "STRING", _cast(form.item_id, "STRING"), "Item ID"),
        Field("event", "STRING", _cast(form.event, "STRING"), "Behavior event"),
        Field("event_value", "DOUBLE", value, "Depth of the behavior"),
        Field("event_unix_time", "BIGINT", time, "Behavior time, Unix seconds"),
        Field("scene", "STRING", scene, "Behavior scenario"),
        Field("day_h", "BIGINT", f"HOUR(FROM_UNIXTIME({time}))", "Hour of the day, 0-23"),
        Field("week_day", "BIGINT", f"WEEKDAY(FROM_UNIXTIME({time}))", "Day of the week, Monday is 0"),
    ]
    taken = {field.name for field in fields}
    if form.scene and form.scene not in taken:
        fields.append(Field(form.scene, "STRING", scene, "Behavior scenario, original column"))
    if form.event_value and form.event_value not in taken:
        fields.append(Field(form.event_value, "DOUBLE", value, "Depth of the behavior, original column"))
    return fields


def context_attributes(solution: Solution, role: TableRole) -> list[Attribute]:
    """Attributes of the user or item side that the behavior log itself carries."""
    form = solution.data_tables.behavior
    user = role is TableRole.USER
    fields = [_categorical(name) for name in (form.user_categorical if user else form.item_categorical)]
    fields += [_numeric(name) for name in (form.user_numeric if user else form.item_numeric)]
    taken = {field.name.lower() for field in event_fields(solution)}
    return [Attribute(field, kind, field.name) for field, kind in fields if field.name.lower() not in taken]


def entity_attributes(solution: Solution, role: TableRole) -> list[Attribute]:
    """Attributes that the user or item table gives, derived features last.

    Raises InvalidConfig when two of them have one name.
    """
    sides = {side: _entity_fields(solution, side) for side in (TableRole.USER, TableRole.ITEM)}
    taken = {field.name.lower() for field in event_fields(solution)}
    taken |= {a.wide.lower() for side in sides for a in context_attributes(solution, side)}
    counts = Counter(field.name.lower() for fields in sides.values() for field, _ in fields)
    tags = source_form(solution, role).tag_separator
    return [
        Attribute(
            field,
            kind,
            field.name if _is_free(field.name, taken, counts) else f"{role}_{field.name}",
            tags if kind is Kind.TAG else "",
        )
        for field, kind in sides[role]
    ]


def _is_free(name: str, taken: set[str], counts: Mapping[str, int]) -> bool:
    """Whether no other column of the wide table has the name; capitals make no difference."""
    return name.lower() not in taken and counts[name.lower()] == 1


def attributes(solution: Solution, role: TableRole) -> list[Attribute]:
    """Everything known of a side's entities in the wide table."""
    return [*context_attributes(solution, role), *entity_attributes(solution, role)]


def _entity_fields(solution: Solution, role: TableRole) -> list[tuple[Field, Kind]]:
    tables = solution.data_tables
    form = tables.user if role is TableRole.USER else tables.item
    found: list[tuple[Field, Kind]] = []
    if role is TableRole.USER:
        found += _age(tables.user.register_time, "Days since registration")
    else:
        found += [_categorical(tables.item.author, "Author ID")] if tables.item.author else []
        found += _age(tables.item.pub_time, "Days since publication")
    found += [_categorical(name) for name in form.categorical]
    found += [_numeric(name) for name in form.numeric]
    found += [_tag(name, form.tag_separator) for name in form.tags]
    derived = [feature for feature in solution.features.derived if feature.side == role]
    found += [_derived(feature) for feature in derived]
    _refuse_repeated(found, role)
    return found


def _refuse_repeated(fields: list[tuple[Field, Kind]], role: TableRole) -> None:
    counts = Counter(field.name.lower() for field, _ in fields)
    problems = [
        Problem(f"data_tables.{role}", f"{name!r} is given {count} times", name)
        for name, count in counts.items()
        if count > 1
    ]
    if problems:
        raise InvalidConfig(
            "solution", problems, hint="list each column once; derived features need new names"
        )


def _cast(column: str | None, kind: str) -> str:
    """The column in a MaxCompute type; NULL of that type where there is no column."""
    return f"CAST({quoted(column) if column else 'NULL'} AS {kind})"


def _clean(text: str, keep: str = "") -> str:
    """The text without the characters that generated texts reserve."""
    reserved = "".join(character for character in RESERVED if character not in keep)
    return f"REGEXP_REPLACE({text}, '[{reserved}]', '_')"


def _categorical(name: str, comment: str = "") -> tuple[Field, Kind]:
    return Field(
        name, "STRING", _clean(_cast(name, "STRING")), comment or f"Categorical: {name}"
    ), Kind.CATEGORICAL


def _numeric(name: str) -> tuple[Field, Kind]:
    return Field(name, "DOUBLE", _cast(name, "DOUBLE"), f"Numerical: {name}"), Kind.NUMERIC


def _tag(name: str, separator: str) -> tuple[Field, Kind]:
    return Field(
        name, "STRING", _clean(_cast(name, "STRING"), separator), f"Tags, separated by {separator}"
    ), Kind.TAG


def _age(column: str | None, comment: str) -> list[tuple[Field, Kind]]:
    """A timestamp becomes its age in whole days on ds; one that lies ahead counts as new."""
    if column is None:
        return []
    passed = f"DATEDIFF(TO_DATE('${{bizdate}}', 'yyyymmdd'), FROM_UNIXTIME({_cast(column, 'BIGINT')}), 'dd')"
    expression = f"IF({quoted(column)} IS NULL, NULL, GREATEST(0, {passed}))"
    return [(Field(column, "BIGINT", expression, comment), Kind.DAYS)]


def _derived(feature: DerivedFeature) -> tuple[Field, Kind]:
    expression = f"({feature.expression})"
    cast = f"CAST({expression} AS {feature.type})"
    text = _clean(cast) if feature.type == "STRING" else cast
    kind = Kind.CATEGORICAL if feature.kind == "categorical" else Kind.NUMERIC
    return Field(feature.name, feature.type, text, f"Derived: {feature.expression}"), kind
