"""LOOKUP: a property as the score."""

from __future__ import annotations

from pairec_cli.engine.algorithms.conf import AlgorithmConf, LookupConf
from pairec_cli.engine.algorithms.lookup import Lookup
from tests.engine.stores import resources
from tests.filters.contract import context, item


def test_the_property_is_the_score() -> None:
    conf = AlgorithmConf("price", "LOOKUP", lookup_conf=LookupConf("price"))
    items = [item("a", price=4), item("b", price="2.5"), item("c", price="x"), item("d")]
    assert Lookup(conf, resources()).score(items, context()) == {"": [4.0, 2.5, 0.5, 0.5]}
