"""PDN: a user reaches an item over two-hop paths, over the items that the user met (triggers).

For trigger j of user u and the target i, with the path's own features u2i_j (how u met j) and i2i_ji (how
alike j and i are):

    T_j = exp( DNN_trigger( DNN_u2i([u2i_j ; i_j]) + DNN_user(x_u) ) )          trigger net
    S_j = exp( DNN_sim([ g_j ∘ f ; g_j ; i2i_ji ; f ]) ),  g_j = DNN_i2i(i_j),  f = DNN_item(x_i)
    x   = Σ_j T_j S_j + softplus(direct) + softplus(bias)
    p   = 1 - exp(-x)

The direct net is <u, i> of two towers, the bias net a DNN over the group `bias`; both may be absent. The
probability is that of the logit log(e^x - 1), as sigmoid(log(e^x - 1)) = 1 - e^-x, so that PDN is trained as
every model of one target is.

Groups: `user`, `item`, `u2i_seq` and `i2i_seq` (of the triggers' sequence), `i_seq` (the triggers' items),
`bias`. Li et al., "Path-based Deep Network for Candidate Item Matching in Recommenders", SIGIR 2021
(arXiv 2105.08246); EasyRec's pdn.py, whose first product of S_j stands twice where g_j is meant.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.batch import Batch
from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.group_inputs import BatchInputs
from pairec_cli.components.layers import MLP, LinearlyEnded
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.models import Similarity
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

USER, ITEM, U2I, TRIGGER_ITEMS, I2I, BIAS = "user", "item", "u2i_seq", "i_seq", "i2i_seq", "bias"
LEAST = 1e-6
"""x of a row without paths: log(e^0 - 1) is no number."""
SMALL = 0.01
"""Below it log(e^x - 1) is computed by its series."""
STRONGEST = 15.0
"""Largest exponent of T and S."""


class PDN(RankingModel):
    """R rows with up to J triggers each."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).pdn)
        if (own.direct_user_dnn is None) != (own.direct_item_dnn is None):
            raise InvalidInput("pdn needs both direct_user_dnn and direct_item_dnn, or none of them")
        if own.simi_func is Similarity.EUCLID:
            raise InvalidInput("pdn.simi_func must be COSINE or INNER_PRODUCT")
        group, sequence = self.groups.vector_group, self.groups.sequence_group
        of_user, of_item = group(USER).width, group(ITEM).width
        of_trigger = sequence(TRIGGER_ITEMS).width
        self.cosine = own.simi_func is Similarity.COSINE
        self.user_dnn, self.item_dnn = MLP(of_user, own.user_dnn), MLP(of_item, own.item_dnn)
        self.u2i_dnn = MLP(sequence(U2I).width + of_trigger, own.u2i_dnn)
        self.i2i_dnn = MLP(of_trigger, own.i2i_dnn)
        if self.u2i_dnn.width != self.user_dnn.width or self.i2i_dnn.width != self.item_dnn.width:
            raise InvalidInput(
                "the nets of pdn do not fit", hint="user_dnn and u2i_dnn end alike, item_dnn and i2i_dnn too"
            )
        self.trigger_dnn = LinearlyEnded(self.user_dnn.width, own.trigger_dnn)
        joined = 3 * self.item_dnn.width + sequence(I2I).width
        self.sim_dnn = LinearlyEnded(joined, own.sim_dnn)
        if self.trigger_dnn.out.out_features != 1 or self.sim_dnn.out.out_features != 1:
            raise InvalidInput("trigger_dnn and sim_dnn of pdn end with one unit")
        self.direct = nn.ModuleList(
            LinearlyEnded(width, dnn)
            for width, dnn in ((of_user, own.direct_user_dnn), (of_item, own.direct_item_dnn))
            if dnn is not None
        )
        self.scale = nn.Parameter(torch.ones(2)) if self.direct else None
        """Of the direct net's similarity: factor and shift."""
        self.bias = LinearlyEnded(group(BIAS).width, own.bias_dnn) if own.bias_dnn else None

    def logits(self, x: Groups) -> dict[str, Tensor]:
        trigger, similar, present = self._paths(x)
        total = (trigger * similar * present).sum(1, keepdim=True)
        if self.scale is not None:
            total = total + F.softplus(self._direct(x))
        if self.bias is not None:
            total = total + F.softplus(self.bias(x[BIAS].whole()))
        return {self.task: log_expm1(total.clamp(min=LEAST))}

    def triggers(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """T (R, J), and which of the places hold a trigger."""
        x = self.groups(BatchInputs(batch))
        return self._trigger_net(x), x.entries(TRIGGER_ITEMS)[1]

    def similarities(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """S (R, J), and which of the places hold a trigger."""
        x = self.groups(BatchInputs(batch))
        return self._similarity_net(x), x.entries(TRIGGER_ITEMS)[1]

    def _paths(self, x: Groups) -> tuple[Tensor, Tensor, Tensor]:
        return self._trigger_net(x), self._similarity_net(x), x.entries(TRIGGER_ITEMS)[1]

    def _trigger_net(self, x: Groups) -> Tensor:
        (how, _), (what, _) = x.entries(U2I), x.entries(TRIGGER_ITEMS)
        hidden = self.u2i_dnn(torch.cat([how, what], 2)) + self.user_dnn(x[USER].whole()).unsqueeze(1)
        return self.trigger_dnn(hidden).squeeze(2).clamp(max=STRONGEST).exp()

    def _similarity_net(self, x: Groups) -> Tensor:
        (what, _), (how, _) = x.entries(TRIGGER_ITEMS), x.entries(I2I)
        source = self.i2i_dnn(what)
        target = self.item_dnn(x[ITEM].whole()).unsqueeze(1)
        both = source * target
        how = how.expand(both.shape[0], -1, -1)
        joined = torch.cat([both, source.expand_as(both), how, target.expand_as(both)], 2)
        return self.sim_dnn(joined).squeeze(2).clamp(max=STRONGEST).exp()

    def _direct(self, x: Groups) -> Tensor:
        assert self.scale is not None
        user, item = (net(x[group].whole()) for net, group in zip(self.direct, (USER, ITEM), strict=True))
        if self.cosine:
            user, item = F.normalize(user, dim=1), F.normalize(item, dim=1)
        return self.scale[0].abs() * (user * item).sum(1, keepdim=True) - self.scale[1]


def log_expm1(x: Tensor) -> Tensor:
    """log(e^x - 1) of x > 0, to 1e-5: small x by the series log x + x/2, others by x + log(1 - e^-x)."""
    return torch.where(x < SMALL, torch.log(x) + x / 2, x + torch.log1p(-torch.exp(-x.clamp(min=SMALL))))
