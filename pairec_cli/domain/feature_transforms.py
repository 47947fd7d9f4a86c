"""Features[]: properties made from other properties, as a request passes (the open engine's service/feature).

A transform writes to the item or, with FeatureStore `user` or none, to the user. `FeatureSource` names
properties as `user:x` or `item:x`. Values are copied as texts, numbers truncated.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import label
from pairec_cli.domain.errors import InvalidConfig, InvalidInput, Problem, nearest
from pairec_cli.domain.expressions import Evaluate, compile_expr, compile_govaluate
from pairec_cli.domain.item_features import item_features
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import CONFIGURATION
from pairec_cli.domain.stages import RequestContext

User = MutableMapping[str, object]
Make = Callable[[Mapping[str, object], RequestContext], object]
"""A normalizer: the properties it may use → a value."""


class FeatureConf(Record):
    """One transform. `feature_value` is a source too, and wins over `feature_source`."""

    feature_type: str = ""
    feature_name: str = ""
    feature_source: str = ""
    feature_value: str = ""
    feature_store: str = ""
    remove_feature_source: bool = False
    normalizer: str = ""
    expression: str = ""

    @property
    def source(self) -> str:
        return self.feature_value or self.feature_source

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if self.normalizer and self.normalizer not in _NORMALIZERS:
            close = nearest(self.normalizer, _NORMALIZERS)
            hint = f"; did you mean {close!r}?" if close else ""
            yield "Normalizer", f"is unknown: it has no effect{hint}", self.normalizer
        if self.normalizer in _LANGUAGES and isinstance(error := _read(self), InvalidInput):
            yield "Expression", f'{error.message}: the feature will be ""', self.expression


class FeatureTransform:
    """One transform, ready to run."""

    def __init__(self, conf: FeatureConf) -> None:
        """Raises InvalidConfig for an unknown FeatureType."""
        if conf.feature_type not in _TYPES:
            close = nearest(conf.feature_type, _TYPES)
            hint = f"did you mean {close!r}?" if close else f"known: {', '.join(_TYPES)}"
            message = f"{conf.feature_type!r} is not served; {hint}"
            raise InvalidConfig(CONFIGURATION, [Problem("FeatureType", message, conf.feature_type)])
        self.conf = conf
        self.of_item = conf.feature_store == "item"
        self._transform = _TYPES[conf.feature_type]
        self._make = _NORMALIZERS.get(conf.normalizer, _no_normalizer)(conf)

    def apply(self, item: Item, context: RequestContext) -> None:
        """Changes the item's or the user's properties."""
        self._transform(_Work(self.conf, self._make, self.of_item, item, context))


class _Work(Record):
    """One transform at one item."""

    conf: FeatureConf
    make: Make | None
    of_item: bool
    item: Item
    context: RequestContext

    @property
    def target(self) -> User:
        return self.item.properties if self.of_item else self.context.user

    def owner(self, source: str) -> tuple[User, str] | None:
        """Whose property `user:x` is, and its name; None for a source of another form."""
        side, colon, name = source.partition(":")
        if not colon:
            return None
        return (self.item.properties if self.of_item and side != "user" else self.context.user), name

    def text(self, source: str, *, remove: bool = False) -> str | None:
        found = self.owner(source)
        if found is None:
            return None
        owner, name = found
        value = label(owner.get(name))
        if remove:
            owner.pop(name, None)
        return value


def _raw(work: _Work) -> None:
    conf = work.conf
    value: object = work.text(conf.source, remove=conf.remove_feature_source)
    if value is None:
        return
    if work.make is not None and work.of_item and not conf.source.startswith("user:"):
        value = work.make({}, work.context)
    work.target[conf.feature_name] = value


def _compose(work: _Work) -> None:
    """Values joined by `_`; a user's begin with one, an item's with the feature's name."""
    conf = work.conf
    joined = conf.feature_name if work.of_item else ""
    for source in conf.source.split(","):
        keep = work.of_item and source.startswith("user:")
        value = work.text(source, remove=conf.remove_feature_source and not keep)
        if value is not None:
            joined += f"_{value}"
    work.target[conf.feature_name] = joined


def _new(work: _Work) -> None:
    if work.make is None:
        return
    value = work.make(_seen(work), work.context)
    work.target[work.conf.feature_name] = int(value) if isinstance(value, bool) else value


def _seen(work: _Work) -> Mapping[str, object]:
    """What the expression of a new feature may use: all of the item's features, or the source's alone."""
    source = work.conf.source
    if not work.of_item:
        return {}
    if source == "item:recall_name":
        return {"recall_name": work.item.retrieve_id}
    if not source:
        own = item_features(work.item)
        return {**own, "item": own, "user": work.context.user, "currentTime": int(time.time())}
    found = work.owner(source)
    return {found[1]: found[0].get(found[1])} if found else {}


def _batch(work: _Work) -> None:
    names, sources = work.conf.feature_name.split(","), work.conf.source.split(",")
    if len(names) != len(sources):
        return
    for name, source in zip(names, sources, strict=True):
        value = work.text(source)
        if value is not None:
            work.target[name] = value


def _delete(work: _Work) -> None:
    for source in work.conf.source.split(","):
        work.target.pop(source.partition(":")[2] or source, None)


_TYPES: dict[str, Callable[[_Work], None]] = {
    "raw_feature": _raw,
    "compose_feature": _compose,
    "new_feature": _new,
    "batch_raw_feature": _batch,
    "delete_feature": _delete,
}


def _no_normalizer(conf: FeatureConf) -> None:
    return None


def _clock(read: Callable[[time.struct_time], int]) -> Callable[[FeatureConf], Make]:
    return lambda conf: lambda names, context: read(time.localtime())


def _random(conf: FeatureConf) -> Make:
    return lambda names, context: (context.random or random).randrange(100)


def _constant(conf: FeatureConf) -> Make:
    return lambda names, context: conf.source


def _read(conf: FeatureConf) -> Evaluate | InvalidInput:
    try:
        return _LANGUAGES[conf.normalizer](conf.expression)
    except InvalidInput as error:
        return error


def _expression(conf: FeatureConf) -> Make:
    """An expression that cannot be read, or fails, makes ""."""
    evaluate = _read(conf)
    if isinstance(evaluate, InvalidInput):
        return lambda names, context: ""

    def make(names: Mapping[str, object], context: RequestContext) -> object:
        try:
            return evaluate(names)
        except InvalidInput:
            return ""

    return make


_LANGUAGES: dict[str, Callable[[str], Evaluate]] = {
    "expression": compile_govaluate,
    "expr": compile_expr,
}
_NORMALIZERS: dict[str, Callable[[FeatureConf], Any]] = {
    "hour_in_day": _clock(lambda now: now.tm_hour),
    "weekday": _clock(lambda now: now.tm_wday),
    "month": _clock(lambda now: now.tm_mon),
    "week": _clock(lambda now: int(time.strftime("%V", now))),
    "random": _random,
    "const_value": _constant,
    **dict.fromkeys(_LANGUAGES, _expression),
}
