"""MultiRecallMixSort: places on the page for the items of some recalls (the open engine's
multi_recall_mix_sort.go)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.item_features import item_features
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.sorting.mix_rules import FIXED, RANDOM, MixRule, MixRuleConf, Places


class MultiRecallMixConfig(Record):
    """`size` is the page when it is more than what is asked for; `remain_item` keeps the items that found no
    place on it, behind it."""

    mix_sort_rules: tuple[MixRuleConf, ...] = ()
    size: int = 0
    remain_item: bool = False


class MultiRecallMixSort:
    """Each item goes to the first rule that claims it and is not full; the others fill the places left, in
    order. Fixed places are given before random ones. Fewer items than the page holds stay as they are;
    without `RemainItem` what is not on the page is dropped."""

    Config: ClassVar[type[MultiRecallMixConfig]] = MultiRecallMixConfig

    def __init__(self, name: str, config: MultiRecallMixConfig, resources: Resources) -> None:
        self.name = name
        self.confs = [conf for conf in config.mix_sort_rules if conf.mix_strategy in (FIXED, RANDOM)]
        self.size, self.keeps_rest = config.size, config.remain_item

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        size = max(self.size, context.request.size)
        if len(items) < size:
            return items
        rules = [MixRule(conf, size) for conf in self.confs]
        others = _shared_out(items, rules, context, size)
        page: Places = [None] * size
        for rule in sorted(rules, key=lambda rule: not rule.fixed):
            rule.place(page, context.random)
        waiting = iter(others)
        page = [next(waiting, None) if item is None else item for item in page]
        rest = _rest(items, page)
        mixed = _filled(page, rest)
        return [*mixed, *rest] if self.keeps_rest else mixed


def _shared_out(items: list[Item], rules: list[MixRule], context: RequestContext, size: int) -> list[Item]:
    """Gives the items to the rules; the first `size` that none takes are for the places left."""
    others: list[Item] = []
    for item in items:
        features = item_features(item)
        rule = next(
            (one for one in rules if not one.is_full and one.claims(item, context.user, features)), None
        )
        if rule is not None:
            rule.items.append(item)
        elif len(others) < size:
            others.append(item)
        if len(others) == size and all(one.is_full for one in rules):
            break
    return others


def _rest(items: list[Item], page: Places) -> Iterator[Item]:
    """The items whose ids are not on the page, each id once."""
    known = {item.id for item in page if item is not None}
    for item in items:
        if item.id not in known:
            known.add(item.id)
            yield item


def _filled(page: Places, rest: Iterator[Item]) -> list[Item]:
    """The page with its gaps filled from the rest. When that runs out the last item moves into the gap."""
    found = list(page)
    index = 0
    while index < len(found):
        if found[index] is None:
            found[index] = next(rest, None)
        if found[index] is None:
            found[index] = found[-1]
            found.pop()
        else:
            index += 1
    return [item for item in found if item is not None]
