"""DeepFM: a linear part, all pairs of embeddings, and an MLP.

    wide = Σ_f v_f                          v_f: the wide embedding of feature f, summed over its columns
    fm = Σ_{f<g} e_f ∘ e_g                  (k)
    deep = MLP([e_1 ; … ; e_F])
    logit = wide + Σ fm + w · deep + b,     or w · MLP_final([wide ; fm ; deep]) + b

DeepFM (arXiv 1703.04247); TorchEasyRec, models/deepfm.py. Groups `wide`, `deep` and, where the pairs are not
those of `deep`, `fm`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.layers import MLP, factorization_machine
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


class DeepFM(RankingModel):
    """Raises InvalidInput where the features that are paired differ in width."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).deepfm)
        self.groups.vector_group("wide")
        self.paired = "fm" if "fm" in self.groups.vector_names else "deep"
        widths = self.groups.vector_group(self.paired).widths
        if len(set(widths)) != 1:
            raise InvalidInput(
                f"DeepFM pairs the features of group {self.paired!r}, whose widths are {sorted(set(widths))}",
                hint="give them one embedding_dim, and numbers a group of their own: name the others `fm`",
            )
        self.k = widths[0]
        self.deep = MLP(self.groups.vector_group("deep").width, own.deep)
        self.final = MLP(1 + self.k + self.deep.width, own.final) if own.final else None
        self.output = nn.Linear((self.final or self.deep).width, 1)

    def logits(self, x: Groups) -> dict[str, Tensor]:
        wide = x["wide"].whole().sum(1, keepdim=True)
        fm = factorization_machine(x[self.paired].whole().unflatten(1, (-1, self.k)))
        deep = self.deep(x["deep"])
        if self.final is None:
            logit = wide + fm.sum(1, keepdim=True) + self.output(deep)
        else:
            logit = self.output(self.final(torch.cat([wide, fm, deep], 1)))
        return {self.task: logit}
