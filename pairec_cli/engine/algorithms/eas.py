"""EAS: a ranking model, run in this process over all candidates at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import NotFound, PairecError
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.engine.algorithms.conf import AlgorithmConf
from pairec_cli.online.ranking_models import ServedModel


class EasModel:
    """The model in service under the algorithm's name."""

    def __init__(self, conf: AlgorithmConf, resources: Resources) -> None:
        if not resources.models:
            raise PairecError("this engine was opened without models")
        self.wanted = conf.eas_conf.outputs
        self.served = ServedModel(Path(resources.models) / conf.name)

    def load(self) -> None:
        self.served.now()

    def score(self, items: Sequence[Item], context: RequestContext) -> dict[str, list[float]]:
        """Raises PairecError when no model can be loaded or the model fails, NotFound for an output that it
        does not have."""
        model, doubt = self.served.now()
        if doubt:
            context.notes.append(doubt)
        names = {name: _named(name, model.outputs) for name in self.wanted or model.outputs}
        ids = [item.id for item in items]
        scores = model.score(context.uid, context.user, context.request.features, int(time.time()), ids)
        return {name: scores[own].tolist() for name, own in names.items()}


def _named(name: str, outputs: Sequence[str]) -> str:
    """What the model calls an output. A model of one target answers `probs` or `y`, with towers
    `probs_<target>`: where it has one output, either name means it. Raises NotFound.
    """
    if name in outputs:
        return name
    if len(outputs) == 1:
        short, long = sorted((name, outputs[0]), key=len)
        if short in ("probs", "y") and long.startswith(f"{short}_"):
            return outputs[0]
    raise NotFound("output", name, outputs)
