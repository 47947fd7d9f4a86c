"""Layers that ranking models share, as TorchEasyRec builds them (its modules mlp, activation, fm,
interaction). B rows throughout."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.joined import Joined, Linear
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig


class BatchNorm(nn.BatchNorm1d):
    """Normalises the last axis over all the others. A single row, which has no variance, is normalised as in
    evaluation."""

    def forward(self, input: Tensor) -> Tensor:
        if self.training and input.numel() <= self.num_features:
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        if input.dim() == 2:
            return super().forward(input)
        return super().forward(input.reshape(-1, input.shape[-1])).reshape(input.shape)


class RunningScale(nn.Module):
    """Numbers shifted by their mean and divided by their deviation, over all rows trained on so far.

    Counts, seconds and shares come in scales of their own, at which Adam learns slowly. A number that never
    changed tells nothing and becomes 0; ±10 deviations are the limit, so that a number which was rare in
    training does not rule a request. Means and deviations are part of the model, not learnt; before the first
    row they change nothing. Chan, Golub and LeVeque, Updating Formulae (1979).
    """

    LIMIT = 10.0

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = list(names)
        for name in ("count", "mean", "squares"):
            self.register_buffer(name, torch.zeros(len(self.names), dtype=torch.float64))

    def forward(self, values: Tensor, names: Sequence[str]) -> Tensor:
        """(B, K), a column per name."""
        places = [self.names.index(name) for name in names]
        if self.training and len(values):
            self._see(values.detach().double(), places)
        count, mean = self.count[places], self.mean[places]
        deviation = (self.squares[places] / count.clamp(min=1)).sqrt()
        scale = torch.where(deviation > 1e-6, 1 / deviation.clamp(min=1e-6), (count == 0).double())
        shifted = (values - mean.float()) * scale.float()
        return shifted.clamp(-self.LIMIT, self.LIMIT)

    def _see(self, values: Tensor, places: list[int]) -> None:
        """Counts the rows in: two groups of numbers with known means and squared deviations become one."""
        mean, size = values.mean(0), len(values)
        count = self.count[places]
        apart = mean - self.mean[places]
        self.squares[places] += (values - mean).square().sum(0) + apart**2 * count * size / (count + size)
        self.mean[places] += apart * size / (count + size)
        self.count[places] = count + size


class Dice(nn.Module):
    """y = p x + (1 - p) a x with p = sigmoid(batchnorm(x)) and a learnt per column, 0 at first.

    Deep Interest Network (arXiv 1706.06978), section 5.3.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = BatchNorm(width)
        self.slope = nn.Parameter(nn.init.zeros_(nn.Parameter(self.norm.weight.detach().clone())))

    def forward(self, x: Tensor) -> Tensor:
        p = self.norm(x).sigmoid()
        return p * x + (1 - p) * self.slope * x


ACTIVATIONS: dict[str, Callable[[int], nn.Module]] = {
    "nn.ReLU": lambda _: nn.ReLU(),
    "nn.PReLU": lambda _: nn.PReLU(),
    "nn.LeakyReLU": lambda _: nn.LeakyReLU(),
    "nn.ELU": lambda _: nn.ELU(),
    "nn.GELU": lambda _: nn.GELU(),
    "nn.SiLU": lambda _: nn.SiLU(),
    "nn.Sigmoid": lambda _: nn.Sigmoid(),
    "nn.Tanh": lambda _: nn.Tanh(),
    "nn.Softplus": lambda _: nn.Softplus(),
    "Dice": Dice,
}
"""TorchEasyRec's spelling → the layer for a width."""


