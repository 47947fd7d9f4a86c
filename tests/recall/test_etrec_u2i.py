"""etrec u2i: the PAI command, and the three nodes end to end."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.solution import BehaviorTable, DataTables, Solution
from pairec_cli.features import preprocess
from pairec_cli.recall.etrec_u2i import EtrecModel, EtrecU2I, EtrecU2IConfig
from pairec_cli.warehouse.script import StatementKind, split
from tests.features.world import at, event
from tests.recall.conftest import MakeWorld
from tests.recall.contract import RecallContract

DS = "20260131"


class TestContract(RecallContract):
    type_name = "etrec_u2i"
    entry = {"training_days": 20, "popularity_exponent": 0.3, "i2i": {"similarity_type": "jaccard"}}


def command(model: EtrecModel, solution: Solution | None = None) -> PaiCommand:
    node = EtrecU2I().nodes(EtrecU2IConfig(i2i=model), solution or Solution(name="s"))[0]
    [pai] = [statement for statement in split(node.script) if statement.kind is StatementKind.PAI]
    return PaiCommand.parse(pai.text)


def test_the_command_carries_pais_parameters() -> None:
    model = EtrecModel(
        similarity_type="asymcosine", top_n=7, min_user_behavior=3, max_user_behavior=9, alpha=0.3, weight=2,
        user_weight="none",
    )  # fmt: skip
    found = command(model)
    assert (found.name, found.project) == ("pai_etrec", "algo_public")
    assert found.parameters == {
        "inputTableName": "s_etrec_u2i_i2i_input_v1",
        "inputTablePartitions": "ds=${bizdate}",
        "userColName": "user_id",
        "itemColName": "item_id",
        "outputTableName": "s_etrec_u2i_i2i_v1",
        "outputTablePartition": "ds=${bizdate}",
        "similarityType": "asymcosine",
        "topN": "7",
        "minUserBehavior": "3",
        "maxUserBehavior": "9",
        "itemDelimiter": ",",
        "kvDelimiter": ":",
        "alpha": "0.3",
        "weight": "2",
    }


@pytest.mark.parametrize(
    ("model", "written"),
    [
        ({"similarity_type": "jaccard"}, None),
        ({"similarity_type": "wbcosine"}, None),
        ({"similarity_type": "wbcosine", "user_weight": "inverse"}, "inverse"),
        ({"similarity_type": "asymcosine"}, None),
        ({"similarity_type": "asymcosine", "user_weight": "log"}, "log"),
        ({"similarity_type": "wbcosine", "user_weight": "log"}, None),
        ({"similarity_type": "asymcosine", "user_weight": "none"}, None),
    ],
)
def test_what_pai_does_not_know_is_written_only_where_it_changes_something(
    model: dict[str, Any], written: str | None
) -> None:
    assert command(EtrecModel(**model)).parameters.get("userWeight") == written


def test_alpha_is_for_asymcosine_only_and_a_lifecycle_is_passed_on() -> None:
    kept = Solution(data_tables=DataTables(behavior=BehaviorTable(lifecycle=60)))
    found = command(EtrecModel(similarity_type="wbcosine"), kept).parameters
    assert "alpha" not in found
    assert found["lifecycle"] == "60"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"min_user_behavior": 5, "max_user_behavior": 4}, "min_user_behavior may not exceed"),
        ({"similarity_type": "jaccard", "user_weight": "log"}, "jaccard takes no user_weight"),
        ({"similarity_type": "cosine"}, "wbcosine"),
        ({"alpha": 1}, "less than 1"),
    ],
)
def test_models_that_cannot_work_are_refused(model: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EtrecModel(**model)


def test_users_get_what_people_like_them_met(make_world: MakeWorld) -> None:
    config = EtrecU2IConfig(i2i=EtrecModel(similarity_type="jaccard"))
    world = make_world(Solution(recalls=(config,)))
    met = {"a": "12", "b": "123", "c": "1", "d": "89", "e": "8"}
    log = [event(user, item, "click", event_time=at(DS)) for user, items in met.items() for item in items]
    world.put_users(DS, [{"user_id": 1}])
    world.put_items(DS, [{"item_id": 1}])
    world.put_behavior(DS, log)
    world.run([*preprocess.nodes(world.solution), *EtrecU2I().nodes(config, world.solution)], DS)
    rows = world.rows(TableNames(world.solution).recall("etrec_u2i"), DS)
    found = {row["user_id"]: row["item_ids"] for row in rows}
    # Of users with at least two items, a and b share 1 and 2, b alone met 3: jaccard(1, 2) = 1 and
    # jaccard(1, 3) = jaccard(2, 3) = 1/2.
    assert found == {"a": "3::1.0", "c": "2::1.0,3::0.5", "e": "9::1.0"}


def test_the_engine_can_explain_its_lists() -> None:
    conf = EtrecU2I().engine_conf(EtrecU2IConfig(recall_count=50), Solution(name="s"))
    assert (conf["RecallType"], conf["RecallCount"]) == ("UserCustomRecall", 50)
    assert conf["Explain"] == {
        "TriggerView": "s_etrec_u2i_trigger_v1",
        "SimilarView": "s_etrec_u2i_i2i_v1",
    }
