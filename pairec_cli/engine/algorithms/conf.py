"""AlgoConfs: the algorithms that RankAlgoList names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from pairec_cli.domain.records import Record
from pairec_cli.engine.algorithms.registry import ALGORITHMS
from pairec_cli.engine.decode import Findings

Doubt = tuple[str, str, object]
_RESPONSES = ("", "torchrecMutValResponseFunc", "easyrecMutValResponseFunc")


class EasConf(Record):
    """A model behind PAI's EAS. Here it runs in this process: the algorithm's name is that of its folder, and
    what says where and how to call a service (address, token, timeout) is not needed."""

    processor: str = ""
    url: str = ""
    auth: str = ""
    endpoint_type: str = ""
    signature_name: str = ""
    timeout: int = 0
    retry_times: int = 0
    response_func_name: str = ""
    outputs: tuple[str, ...] = ()
    """The model's outputs to take; all of them when empty."""
    model_name: str = ""

    def doubts(self) -> Iterator[Doubt]:
        if self.processor not in ("", "EasyRec"):
            yield "Processor", "is not served: the model is an exported ranking model", self.processor
        if self.response_func_name not in _RESPONSES:
            message = "is not served: every output is a number per item"
            yield "ResponseFuncName", message, self.response_func_name


class LookupConf(Record):
    """The item's property that is the score."""

    field_name: str = ""


class AlgorithmConf(Record):
    """AlgoConfs[]."""

    unserved: ClassVar[tuple[str, ...]] = ("VectorConf", "MilvusConf", "SeldonConf", "TFservingConf")

    name: str = ""
    type: str = ""
    eas_conf: EasConf = EasConf()
    lookup_conf: LookupConf = LookupConf()

    def doubts(self) -> Iterator[Doubt]:
        if self.type not in ALGORITHMS:
            known = " and ".join(ALGORITHMS)
            yield "Type", f"is not served: scenes with this algorithm are not ranked; {known} are", self.type
        elif not _is_folder(self.name):
            yield "Name", "names no folder of models", self.name


def served_algorithms(confs: Iterable[AlgorithmConf], findings: Findings) -> dict[str, AlgorithmConf]:
    """The algorithms by name that can be asked; a later entry replaces an earlier one of the same name."""
    found: dict[str, AlgorithmConf] = {}
    for index, conf in enumerate(confs):
        if conf.name in found:
            fact = f"replaces an earlier entry that is also named {conf.name!r}"
            findings.warn(f"AlgoConfs[{index}]", fact, conf.name)
        if conf.type in ALGORITHMS and _is_folder(conf.name):
            found[conf.name] = conf
    return found


def _is_folder(name: str) -> bool:
    return bool(name) and name not in (".", "..") and not set(name) & set("/\\\0")
