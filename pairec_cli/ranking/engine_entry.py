"""The ranking model in the engine's configuration: an AlgoConfs entry and the scene's RankConf."""

from __future__ import annotations

import re
from typing import Any

from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.ranking.pipeline import model_name
from pairec_cli.ranking.registry import RANKING_MODELS

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
            "Outputs": list(served_outputs(_form(solution)).values()),
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
    """rank_score with `${probs_is_click}` written as `${<algorithm>_probs_is_click}`, of a model without
    towers as `${<algorithm>_probs}`.
    """
    served = served_outputs(form)
    known = {**{name: name for name in served.values()}, **served}
    return re.sub(
        r"\$\{(\w+)\}",
        lambda found: f"${{{algorithm}_{known[found[1]]}}}" if found[1] in known else found[0],
        form.rank_score,
    )


def served_outputs(form: Ranking) -> dict[str, str]:
    """The form's outputs → what the service calls them: a model without towers leaves the target out."""
    towers = form.model not in RANKING_MODELS or RANKING_MODELS.load(form.model).several
    return {name: name if towers else name.partition("_")[0] for name in form.outputs}


def _form(solution: Solution) -> Ranking:
    return solution.ranking or Ranking()
