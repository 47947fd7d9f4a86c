"""The plain chain answers as the engine does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.chain import plain_chain
from pairec_cli.engine.engine import Engine
from tests.engine.stores import config, custom, hot, store

ENTRIES = st.tuples(
    st.sampled_from("abcdefgh"), st.sampled_from(["", ":", ":other:0.5", "::0.5", "::0.25", "::1", "::-2"])
).map("".join)
TEXTS = st.lists(ENTRIES, max_size=9).map(",".join)


@settings(max_examples=80, deadline=None)
@given(
    own=st.dictionaries(st.sampled_from(["1", "2"]), TEXTS),
    second=st.none() | st.dictionaries(st.sampled_from(["1", "2"]), TEXTS),
    everybody=st.none() | st.dictionaries(st.just("-1"), TEXTS),
    order=st.permutations([0, 1, 2]),
    counts=st.tuples(*[st.integers(0, 6)] * 3),
    size=st.integers(1, 7),
)
def test_it_answers_as_the_engine(
    tmp_path_factory: pytest.TempPathFactory,
    own: dict[str, str],
    second: dict[str, str] | None,
    everybody: dict[str, str] | None,
    order: list[int],
    counts: tuple[int, int, int],
    size: int,
) -> None:
    views = {"u2i": own, "second": second, "hot": everybody}
    published = {view: texts for view, texts in views.items() if texts is not None}
    recalls = [custom("u2i", counts[0]), custom("second", counts[1]), hot("hot", counts[2])]
    with store(tmp_path_factory.mktemp("db"), **published) as db:
        engine = Engine.from_config(config(*(recalls[place] for place in order)), db)
        chain = plain_chain(engine.plan("home", "default"), size)
        assert chain is not None
        for uid in ("1", "2", "3"):
            items = engine.recommend(RecommendRequest(uid, "home", size)).items
            expected = [(item.item_id, item.retrieve_id, item.score) for item in items]
            assert [entry[:3] for entry in chain.best(uid)] == expected


@pytest.mark.parametrize(
    "keys",
    [
        {"FilterNames": {"default": []}},
        {"FilterNames": {"default": ["UniqueFilter", "UniqueFilter"]}},
        {"RankConf": {"home": {"RankScore": "1"}}},
        {
            "RecallConfs": [{"Name": "u2i", "RecallType": "tests.engine.remote_recall:RemoteRecall"}],
        },
    ],
)
def test_other_stages_are_left_to_the_engine(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Any]
) -> None:
    engine = Engine.from_config(config(custom("u2i"), **keys), store(tmp_path_factory.mktemp("db")))
    assert plain_chain(engine.plan("home", "default"), 3) is None
