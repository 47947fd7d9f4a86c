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

    def score(self, items: Sequence[Item], context: RequestContext) -> dict[str, list[float]]:
        """Raises PairecError when no model can be loaded or the model fails, NotFound for an output that it
        does not have."""
        model, doubt = self.served.now()
        if doubt:
            context.notes.append(doubt)
        for name in self.wanted:
            if name not in model.outputs:
                raise NotFound("output", name, model.outputs)
        ids = [item.id for item in items]
        scores = model.score(context.uid, context.user, context.request.features, int(time.time()), ids)
        return {name: scores[name].tolist() for name in self.wanted or model.outputs}
