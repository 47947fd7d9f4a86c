"""`pairec recommend`: the main job."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pairec_cli.cli.recommend import _render
from pairec_cli.cli.render import Format
from pairec_cli.domain.candidates import Explanation, RecallHit
from pairec_cli.domain.requests import ItemResult, RecommendResponse
from pairec_cli.project import Project
from tests.cli.conftest import LAST_DAY, Pairec
from tests.engine.stores import config, hot, store

HEAVY = {"duckdb", "torch", "numba", "pandas", "sqlalchemy", "alembic", "sqlglot", "pydantic", "pyarrow"}
WORLD = ("--days", "4", "--end", LAST_DAY, "--users", "20", "--items", "30", "--events", "120")


def test_three_commands_from_nothing_to_recommendations(pairec: Pairec, folder: Path) -> None:
    assert pairec("init").code == 0
    assert pairec("data", "generate", *WORLD).code == 0
    refused = pairec("recommend", "--user", "3", "--no-deploy")
    assert refused.code == 1
    assert "no solution is deployed" in refused.err
    assert "hint: pairec quickstart" in refused.err

    first = pairec("recommend", "--user", "3", "--size", "5")
    assert first.code == 0, first.err
    for step in ("3 ", "4 ", "5 ", "5.6", "6 ", "6.4", "7 "):
        assert f"step {step}" in first.err
    again = pairec("recommend", "--user", "3", "--size", "5")
    assert "step" not in again.err
    assert again.out == first.out
    assert len(again.out.splitlines()) == 2 + 5


def test_json_is_one_document_with_ranked_items(pairec: Pairec, deployed: Path) -> None:
    answer = pairec("recommend", "--user", "3", "--size", "4", "-f", "json").json
    assert answer["code"] == 200
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3, 4]
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    assert len({item["item_id"] for item in answer["items"]}) == 4
    assert "trace" not in answer


def test_explain_leads_from_the_funnel_to_the_triggers(pairec: Pairec, deployed: Path) -> None:
    lists = pairec("recommend", "--users", "all", "-f", "json").out.splitlines()
    user = next(row["user_id"] for row in map(json.loads, lists) if row["recall"] == "etrec_u2i")
    answer = pairec("recommend", "--user", user, "--explain", "-f", "json").json
    stages = [stage["stage"] for stage in answer["trace"]]
    assert stages[-1] == "cut"
    assert {"recall", "filter", "sort"} <= set(stages)
    assert answer["trace"][-1]["out"] == len(answer["items"])
    hits = [hit for item in answer["items"] for hit in item["recalls"]]
    assert any(hit["triggers"] for hit in hits if hit["recall"] == "etrec_u2i")
    shown = pairec("recommend", "--user", user, "--explain")
    assert "etrec_u2i" in shown.out and " from " in shown.out


def test_explain_shows_the_score_of_each_target(capsys: pytest.CaptureFixture[str]) -> None:
    hits = (RecallHit("hot", "hot", 0.5),)
    targets = {"probs_is_click": 0.25, "y_ln_playtime": 2.0}
    items = [
        ItemResult("7", 0.4, "hot", explanation=Explanation(hits, targets)),
        ItemResult("8", 0.1, "hot", explanation=Explanation(hits)),
    ]
    response = RecommendResponse(200, "success", "r", 2, items, [], [])
    _render(response, Format.CSV, explain=True)
    header, first, second = capsys.readouterr().out.splitlines()
    assert header == "rank,item_id,score,probs_is_click,y_ln_playtime,recall,why"
    assert first == "1,7,0.4,0.25,2.0,hot,hot 0.5"
    assert second == "2,8,0.1,,,hot,hot 0.5"
    _render(response, Format.JSON, explain=True)
    shown = json.loads(capsys.readouterr().out)["items"]
    assert [item["scores"] for item in shown] == [targets, {}]
    assert set(shown[0]) == {"rank", "item_id", "score", "recall", "why", "scores", "recalls"}
    _render(response, Format.CSV, explain=False)
    assert capsys.readouterr().out.splitlines()[0] == "rank,item_id,score,recall"


def test_an_unknown_user_gets_what_is_hot_and_is_told(pairec: Pairec, deployed: Path) -> None:
    answer = pairec("recommend", "--user", "nobody", "-f", "json").json
    assert {item["recall"] for item in answer["items"]} == {"global_hot"}
    assert any("nobody" in note or "unknown" in note for note in answer["notes"])
    assert "note:" in pairec("recommend", "--user", "nobody").err


def test_serving_imports_nothing_heavy(deployed: Path) -> None:
    code = "import sys; from pairec_cli.cli.main import run; code = run(sys.argv[1:]); "
    code += f"print('HEAVY', *sorted(set(sys.modules) & {HEAVY!r})); sys.exit(code)"
    arguments = ["recommend", "--user", "3", "--home", str(deployed)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "HEAVY"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Name one user with --user"),
        (("--user", "3", "--users", "all"), 2, "Name one user with --user"),
        (("--user", ""), 2, "Name one user with --user"),
        (("--user", "3", "--output", "x.csv"), 2, "--output goes with --users"),
        (("--user", "3", "--size", "0"), 2, "at least 1 is allowed"),
        (("--user", "3", "--scene", "HomPage"), 1, "did you mean 'HomePage'?"),
    ],
)
def test_bad_input(pairec: Pairec, deployed: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = pairec("recommend", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err


def test_without_data_the_deployment_says_what_to_do(pairec: Pairec, workspace: Path) -> None:
    result = pairec("recommend", "--user", "3")
    assert result.code == 1
    assert "pairec data generate" in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--user", "3", "--scene", "Detail"), 1, "scene 'Detail' does not exist; known: HomePage"),
        (("--users", "gone.txt"), 1, "there is no file 'gone.txt'"),
        (("--users", "all", "--output", "x.doc"), 2, "must end in .csv"),
    ],
)
def test_what_cannot_be_answered_is_not_deployed_for(
    pairec: Pairec, workspace: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    assert pairec("data", "generate", *WORLD).code == 0
    result = pairec("recommend", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err
    assert "step 3" not in result.err and not (workspace / "engine.json").exists()


def test_a_deployment_that_was_cut_short_is_finished_first(pairec: Pairec, deployed: Path) -> None:
    mark = deployed / "quickstart.unfinished"
    mark.touch()
    as_it_is = pairec("recommend", "--user", "3", "--no-deploy")
    assert (as_it_is.code, mark.exists()) == (0, True)
    finished = pairec("recommend", "--user", "3")
    assert "going on with the quick deployment" in finished.err
    assert (finished.code, mark.exists(), finished.out) == (0, False, as_it_is.out)
    assert "deployment" not in pairec("recommend", "--user", "3").err


def test_what_was_deployed_by_hand_is_not_deployed_over(pairec: Pairec, deployed: Path) -> None:
    (deployed / "featuredb.db").unlink()
    result = pairec("recommend", "--user", "3")
    assert result.code == 1
    assert result.err == (
        "error: a solution is deployed, but nothing is published yet\nhint: pairec backfill run\n"
    )


def test_another_configuration_needs_no_deployment(pairec: Pairec, folder: Path) -> None:
    project = Project.create(folder / ".pairec")
    project.control.close()
    store(project.home, hot={"-1": "a::1,b::0.5"}).close()
    document = config(hot("hot"))
    document["SceneConfs"]["other"] = {"default": {"RecallNames": []}}
    (folder / "mine.json").write_text(json.dumps(document), encoding="utf-8")
    options = ("recommend", "--user", "u", "--config", "mine.json", "--size", "2", "-f", "json")
    answer = pairec(*options, "--scene", "home").json
    assert [item["item_id"] for item in answer["items"]] == ["a", "b"]
    assert "several scenes" in pairec(*options).err
    assert "scene 'hone' does not exist" in pairec(*options, "--scene", "hone").err
    many = pairec("recommend", "--users", "all", "--config", "mine.json")
    assert (many.code, "--config goes with --user" in many.err) == (2, True)
