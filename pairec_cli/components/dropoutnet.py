"""DropoutNet: towers that learn to do without preference, so that new users and items have vectors too.

Per side, with x_c what describes the user or item (content) and x_p what was seen of it (preference):

    c = DNN_c(x_c)      p = DNN_p(drop(x_p))      u = Linear(DNN_tower([c ; p]))      s(u, i) = cos(u, i)

drop is one Bernoulli draw per row: the whole of x_p is zero, or is divided by the share that is kept. A row
whose preference is unknown, a new user or item, is zero as well, so that it is met as training met it.

Volkovs, Yu and Poutanen, "DropoutNet: Addressing Cold Start in Recommender Systems", NeurIPS 2017; as EasyRec
trains it (model/dropoutnet.py), end to end on what users took, in place of the vectors of a model trained
before. Its losses here, summed when both are given:

    softmax_cross_entropy                          the sampled softmax of all models with two towers
    softmax_cross_entropy_with_negative_mining     other items of the batch, the hard ones made harder

EasyRec's point-wise and pair-wise losses need rows that were not taken, which the samples do not hold.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.embedding_tables import Padded
from pairec_cli.components.feature_groups import FeatureGroups, VectorGroup
from pairec_cli.components.group_inputs import BatchInputs, Block, Inputs
from pairec_cli.components.layers import MLP
from pairec_cli.components.match_model import NEVER, MatchModel, TowerLayer, weighed
from pairec_cli.components.ranking_model import model_config, own_config
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.model_features import FIRST_KNOWN, MISSING, OUT_OF_VOCABULARY
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig
from pairec_cli.domain.pipeline_config.losses import SoftmaxCrossEntropyWithNegativeMining
from pairec_cli.domain.pipeline_config.models import DropoutNet as DropoutNetConfig
from pairec_cli.domain.pipeline_config.models import Similarity
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

SOFTMAX, MINING = "softmax_cross_entropy", "softmax_cross_entropy_with_negative_mining"
NEW_USER, NEW_ITEM = "new_user", "new_item"


class DropoutNet(MatchModel):
    """One vector a user. Raises InvalidInput as the base, and for a side without a feature group, or towers
    of two widths."""

    known_losses: ClassVar[tuple[str, ...]] = (SOFTMAX, MINING)
    cases: ClassVar[tuple[str, ...]] = ("", NEW_USER, NEW_ITEM)
    """As they are; every user without preference; every item without preference."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).dropoutnet)
        self.similarity = Similarity.COSINE
        kinds = {loss.which("loss"): loss for loss in model_config(config).losses}
        mining = kinds.get(MINING)
        self.mining = mining.softmax_cross_entropy_with_negative_mining if mining else None
        self.softmax = SOFTMAX in kinds
        self.in_batch_negative = not self.softmax
        self.user_side = Side(self.groups, "user", own)
        self.item_side = Side(self.groups, "item", own)
        if own.user_tower.hidden_units[-1:] != own.item_tower.hidden_units[-1:]:
            raise InvalidInput(
                "user_tower and item_tower of pipeline.config end in two widths",
                hint="make the last of their hidden_units the same",
            )

    def items(self, rows: Batch | Inputs) -> Tensor:
        return self.normal(self.item_side(_inputs(rows), new=self.case == NEW_ITEM))

    def users(self, rows: Batch | Inputs) -> Tensor:
        return self.normal(self.user_side(_inputs(rows), new=self.case == NEW_USER)).unsqueeze(1)

    def loss(self, batch: Batch, negatives: Batch | None, weights: Tensor | None = None) -> Tensor:
        positive, users = self.items(batch), self.users(batch)
        parts = []
        if self.softmax:
            parts.append(self.sampled_softmax(batch, negatives, users, positive))
        if self.mining:
            count = min(self.mining.num_negative_samples, len(batch) - 1)
            shifts = 1 + torch.randperm(max(0, len(batch) - 1))[:count]
            parts.append(mined_softmax(self.mining, users[:, 0], positive, batch.id(self.item_key), shifts))
        return weighed(torch.stack(parts).sum(0), weights)


class Side(nn.Module):
    """The user's or the item's half: rows → (R, width of the tower's last layer).

    `side` is "user" or "item" and begins the names of its feature groups.
    """

    def __init__(self, groups: FeatureGroups, side: str, config: DropoutNetConfig) -> None:
        super().__init__()
        self.rate = float(getattr(config, f"{side}_dropout_rate"))
        if not 0 <= self.rate < 1:
            raise InvalidInput(
                f"{side}_dropout_rate of pipeline.config is {self.rate}, not from 0 to below 1"
            )
        self.content = _part(groups, f"{side}_content", getattr(config, f"{side}_content"))
        self.preference = _part(groups, f"{side}_preference", getattr(config, f"{side}_preference"))
        widths = [part.dnn.width for part in (self.content, self.preference) if part is not None]
        if not widths:
            raise InvalidInput(
                f"pipeline.config has neither {side}_content nor {side}_preference with a feature in it",
                hint=f"name features in a feature group {side}_content",
            )
        self.tower = _tower(sum(widths), getattr(config, f"{side}_tower"))

    def forward(self, inputs: Inputs, new: bool = False) -> Tensor:
        parts = []
        if self.content is not None:
            x = self.content.group(KnownValues(inputs)).whole()
            parts.append(self.content.dnn(x))
        if self.preference is not None:
            x = self.preference.group(inputs).whole()
            parts.append(self.preference.dnn(x * self._kept(inputs, new)))
        out: Tensor = self.tower(torch.cat(parts, 1))
        return out

    def _kept(self, inputs: Inputs, new: bool) -> Tensor:
        """What each row's preference is multiplied by, (R, 1)."""
        assert self.preference is not None
        known = has_known(self.preference.group, inputs).unsqueeze(1).float()
        if not self.training:
            return known * 0 if new else known
        return known * torch.bernoulli(torch.full_like(known, 1 - self.rate)) / (1 - self.rate)


