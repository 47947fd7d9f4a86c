"""A device that is not the CPU, for machines without one: it computes as the CPU does, and keeps its own.

Inside `elsewhere()` a tensor on the device "meta" has values, of the kind `Elsewhere`. What a GPU refuses is
refused: an operation over tensors of both sides (numbers and indices aside), and NumPy's view of a tensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

DEVICE = torch.device("meta")
INDEXED = ("index", "index_put", "index_put_", "_index_put_impl_")
"""Operations that take indices from the CPU, on a GPU too."""


class Elsewhere(Tensor):
    """`there` holds the values, and is hidden from all but operations."""

    there: Tensor

    @staticmethod
    def __new__(cls, there: Tensor) -> Elsewhere:
        sparse = there.layout != torch.strided
        return Tensor._make_wrapper_subclass(  # type: ignore[attr-defined, no-any-return]
            cls,
            there.shape,
            strides=None if sparse else there.stride(),
            dtype=there.dtype,
            layout=torch.strided if sparse else there.layout,
            device=DEVICE,
            requires_grad=False,
        )

    def __init__(self, there: Tensor) -> None:
        self.there = there

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(func, args, kwargs or {})


class _Device(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(func, args, kwargs or {})


def inner(one: Any) -> Any:
    return one.there if isinstance(one, Elsewhere) else one


def computed(func: Any, args: Any, kwargs: Any) -> Any:
    """The operation over the values. Raises RuntimeError where tensors of both sides meet."""
    tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    own = [one for one in tensors if isinstance(one, Elsewhere)]
    foreign = [one for one in tensors if not isinstance(one, Elsewhere) and one.dim()]
    name = func.overloadpacket.__name__
    if own and foreign and name != "copy_" and not (name in INDEXED and isinstance(args[0], Elsewhere)):
        raise RuntimeError(f"{func}: tensors on the CPU and elsewhere")
    target = kwargs.get("device")
    lands = bool(own) if target is None else target == DEVICE
    inside = tree_map(inner, (args, kwargs))
    if lands and target is not None:
        inside[1]["device"] = torch.device("cpu")
    if name == "copy_":
        lands = isinstance(args[0], Elsewhere)
    found = func(*inside[0], **inside[1])
    if not lands:
        return found
    given = {id(one.there): one for one in own}

    def outside(one: Any) -> Any:
        if not isinstance(one, Tensor):
            return one
        return given[id(one)] if id(one) in given else Elsewhere(one)

    return tree_map(outside, found)


class _Functions(TorchFunctionMode):
    """What PyTorch does not hand on for a device without values: `torch.tensor`, and lists as indices."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.tensor and kwargs.get("device") == DEVICE:
            del kwargs["device"]
            return func(*args, **kwargs).to(DEVICE)
        if func in (Tensor.__getitem__, Tensor.__setitem__) and isinstance(args[0], Elsewhere):
            index = args[1] if isinstance(args[1], tuple) else (args[1],)
            placed = tuple(torch.tensor(one).to(DEVICE) if isinstance(one, list) else one for one in index)
            args = (args[0], placed, *args[2:])
        return func(*args, **kwargs)


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """The device, for as long as it exists."""
    with _Functions(), _Device():
        yield DEVICE
