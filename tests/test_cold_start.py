"""Cold start from configuration to a served item: a workspace whose solution recalls by DropoutNet alone.

Somebody whom no table knows asks with features of the request; an item that was published today, and that
nobody could click yet, is recommended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.engine.engine import Engine
from pairec_cli.online.in_service import InService
from pairec_cli.project import Project
from pairec_cli.recall.dropoutnet import DropoutNetRecallConfig
from pairec_cli.workflow import data, solution_document, solutions, source_nodes
from pairec_cli.workflow.deployed_solutions import deployed
from pairec_cli.workflow.quickstart import fit_windows, quickstart
from pairec_cli.workflow.recall_quality import RecallQuality, compare_recalls
from pairec_cli.workflow.registration import register
from pairec_cli.workflow.scenarios import create_scenario
from tests.deployed import DAYS, END, fresh

NEW, SIZE = "9001", 50


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        made = fresh(tmp_path_factory.mktemp("cold"))
        publish_today(made)
        for role, table in source_nodes.demo_tables().items():
            register(made, table, role=role)
        create_scenario(made, made.instance.name, "HomePage")
        recall = DropoutNetRecallConfig(recall_count=SIZE, epochs=10, batch_size=64)
        plain = solutions.default_solution(made.instance, "home", "HomePage")
        solution = fit_windows(plain.model_copy(update={"recalls": (recall,), "ranking": None}), DAYS)
        solutions.save(made, solution_document.write(solution))
        quickstart(made, lambda _: None, lambda _: None)
        yield made
        made.sql.close()
        made.control.close()


def publish_today(project: Project) -> None:
    """An item of today, of the author and category of another."""
    name = source_nodes.demo_tables()[TableRole.ITEM]
    table = TableName(project.instance.bindings.maxcompute_project, name)
    items = project.warehouse.read(table, [END])
    row: dict[str, Any] = items.slice(0, 1).to_pylist()[0] | {"item_id": int(NEW), "click_count": 0}
    row |= {"praise_count": 0}
    project.warehouse.write(table, END, pa.concat_tables([items, pa.Table.from_pylist([row], items.schema)]))


@pytest.fixture(scope="module")
def engine(project: Project) -> Engine:
    return project.engine()


def asked(engine: Engine, user: str, **features: object) -> list[str]:
    answer = engine.recommend(RecommendRequest(user, "HomePage", SIZE, features=features))
    assert {item.retrieve_id for item in answer.items} == {"dropoutnet"}, answer.notes
    return [item.item_id for item in answer.items]


def test_somebody_new_is_served_by_what_the_request_tells(engine: Engine) -> None:
    lists = [asked(engine, "stranger", gender=gender, age=age) for gender in ("0", "1") for age in (19, 50)]
    assert [len(found) for found in lists] == [SIZE] * 4
    assert len({tuple(found) for found in lists}) > 1, "features make a difference"


def test_somebody_of_whom_nothing_is_known_is_served(engine: Engine) -> None:
    assert len(asked(engine, "nobody")) == SIZE
    assert asked(engine, "nobody") == asked(engine, "nobody", city="no such city", age="")


def test_an_item_published_today_is_recommended(engine: Engine) -> None:
    found = [asked(engine, str(user)) for user in range(1, 121)]
    assert sum(NEW in items for items in found) > 0


def test_a_held_out_day_is_served_by_the_model_of_the_day_before_alone(project: Project) -> None:
    """There are no lists to read: the model answers, also while one of a later day, which may have seen the
    day, is in service, and that one stays there."""
    data.generate(project, data.plan_generation(project, days=1, end=shift(END, 1)), lambda *_: None)
    what, folder, later = deployed(project), project.models / "home_dropoutnet", shift(END, 1)
    first = figure(project)
    assert first.served == 1.0
    assert first.quality.recall > 0
    now = InService.read(folder)
    try:
        (folder / later).mkdir()
        InService(later, later, now.timezone, now.user_id, now.item_id).write(folder)
        assert figure(project) == first
        assert InService.read(folder).model == later
        (folder / END).rename(folder / "gone")
        with pytest.raises(DataError, match="no recall has a table") as found:
            compare_recalls(project, what, project.recall_lists, ks=[10])
        assert found.value.hint == f"pairec recall run --ds {END}"
    finally:
        (folder / "gone").rename(folder / END)
        (folder / later).rmdir()
        now.write(folder)


def figure(project: Project) -> RecallQuality:
    found = compare_recalls(project, deployed(project), project.recall_lists, ks=[10])
    assert not found.skipped
    return next(one for one in found.figures if one.recall == "dropoutnet")