class _Part(nn.Module):
    """A feature group and its network."""

    def __init__(self, group: VectorGroup, config: MLPConfig) -> None:
        super().__init__()
        self.group, self.dnn = group, MLP(group.width, config)


def _part(groups: FeatureGroups, name: str, config: MLPConfig | None) -> _Part | None:
    """None for a group that is not there, or empty. Raises InvalidInput for one without its network."""
    group = groups.vector_group(name) if name in groups.vector_names else None
    if group is None or not group.width:
        return None
    if config is None:
        raise InvalidInput(f"pipeline.config has a feature group {name!r} and no dropoutnet.{name}")
    return _Part(group, config)


def _tower(width: int, config: MLPConfig) -> nn.Module:
    """The last of the hidden_units is a linear layer's."""
    if not config.hidden_units:
        raise InvalidInput("a tower of pipeline.config has no hidden_units")
    *hidden, last = config.hidden_units
    if not hidden:
        return nn.Linear(width, last)
    ratios = config.dropout_ratio
    ratios = ratios[:-1] if len(ratios) == len(config.hidden_units) else ratios
    inner = config.model_copy(update={"hidden_units": tuple(hidden), "dropout_ratio": ratios})
    return TowerLayer(width, inner, last)


def mined_softmax(
    config: SoftmaxCrossEntropyWithNegativeMining, user: Tensor, item: Tensor, ids: Tensor, shifts: Tensor
) -> Tensor:
    """The support-vector guided softmax of each row, (B,), against the items of the rows `shifts` before it.

        -log( e^{γ (s⁺ - m)} / (e^{γ (s⁺ - m)} + Σ_n e^{γ h(s_n)}) )
        h(s) = t s + t - 1 where s > s⁺ - m, else s

    user and item (B, D) of length 1, ids (B,): a row's own item is no negative. Wang et al., "Support Vector
    Guided Softmax Loss for Face Recognition", arXiv 1812.11317.
    """
    positive = (user * item).sum(1, keepdim=True) - config.margin
    if not len(shifts):
        return positive.squeeze(1) * 0
    rolled = [item.roll(int(shift), 0) for shift in shifts]
    negative = torch.stack([(user * other).sum(1) for other in rolled], 1)
    t = config.coefficient_of_support_vector
    negative = torch.where(negative > positive, t * negative + t - 1, negative)
    same = torch.stack([ids == ids.roll(int(shift), 0) for shift in shifts], 1)
    scores = torch.cat([positive, torch.where(same, NEVER, negative)], 1) * config.gamma
    target = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    return F.cross_entropy(scores, target, reduction="none")


class KnownValues:
    """Rows in which a value that training never met says as much as a missing one: its own embedding was
    never trained."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs, self.rows = inputs, inputs.rows

    def is_single(self, name: str) -> bool:
        return self.inputs.is_single(name)

    def ids(self, names: list[str]) -> list[Block]:
        return [(_known_or_missing(ids), chosen) for ids, chosen in self.inputs.ids(names)]

    def numbers(self, names: list[str]) -> list[Block]:
        return self.inputs.numbers(names)

    def several(self, name: str) -> Ragged | Padded:
        found = self.inputs.several(name)
        if isinstance(found, Ragged):
            return Ragged(_known_or_missing(found.values), found.offsets)
        return Padded(_known_or_missing(found.ids), found.present)

    def entries(self, name: str, sequence: str) -> Padded:
        return self.inputs.entries(name, sequence)

    def pooled_entries(self, name: str, sequence: str) -> Ragged | Padded:
        return self.inputs.pooled_entries(name, sequence)


def _known_or_missing(ids: Tensor) -> Tensor:
    return torch.where(ids == OUT_OF_VOCABULARY, MISSING, ids)


def has_known(group: VectorGroup, inputs: Inputs) -> Tensor:
    """Whether anything is known of each row in this group, bool (R,): a value or entry of the vocabulary, or
    a number other than 0."""
    found = []
    members = [member for same in group.columns.by_width for member in same]
    single = [member.name for member in members if inputs.is_single(member.name)]
    found += [(ids >= FIRST_KNOWN).any(1) for ids, _ in (inputs.ids(single) if single else [])]
    numbers = [member.name for member in group.columns.numbers]
    found += [(values != 0).any(1) for values, _ in (inputs.numbers(numbers) if numbers else [])]
    for member in members:
        if member.name not in single:
            found.append(_any_known(inputs.several(member.name)))
    for encoder in group.encoders:
        for field in encoder.group.fields:
            found.append(_any_known(inputs.entries(field.name, field.sequence)))
    return torch.stack(found).any(0)


def _any_known(ids: Ragged | Padded) -> Tensor:
    if isinstance(ids, Padded):
        return (ids.present & (ids.ids >= FIRST_KNOWN)).any(1)
    counts = torch.cat([ids.offsets.new_zeros(1), (ids.values >= FIRST_KNOWN).cumsum(0)])
    return counts[ids.offsets].diff() > 0


def _inputs(rows: Batch | Inputs) -> Inputs:
    return BatchInputs(rows) if isinstance(rows, Batch) else rows
