"""Batches of whole parts of sessions."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.session_batches import session_batches


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), min_size=1, max_size=60),
    st.integers(2, 5),
    st.integers(4, 12),
    st.integers(0, 3),
)
def test_parts_have_two_clicks_and_no_more_than_their_size(
    rows: list[tuple[int, int]], size: int, most: int, seed: int
) -> None:
    sessions, clicked = (np.array(column) for column in zip(*rows, strict=True))
    found = list(session_batches(sessions, clicked, size, most, np.random.default_rng(seed)))
    taken = np.concatenate([np.zeros(0, np.int64), *found])
    assert len(set(taken.tolist())) == len(taken)
    for batch in found:
        assert len(batch) <= max(most, size)
        for session in set(sessions[batch].tolist()):
            assert clicked[batch][sessions[batch] == session].sum() >= 2
    for session in set(sessions.tolist()):
        own = sessions == session
        if own.sum() <= size and clicked[own].sum() >= 2:
            assert set(np.flatnonzero(own)) <= set(taken.tolist()), "a short session is never cut"


def test_a_long_session_is_cut_into_parts_of_nearly_equal_size() -> None:
    sessions, clicked = np.zeros(11, np.int64), np.ones(11)
    found = list(session_batches(sessions, clicked, 4, 4, np.random.default_rng(0)))
    assert sorted(map(len, found)) == [3, 4, 4]


def test_epochs_differ_and_seeds_repeat() -> None:
    sessions, clicked = np.repeat(np.arange(4), 6), np.ones(24)

    def order(seed: int) -> list[int]:
        return np.concatenate(
            list(session_batches(sessions, clicked, 3, 6, np.random.default_rng(seed)))
        ).tolist()

    assert order(1) == order(1)
    assert order(1) != order(2)
