"""What stands for an item, and for a user, in exposure logs and lookups when an expression makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.errors import InvalidConfig, InvalidInput, Problem
from pairec_cli.domain.expressions import Evaluate, compile_expr
from pairec_cli.domain.sources import CONFIGURATION
from pairec_cli.domain.stages import RequestContext

ItemData = Callable[[Item, RequestContext], str]
ItemsData = Callable[[Sequence[Item], RequestContext], list[str]]


def items_data(expression: str, function: str) -> ItemsData:
    """One text per item: GenerateItemDataExpr, else GenerateItemDataFuncName, else the item's id.

    The expression's names are `uid`, `item_id`, `item` and `context`; where it fails or gives "" the function
    counts. A function is named `package.module:function`, and is given the uid and the item. Raises
    InvalidConfig for an expression that cannot be read and a function that cannot be imported.
    """
    plain = _imported(function) if function else None
    evaluate = compiled("GenerateItemDataExpr", expression)
    if evaluate is not None:
        other = plain or _own_id
        return _each(lambda item, context: _text(evaluate, item_names(item, context)) or other(item, context))
    return _own_ids if plain is None else _each(plain)


def user_data(expression: str) -> Callable[[RequestContext], str]:
    """GenerateUserDataExpr, over `uid` and `context`, else the uid; "" when the expression fails. Raises
    InvalidConfig for an expression that cannot be read."""
    evaluate = compiled("GenerateUserDataExpr", expression)
    if evaluate is None:
        return lambda context: context.uid
    return lambda context: _text(evaluate, user_names(context))


def item_keys(expression: str) -> ItemsData:
    """ItemStateFilter's GenerateUserDataExpr: the key of each item's row, over `user` and `item` (its
    properties, `item_id` and `recall_name`); the id where there is none or it fails."""
    evaluate = compiled("GenerateUserDataExpr", expression)
    if evaluate is None:
        return _own_ids

    def key(item: Item, context: RequestContext) -> str:
        names = {**item.properties, "item_id": item.id, "recall_name": item.retrieve_id}
        return _text(evaluate, {"user": context.user, "item": names}) or item.id

    return _each(key)


def compiled(key: str, expression: str) -> Evaluate | None:
    """Raises InvalidConfig, at `key`, for an expression that cannot be read."""
    if not expression:
        return None
    try:
        return compile_expr(expression)
    except InvalidInput as error:
        raise InvalidConfig(CONFIGURATION, [Problem(key, error.message, expression)]) from error


def user_names(context: RequestContext) -> dict[str, object]:
    request = context.request
    return {"uid": context.uid, "context": {"item_id": request.item_id, "features": request.features}}


def item_names(item: Item, context: RequestContext) -> dict[str, object]:
    return {**user_names(context), "item_id": item.id, "item": item.properties}


def _own_id(item: Item, context: RequestContext) -> str:
    return item.id


def _own_ids(items: Sequence[Item], context: RequestContext) -> list[str]:
    return [item.id for item in items]


def _each(data: ItemData) -> ItemsData:
    return lambda items, context: [data(item, context) for item in items]


def _text(evaluate: Evaluate, names: Mapping[str, object]) -> str:
    try:
        return to_text(evaluate(names), "")
    except InvalidInput:
        return ""


def _imported(path: str) -> ItemData | None:
    module, _, name = path.partition(":")
    try:
        function = getattr(import_module(module), name) if name else None
    except (ImportError, AttributeError) as error:
        problem = Problem("GenerateItemDataFuncName", f"cannot be imported: {error}", path)
        raise InvalidConfig(CONFIGURATION, [problem]) from error
    if function is None:
        return None
    return lambda item, context: str(function(context.uid, item))
