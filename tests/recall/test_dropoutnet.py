"""DropoutNet recall: the contract of recalls with a model; users and items that nobody met; bad input."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.model_features import Form
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.solution import Solution, parse_solution
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.online.in_service import InService
from pairec_cli.online.user_towers import UserTower
from pairec_cli.recall.registry import RECALLS, recall_types
from pairec_cli.recall.vector_features import vector_features
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.contract import DS
from tests.recall.vector_contract import SMALL, VectorContract, taken, world_of_one_day
from tests.recall.vector_world import run_recall

OFFLINE = SMALL | {"is_online_mode": False}


class TestDropoutNet(VectorContract):
    """The contract asks for lists first, then for online mode beside them."""

    type_name: ClassVar[str] = "dropoutnet"
    entry: ClassVar[dict[str, Any]] = OFFLINE

    def test_online_mode_is_the_default(self, method: Any, solution: Solution) -> None:
        assert method.Config().is_online_mode
        conf = method.engine_conf(method.Config(), solution)
        assert conf["RecallType"] == "OnlineVectorRecall"

    def test_a_new_user_has_the_vector_of_the_table_without_being_in_it(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        """User 6 is in the table, of men; a stranger who says so in the request is the same to the model."""
        online = config.model_copy(update={"is_online_mode": True})
        world = world_of_one_day(make_world, solution.model_copy(update={"recalls": (online,)}))
        world.put_users(DS, [{"user_id": 6, "gender": "m", "age": 31}, {"user_id": 1, "gender": "f"}])
        world.put_items(DS, [{"item_id": number, "category": f"c{number % 2}"} for number in range(1, 9)])
        world.run(feature_nodes(solution), DS)
        nodes = [*method.nodes(config, solution), method.nodes(online, solution)[-1]]
        run_recall(world, nodes, method.package_files(config, solution, {}), DS)
        vectors = {
            row["__user_id__"]: np.array([float(x) for x in row["user_tower_emb"].split(",")])
            for row in world.rows("s_mine_user_vectors_v1", DS)
        }
        folder = world.warehouse.layout.root.parent / "models" / "s_mine"
        tower = UserTower(folder, InService(DS, DS, "UTC", "user_id", "item_id"))

        def stranger(**features: Any) -> Any:
            return tower.vectors("stranger", features, features, (), 0)[0]

        np.testing.assert_allclose(stranger(gender="m", age=31), vectors["6"], atol=1e-5)
        assert np.abs(stranger(gender="m", age=31) - stranger(gender="f", age=31)).max() > 1e-4
        assert np.abs(stranger(gender="m", age=31) - stranger(gender="m", age=62)).max() > 1e-4
        np.testing.assert_allclose(stranger(), stranger(gender=None, age="", city="nowhere"), atol=1e-6)
        found = [item for item, _ in tower.nearest(stranger()[None], 20)]
        assert sorted(found) == [str(number) for number in range(1, 9)], "all there are, the new item 8 too"

    def test_content_and_preference_are_groups_of_their_own(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        features = vector_features(config, solution)
        model = method.model(config, features)
        assert model.which("model") == "dropoutnet"
        groups = {group.group_name: group for group in model.feature_groups}
        assert sorted(groups) == ["item_content", "item_preference", "user_content", "user_preference"]
        assert groups["item_preference"].feature_names == ("item_id", "item_users")
        assert "item_id" not in groups["item_content"].feature_names
        history = groups["user_preference"].sequence_groups[0].feature_names
        assert history == tuple(feature.name for feature in features.history)
        assert not groups["user_preference"].feature_names

    def test_the_config_says_that_it_is_not_torcheasyrecs(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        text = method.package_files(config, solution, {})["models/s_mine/pipeline.config"]
        assert text.startswith("# TorchEasyRec has no DropoutNet.")

    def test_content_is_masked_and_preference_is_not(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        found = masked_features(method, config, solution)
        features = vector_features(config, solution)
        assert found == {f.name for f in (*features.user, *features.item_content)}
        plain = config.model_copy(update={"content_mask_rate": 0.0})
        assert masked_features(method, plain, solution) == set()

    def test_numbers_of_users_are_read_in_bins_and_those_of_items_where_named(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        features = vector_features(config, solution)
        forms = {feature.name: feature.form for feature in (*features.user, *features.item)}
        assert forms["age"] is Form.BINNED
        assert "click_count" not in forms
        named = config.model_copy(update={"item_attributes": ("category", "click_count")})
        assert [f.name for f in vector_features(named, solution).item_content] == ["category", "click_count"]

    def test_either_loss_makes_a_config(self, method: Any, solution: Solution, config: Any) -> None:
        name = "softmax_cross_entropy_with_negative_mining"
        mining = config.model_copy(update={"loss": name})
        text = method.package_files(mining, solution, {})["models/s_mine/pipeline.config"]
        (loss,) = parse(text).model.losses  # type: ignore[union-attr]
        assert loss.which("loss") == name
        assert loss.softmax_cross_entropy_with_negative_mining is not None
        assert loss.softmax_cross_entropy_with_negative_mining.gamma == config.negative_mining.gamma

    def test_a_new_item_is_recalled_and_a_new_user_has_a_list(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        """Item 8 and user 6 are of today's tables and nobody's log."""
        world = world_of_one_day(make_world, solution)
        world.put_users(DS, [{"user_id": number, "gender": "mf"[number % 2]} for number in range(1, 7)])
        world.put_items(DS, [{"item_id": number, "category": f"c{number % 2}"} for number in range(1, 9)])
        world.run(feature_nodes(solution), DS)
        nodes = method.nodes(config, solution)
        run_recall(world, nodes, method.package_files(config, solution, {}), DS)
        lists = {row["user_id"]: row["item_ids"] for row in world.rows("s_mine_v1", DS)}
        assert set(lists) == {str(user) for user in range(1, 7)}
        found = {user: {entry.split("::")[0] for entry in text.split(",")} for user, text in lists.items()}
        assert found["6"] == set(map(str, range(1, 9)))
        assert found["1"] == found["6"] - taken(1)
        items = {row["__item_id__"]: row["item_id"] for row in world.rows("s_mine_items_v1", DS)}
        assert items["8"] == 1, "it has no embedding of its own"
        sampler = {row["id"] for row in world.rows("s_mine_sampler_v1", DS)}
        assert sampler == set(items.values()) - {1}, "nobody could take it, so that it is no negative"
        users = {
            row["item_id"]: row["item_users"]
            for row in world.rows("s_mine_samples_v1", DS)
            if row["part"] == "item"
        }
        assert users == {
            str(item): sum(str(item) in taken(user) for user in range(1, 6)) or None for item in range(1, 9)
        }


def masked_features(method: Any, config: Any, solution: Solution) -> set[str]:
    text = method.package_files(config, solution, {})["models/s_mine/pipeline.config"]
    found = parse(text)
    assert found.data_config is not None
    assert found.data_config.sample_mask_prob == found.data_config.negative_sample_mask_prob
    assert found.data_config.sample_mask_prob == config.content_mask_rate
    own = [one.id_feature for one in found.feature_configs if one.id_feature is not None]
    return {one.feature_name for one in own if one.use_mask}


def solution_of(**tables: Any) -> Solution:
    entry = {"type": "dropoutnet", "name": "mine"} | OFFLINE
    document = {"name": "s", "features": {"periods": [1]}, "recalls": [entry], "data_tables": tables}
    return parse_solution(document, recall_types())


def lists_of(world: World, solution: Solution) -> dict[str, str]:
    config: Any = solution.recalls[0]
    method: Any = RECALLS.load("dropoutnet")()
    run_recall(world, method.nodes(config, solution), method.package_files(config, solution, {}), DS)
    return {row["user_id"]: row["item_ids"] for row in world.rows("s_mine_v1", DS)}


@pytest.mark.parametrize("side", ["user", "item"])
def test_a_side_without_content_is_refused(side: str) -> None:
    nothing: dict[str, Any] = {"categorical": [], "numeric": [], "tags": []}
    solution = solution_of(**{side: nothing | ({"author": None} if side == "item" else {})})
    method: Any = RECALLS.load("dropoutnet")()
    with pytest.raises(InvalidConfig, match=f"data_tables.{side}: has no attribute for recall mine"):
        method.nodes(solution.recalls[0], solution)


def test_an_attribute_that_there_is_not_is_refused() -> None:
    solution = solution_of()
    config = solution.recalls[0].model_copy(update={"user_attributes": ("gendre",)})
    with pytest.raises(InvalidConfig, match="did you mean 'gender'"):
        RECALLS.load("dropoutnet")().nodes(config, solution)


def test_one_user_who_took_one_item_makes_a_list(make_world: MakeWorld) -> None:
    solution = solution_of()
    world = make_world(solution)
    world.put_users(DS, [{"user_id": 1}])
    world.put_items(DS, [{"item_id": number} for number in (1, 2)])
    world.put_behavior(DS, [event("1", "1", "click", event_time=at(DS, 1), request_id="r")])
    world.run(feature_nodes(solution), DS)
    assert lists_of(world, solution) == {"1": "2::1"}, "a catalog of two, one of them taken"


def test_users_and_items_without_any_attribute_have_lists(make_world: MakeWorld) -> None:
    solution = solution_of()
    world = world_of_one_day(make_world, solution)
    missing = {"gender": None, "city": None, "age": None, "item_cnt": None, "tags": None}
    world.put_users(DS, [{"user_id": number} | missing for number in (1, 2, 9)])
    world.put_items(DS, [{"item_id": number, "category": None, "author": None} for number in range(1, 8)])
    world.run(feature_nodes(solution), DS)
    assert set(lists_of(world, solution)) == {str(user) for user in (1, 2, 3, 4, 5, 9)}


def test_nothing_to_learn_from_is_told(make_world: MakeWorld) -> None:
    solution = solution_of()
    world = make_world(solution)
    world.put_users(DS, [{"user_id": 1}])
    world.put_items(DS, [{"item_id": 1}])
    world.put_behavior(DS, [event("1", "1", "expr", event_time=at(DS, 1), request_id="r")])
    world.run(feature_nodes(solution), DS)
    with pytest.raises(DataError, match="there are no items to choose from"):
        lists_of(world, solution)
