"""The ranking model in the engine's configuration: an AlgoConfs entry and the scene's RankConf."""

from __future__ import annotations

import re
from typing import Any

from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.ranking.pipeline import model_name

TIMEOUT = 500
"""Milliseconds that the engine waits for the model."""


def algo_conf(solution: Solution) -> dict[str, Any]:
    """The entry of AlgoConfs: a TorchEasyRec service on EAS, which answers with the form's outputs.

    The Url's host is the account's own and is added when the service exists; the local engine needs none.
    """
    name = model_name(solution)
    return {
        "Name": name,
        "Type": "EAS",
        "EasConf": {
            "Processor": "EasyRec",
            "ResponseFuncName": "torchrecMutValResponseFunc",
            "Url": f"/api/predict/{name}",
            "Outputs": list(_form(solution).outputs),
            "Timeout": TIMEOUT,
        },
    }


def rank_conf(solution: Solution) -> dict[str, Any]:
    """The scene's entry of RankConf. Outputs in the score are named as the engine stores them,
    `<algorithm>_<output>`; a name that the model does not give is a property of the item and stays."""
    form = _form(solution)
    return {
        "RankAlgoList": [model_name(solution)],
        "RankScore": expanded_score(form, model_name(solution)),
        "Processor": "EasyRec",
    }


def expanded_score(form: Ranking, algorithm: str) -> str:
    """rank_score with `${probs_is_click}` written as `${<algorithm>_probs_is_click}`."""
    outputs = set(form.outputs)
    return re.sub(
        r"\$\{(\w+)\}",
        lambda found: f"${{{algorithm}_{found[1]}}}" if found[1] in outputs else found[0],
        form.rank_score,
    )


def _form(solution: Solution) -> Ranking:
    return solution.ranking or Ranking()
