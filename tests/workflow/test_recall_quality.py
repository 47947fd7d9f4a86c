"""Recalls judged on a held-out day, by hand: a day is written so that it is known what must be found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.tables import TableName
from pairec_cli.project import Project
from pairec_cli.workflow.deployed_solutions import deployed
from pairec_cli.workflow.held_out import hold_out
from pairec_cli.workflow.recall_quality import RecallComparison, compare_recalls
from tests.workflow.recalled import BEFORE, recalled
from tests.workflow.tiny import DAY

BEHAVIOR = TableName("project_mc", "rec_sln_demo_behavior_table_v1")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return recalled(tmp_path)


def compare(project: Project, **options: Any) -> RecallComparison:
    return compare_recalls(project, deployed(project), project.recall_lists, **options)


def clicks(project: Project, *pairs: tuple[str, str]) -> None:
    """The held-out day's log becomes these clicks."""
    log = project.warehouse.read(BEHAVIOR, [DAY]).drop_columns(["ds"])
    row = log.slice(0, 1).to_pylist()[0]
    rows = [row | {"user_id": user, "item_id": item, "event": "click"} for user, item in pairs]
    project.warehouse.write(BEHAVIOR, DAY, pa.Table.from_pylist(rows, schema=log.schema))


def lists(project: Project, recall: str = "etrec_u2i") -> dict[str, list[str]]:
    """User → items in the recall's table of the day before."""
    rows = project.warehouse.read(TableName("project_mc", f"tiny_{recall}_v1"), [BEFORE]).to_pylist()
    return {next(iter(r.values())): [e.split(":")[0] for e in r["item_ids"].split(",")] for r in rows}


def met_before(project: Project) -> set[tuple[str, str]]:
    text = f"SELECT user_id, item_id FROM {BEHAVIOR} WHERE ds < '{DAY}' AND event = 'click'"
    rows = project.sql.query(text, project="project_mc").to_pylist()
    return {(str(row["user_id"]), str(row["item_id"])) for row in rows}


def test_what_a_list_holds_first_is_found_first(project: Project) -> None:
    met = met_before(project)
    given = {u: [i for i in items if (u, i) not in met] for u, items in lists(project).items()}
    first, second = [user for user, items in given.items() if len(items) > 3][:2]
    old = next(item for user, item in sorted(met) if user == first)
    clicks(project, (first, given[first][0]), (first, old), (second, given[second][2]), (second, "nowhere"))
    found = compare(project, ks=[1, 3])
    assert found.held.new == {first: [given[first][0]], second: sorted([given[second][2], "nowhere"])}
    figures = {(one.recall, one.quality.k): one for one in found.figures}
    at_one, at_three = figures["etrec_u2i", 1].quality, figures["etrec_u2i", 3].quality
    assert (at_one.users, at_one.hit_rate, at_one.recall) == (2, 0.5, 0.5)
    assert (at_three.hit_rate, at_three.recall) == (1.0, pytest.approx((1 + 1 / 2) / 2))
    # Found at the third place of what could have been two: 1/log2(4) / (1 + 1/log2(3)).
    assert at_three.ndcg == pytest.approx((1 + 0.5 / (1 + 0.63092975)) / 2)
    assert figures["etrec_u2i", 1].served == 1.0


def test_what_a_recall_adds_is_what_the_merged_list_loses_without_it(project: Project) -> None:
    met = met_before(project)
    hot = lists(project, "global_hot")["-1"]
    user, items = next((u, i) for u, i in sorted(lists(project).items()) if set(i) - set(hot[:5]))
    own = next(item for item in items if (user, item) not in met)
    clicks(project, (user, own))
    figures = {one.recall: one for one in compare(project, ks=[1]).figures}
    assert figures["merged"].quality.recall == figures["etrec_u2i"].quality.recall == 1.0
    without = next(item for item in hot if (user, item) not in met)
    assert figures["etrec_u2i"].gain == (0.0 if without == own else 1.0)
    assert figures["global_hot"].gain == 0.0
    assert figures["global_hot_fallback"].gain is None
    assert figures["random"].gain is None


def test_every_recall_of_the_scenario_is_judged_beside_popularity_and_chance(project: Project) -> None:
    found = compare(project, ks=[20, 5])
    names = ["etrec_u2i", "global_hot", "global_hot_fallback"]
    assert found.recalls == names
    assert [(one.recall, one.quality.k) for one in found.figures] == [
        (name, k) for k in (5, 20) for name in (*names, "merged", "popularity", "random")
    ]
    assert {one.quality.users for one in found.figures} == {len(found.held.new)}
    assert [found.overlap[i][i] for i in range(3)] == [1.0, 1.0, 1.0]
    assert found.overlap[1][2] > found.overlap[1][0]
    grouped = compare(project, scene="Detail", ks=[5])
    assert grouped.recalls == ["etrec_u2i", "group_hot", "global_hot_fallback"]
    assert next(one for one in grouped.figures if one.recall == "group_hot").served == 1.0


def test_the_held_out_day_is_never_read_by_the_recalls(project: Project) -> None:
    """The lists of the day before are the same, whatever the day itself holds."""
    user = sorted(lists(project))[0]
    seen: list[object] = []

    def spy(*arguments: Any) -> Any:
        given = project.recall_lists(*arguments)
        seen.append(dict(given[0]))
        return given

    for item in ("1", "2"):
        clicks(project, (user, f"new {item}"))
        compare_recalls(project, deployed(project), spy, ks=[5])
    assert seen[0] == seen[1]
    assert [item for item, _ in seen[0]["etrec_u2i"]] == lists(project)[user]  # type: ignore[index]


def test_nobody_is_judged_by_what_was_met_before(project: Project) -> None:
    held = hold_out(project, deployed(project).solution, DAY, "click", users=5)
    met = met_before(project)
    assert len(held.new) == 5
    assert not any((user, item) in met for user, items in held.new.items() for item in items)
    assert held.met == {user: {i for u, i in met if u == user} for user in held.new}
    again = hold_out(project, deployed(project).solution, DAY, "click", users=5)
    assert again == held, "the same users are drawn each time"


def test_what_cannot_be_judged_is_told(project: Project) -> None:
    with pytest.raises(DataError, match="no day is held out: no recall has a table of") as none:
        compare(project, ds=BEFORE)
    assert none.value.hint is not None and none.value.hint.startswith("pairec recall run --ds ")
    with pytest.raises(InvalidInput, match="at least 1"):
        compare(project, ks=[0])
    with pytest.raises(NotFound, match="did you mean 'click'"):
        compare(project, event="clik")
    with pytest.raises(NotFound, match="scenario of the solution 'Home'"):
        compare(project, scene="Home")
    project.warehouse.drop_partitions(TableName("project_mc", "tiny_global_hot_v1"), [BEFORE])
    assert compare(project, ks=[5]).skipped == {"global_hot": f"has no table of {BEFORE}"}
    [user] = sorted(lists(project))[:1]
    old = next(item for who, item in sorted(met_before(project)) if who == user)
    clicks(project, (user, old))
    with pytest.raises(DataError, match=f"nobody has a new click on {DAY}"):
        compare(project)
