"""The sums behind u2i2i."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.engine.recalls.similarities import (
    TRIGGERS,
    Similar,
    _any_scored,
    _any_triggers,
    ranked,
    similar_of,
    summed,
    triggers_of,
)


def test_triggers_have_weight_one_unless_a_number_says_otherwise() -> None:
    assert triggers_of("a:2,b,c:bad,,null,d:0,a:3") == {"a": 3.0, "b": 1.0, "c": 1.0, "d": 0.0}
    assert triggers_of("") == {}


def test_no_more_triggers_than_count() -> None:
    found = triggers_of(",".join(f"i{n}:{n}" for n in range(TRIGGERS + 50)))
    assert list(found) == [f"i{n}" for n in range(TRIGGERS)]


def test_similar_items_are_exactly_id_and_score() -> None:
    found = similar_of("x: 0.5 ,y,z:r:1,:2,null:1,w:bad,v:1")
    assert found == Similar(["x", "w", "v"], [0.5, 1.0, 1.0])
    assert similar_of("") == Similar([], [])


PIECES = st.sampled_from(
    [
        *("x:0.5", "y:-1e3", "é: 2 ", "a:1_0", "b:nan", "c:inf", "null:1", ":2", "d", "e:", "f:r:1", ""),
        *("g:0x1p3", "h:1 ", "i:\t1", "k:1\x1c", "l:٣"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES | st.sampled_from(["x:0.5", "y:1", "z:0.25"]), max_size=5))
def test_the_quick_way_agrees_with_the_grammar(pieces: list[str]) -> None:
    text = ",".join(pieces)
    assert similar_of(text) == _any_scored(text)
    assert list(triggers_of(text).items()) == list(_any_triggers(text).items())


def test_the_sum_is_over_triggers() -> None:
    lists = {"a": Similar(["x", "y"], [0.5, 0.2]), "b": Similar(["x", "z"], [0.4, 1.0])}
    assert summed({"a": 2.0, "b": 1.0, "c": 9.0}, lists) == {"x": 1.4, "y": 0.4, "z": 1.0}


def test_normalization_divides_by_the_largest_above_zero() -> None:
    def after(**scores: float) -> dict[str, float]:
        items = ranked(scores, 9, "r", "", normalize=True)
        return {item.id: item.score for item in items}

    assert after(x=2.0, y=-1.0) == {"x": 1.0, "y": -0.5}
    assert after(x=0.0, y=-1.0) == {"x": 0.0, "y": -1.0}
    assert after() == {}


def test_ranks_keep_the_order_of_equals() -> None:
    items = ranked({"a": 1.0, "b": 2.0, "c": 2.0}, 2, "r", "goods")
    assert [(i.id, i.score, i.retrieve_id, i.item_type) for i in items] == [
        ("b", 2.0, "r", "goods"),
        ("c", 2.0, "r", "goods"),
    ]
