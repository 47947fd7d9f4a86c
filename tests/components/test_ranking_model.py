"""Tasks and outputs of a model, by its config."""

from __future__ import annotations

import pytest
import torch

from pairec_cli.components.ranking_model import RankingModel, Task, tasks
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config import parse
from tests.components.ranking_rows import BCE, L2, config, group, rows

CROSS = "dcn_v2 { cross {} final { hidden_units: 2 } }"


def one_task(losses: str) -> RankingModel:
    torch.manual_seed(0)
    return ranking_model(config(f"{losses} {CROSS}"))


def towers(text: str) -> list[Task]:
    made = config(f"mmoe {{ expert_mlp {{ hidden_units: 2 }} {text} }}")
    return tasks(made, made.model.mmoe.task_towers)


def test_a_model_of_one_task_has_the_first_labels_name() -> None:
    assert one_task(BCE).tasks == [Task("is_click", "is_click", True, tower=False)]
    assert one_task(BCE).tasks[0].output == "probs"
    assert one_task(L2).tasks[0].output == "y"


def test_probabilities_are_sigmoids_and_regressions_are_logits() -> None:
    batch = rows(5)
    click, play = one_task("losses { binary_focal_loss {} }"), one_task(L2)
    torch.testing.assert_close(click.predict(batch)["probs"], click(batch)["is_click"].sigmoid())
    assert torch.equal(play.predict(batch)["y"], play(batch)["is_click"])
    assert play(batch)["is_click"].shape == (5,)


def test_towers_name_tasks_and_labels() -> None:
    found = towers(f'task_towers {{ tower_name: "t" label_name: "l" {L2} }}')
    assert found == [Task("t", "l", False)]


def test_towers_of_dbmtl_may_take_labels_by_order() -> None:
    made = config(
        f'dbmtl {{ task_towers {{ tower_name: "a" {BCE} }} task_towers {{ tower_name: "b" {L2} }} }}'
    )
    assert [t.label for t in ranking_model(made).tasks] == ["is_click", "ln_playtime"]


def test_a_task_may_have_several_losses_of_one_kind() -> None:
    assert (
        one_task("losses { binary_focal_loss {} } losses { binary_cross_entropy {} }").tasks[0].is_probability
    )


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        ("", "has the losses none"),
        ("losses { softmax_cross_entropy {} } num_class: 2", "softmax_cross_entropy and num_class 2"),
        (f"{BCE} {L2}", "binary_cross_entropy, l2_loss"),
        (f"{BCE} num_class: 3", "num_class 3"),
    ],
)
def test_losses_that_are_not_trained_here_are_refused(losses: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        one_task(losses)


def test_tasks_need_labels_and_names_of_their_own() -> None:
    tower = f'task_towers {{ tower_name: "t" {BCE} }}'
    made = config(f"dbmtl {{ {tower} {tower} }}")
    with pytest.raises(InvalidInput, match="each its own"):
        ranking_model(made)
    with pytest.raises(InvalidInput, match="each its own"):
        towers("")
    with pytest.raises(InvalidInput, match=r"tower 'c' of .* has no label_name"):
        ranking_model(config("dbmtl { " + " ".join(tower.replace('"t"', f'"{n}"') for n in "abc") + " }"))


def test_a_config_without_model_labels_or_groups_is_refused() -> None:
    bare = 'train_input_path: "a" eval_input_path: "b" model_dir: "c"'
    with pytest.raises(InvalidInput, match="no model_config"):
        ranking_model(parse(bare))
    with pytest.raises(InvalidInput, match="no label_fields"):
        ranking_model(parse(f"{bare} model_config {{ {BCE} {CROSS} }}"))
    with pytest.raises(InvalidInput, match="no feature group of type DEEP"):
        ranking_model(config(f"{BCE} {CROSS}", group("s", ("click_5_seq__ts",), "group_type: SEQUENCE")))