def activation(name: str, width: int) -> nn.Module:
    """The layer behind `name`; raises NotFound with the nearest known name."""
    name = name.strip()
    if name not in ACTIVATIONS:
        raise NotFound("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name](width)


class Perceptron(nn.Module):
    """Linear → batch or layer norm → activation → dropout, each but the first by option."""

    def __init__(self, width_in: int, width: int, config: MLPConfig, dropout: float) -> None:
        super().__init__()
        if config.use_bn and config.use_ln:
            raise InvalidInput(
                "an mlp has use_bn and use_ln at once", hint="keep one of them in pipeline.config"
            )
        self.linear = Linear(width_in, width, bias=config.bias and not config.use_bn)
        self.rest = nn.Sequential()
        if config.use_bn:
            self.rest.append(BatchNorm(width))
        if config.use_ln:
            self.rest.append(nn.LayerNorm(width))
        if config.activation:
            self.rest.append(activation(config.activation, width))
        if dropout > 0:
            self.rest.append(nn.Dropout(dropout))

    def forward(self, x: Tensor | Joined) -> Tensor:
        out: Tensor = self.rest(self.linear(x))
        return out


class MLP(nn.Module):
    """Perceptrons in a row; the last one has its activation too.

    Raises InvalidInput for an mlp without layers or with a dropout list of another length.
    """

    def __init__(self, width: int, config: MLPConfig) -> None:
        super().__init__()
        if not config.hidden_units:
            raise InvalidInput(
                "an mlp has no hidden_units", hint="give at least one layer in pipeline.config"
            )
        self.width = config.hidden_units[-1]
        sizes = [width, *config.hidden_units]
        ratios = dropout_ratios(config.dropout_ratio, len(config.hidden_units))
        self.layers = nn.ModuleList(
            Perceptron(size_in, size, config, ratio)
            for size_in, size, ratio in zip(sizes[:-1], sizes[1:], ratios, strict=True)
        )

    def forward(self, x: Tensor | Joined) -> Tensor:
        """(B, width in) → (B, self.width)."""
        for layer in self.layers:
            x = layer(x)
        assert isinstance(x, Tensor)
        return x

    def after_first_linear(self, x: Tensor) -> Tensor:
        """What `forward` does with the first layer's W x + b, for callers that compute this themselves."""
        x = self.layers[0].rest(x)
        for layer in self.layers[1:]:
            x = layer(x)
        return x


class LinearlyEnded(nn.Module):
    """The layers of `config`, the last of which has neither activation, norm nor dropout; `bias` is for all.

    Raises InvalidInput as `MLP` does.
    """

    def __init__(self, width: int, config: MLPConfig) -> None:
        super().__init__()
        if not config.hidden_units:
            raise InvalidInput(
                "an mlp has no hidden_units", hint="give at least one layer in pipeline.config"
            )
        *inner, last = config.hidden_units
        changes = {"hidden_units": tuple(inner), "dropout_ratio": config.dropout_ratio[: len(inner)]}
        self.inner = MLP(width, config.model_copy(update=changes)) if inner else None
        self.out = nn.Linear(self.inner.width if self.inner else width, last, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(x if self.inner is None else self.inner(x))
        return out


def dropout_ratios(ratios: Sequence[float], layers: int) -> Sequence[float]:
    """One ratio per layer from a list of none, one or `layers`."""
    if len(ratios) in (0, 1):
        return [ratios[0] if ratios else 0.0] * layers
    if len(ratios) != layers:
        raise InvalidInput(
            f"an mlp has {layers} layers and {len(ratios)} dropout ratios",
            hint="give no dropout_ratio, one, or one per layer",
        )
    return ratios


def factorization_machine(x: Tensor) -> Tensor:
    """Σ_{i<j} x_i ∘ x_j = ((Σ x_i)² - Σ x_i²) / 2 of F fields: (B, F, k) → (B, k).

    Factorization Machines (Rendle 2010), lemma 3.1, before the sum over k.
    """
    return 0.5 * (x.sum(1).square() - x.square().sum(1))


class LowRankCross(nn.Module):
    """x_{l+1} = x_0 ∘ (V_l U_lᵀ x_l + b_l) + x_l, U_l and V_l of rank r: (B, D) → (B, D).

    DCN V2 (arXiv 2008.13535), equation 2.
    """

    def __init__(self, width: int, layers: int, rank: int) -> None:
        super().__init__()
        self.width = width
        self.down = nn.ModuleList(nn.Linear(width, rank, bias=False) for _ in range(layers))
        self.up = nn.ModuleList(nn.Linear(rank, width) for _ in range(layers))

    def forward(self, x0: Tensor) -> Tensor:
        x = x0
        for down, up in zip(self.down, self.up, strict=True):
            x = x0 * up(down(x)) + x
        return x


def mixture(gate: Tensor, experts: Tensor) -> Tensor:
    """Σ_k softmax(gate)_k · expert_k: (B, K) and (B, K, H) → (B, H)."""
    return (F.softmax(gate, 1).unsqueeze(1) @ experts).squeeze(1)
