"""The forms, answered on a terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from pairec_cli.cli.forms import Form
from pairec_cli.domain.errors import Problem
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import solution_document
from tests.cli.conftest import Pairec

RECALLS = ("global_hot", "etrec_u2i")
DOCUMENT = solution_document.write(
    Solution(recalls=tuple(recall_types()[kind].model_validate({"type": kind}) for kind in RECALLS))
)


class Keys(io.StringIO):
    """Answers, one per line, as a terminal gives them."""

    def isatty(self) -> bool:
        return True


def answered(
    monkeypatch: pytest.MonkeyPatch, *answers: str, problems: list[Problem] | None = None
) -> Solution:
    """The solution after these answers; whatever is asked beyond them is answered with Enter."""
    keys = Keys("\n".join([*answers, *[""] * 300]))
    monkeypatch.setattr(sys, "stdin", keys)
    return solution_document.read(Form(DOCUMENT, lambda _: problems or []).ask())


def test_enter_everywhere_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(monkeypatch) == solution_document.read(DOCUMENT)


def test_answers_are_taken_form_by_form(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # scenario, others, size; environment? data tables? features? yes: periods, events, version
    solution = answered(monkeypatch, "Detail", "", "20", "n", "n", "y", "3,7", "expr,click", "v2")
    assert (solution.scenario, solution.size) == ("Detail", 20)
    assert solution.features.periods == (3, 7)
    assert solution.features.key_behaviors == ("expr", "click")
    assert solution.features.version == "v2"
    asked = capsys.readouterr().err
    assert "Common statistics periods, in days. 21 helps when behavior is sparse.\nfeatures.periods" in asked
    assert "features.periods [3, 7, 15]:" in asked
    assert "Change Environment settings (step 5.1) (environment)?" in asked


def test_a_wrong_answer_is_asked_for_again_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    solution = answered(monkeypatch, "HomePage", "", "zero", "0", "15")
    assert solution.size == 15
    told = capsys.readouterr().err
    assert "valid integer" in told
    assert "warning: Input should be greater than or equal to 1, found 0\n" in told


def test_an_answer_that_does_not_fit_the_data_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = Keys("\n".join(["Nowhere", "HomePage", *[""] * 300]))
    monkeypatch.setattr(sys, "stdin", keys)

    def examine(text: str) -> list[Problem]:
        scenario = solution_document.read(text).scenario
        return [] if scenario == "HomePage" else [Problem("scenario", f"{scenario} does not exist")]

    assert solution_document.read(Form(DOCUMENT, examine).ask()).scenario == "HomePage"
    assert "Nowhere does not exist" in capsys.readouterr().err


def test_recalls_are_added_taken_out_and_configured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skipped = ["", "", "", "n", "n", "n"]
    recalls = ["global_hott", "global_hot:second", "", "etrec_u2i", ""]
    change_second = ["n", "y", "", "true", "", "7"]
    solution = answered(monkeypatch, *skipped, *recalls, *change_second)
    assert [(recall.type, recall.name) for recall in solution.recalls] == [
        ("global_hot", "global_hot"),
        ("global_hot", "second"),
    ]
    assert solution_document.scalar(solution.recalls[1].model_dump()["top_n"]) == "7"
    assert "did you mean 'global_hot'" in capsys.readouterr().err


def test_the_ranking_and_its_targets_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skipped = ["", "", "", "n", "n", "n", "", "", *["n"] * len(RECALLS)]
    praise = "is_praise=max(if(event='praise',1,0))"
    solution = answered(monkeypatch, *skipped, "y", "nonsense", praise, "", "is_praise", "")
    assert solution.ranking is not None
    assert [target.name for target in solution.ranking.targets] == ["is_click", "ln_playtime"]
    told = capsys.readouterr().err
    assert "Targets: is_click, ln_playtime" in told
    assert "cannot read the target 'nonsense'" in told


def test_configure_asks_on_a_terminal(
    pairec: Pairec, deployed: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Keys("\n".join(["", "", "25", *[""] * 300])))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    done = pairec("solution", "configure")
    assert done.code == 0
    assert pairec("solution", "show", "-f", "json").json["size"] == 25
